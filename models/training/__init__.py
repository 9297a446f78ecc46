"""One training: its settings, how each member is fitted, and how a training that was killed goes on."""
