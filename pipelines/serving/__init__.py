"""For programs downstream: the client, look-ups, the live table."""
