"""What travels: records, channels and units, windows, topics and label sets. Imports nothing of ours."""
