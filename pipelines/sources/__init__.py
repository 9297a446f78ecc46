"""Readings from recordings, device exports and the simulator, in columns."""
