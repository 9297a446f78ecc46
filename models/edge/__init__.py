"""Pieces of bundles as TFLite files for devices, and what they are worth beside the bundle."""
