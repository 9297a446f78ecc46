"""Member networks, their ensemble, training, the bundle and the one way to apply it."""
