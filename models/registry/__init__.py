"""The registry of trained bundles, and whether one may take another's place."""
