"""Labels: from CSV files, from the topic, and over windows."""
