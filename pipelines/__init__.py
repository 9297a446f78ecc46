"""Readings to emotions: devices, signals, features, the Flink and Beam jobs, the local stack, the command."""
