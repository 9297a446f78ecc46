"""The bundle on disk: written whole, read only when whole, and the one way to apply it."""
