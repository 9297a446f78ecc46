"""Training sets: labelled windows with their features as they were known, their sequences, a split and a data card."""
