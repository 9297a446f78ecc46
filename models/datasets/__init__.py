"""Training sets on disk, who is in which split, whose rows count, and the windows kept of people held out."""
