"""From samples to feature windows, and the feature record out and in."""
