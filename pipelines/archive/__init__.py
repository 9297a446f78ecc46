"""The archive of accepted readings: days, bins, what is in it, and the reader."""
