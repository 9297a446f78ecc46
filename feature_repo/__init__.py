"""Feast definitions and profiles."""
