"""Recordings or simulated people as messages on the readings topic, with faults where asked for."""
