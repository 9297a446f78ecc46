"""Recordings on disk: found, named after their wearers, and told apart."""
