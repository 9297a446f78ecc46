"""The student: one small network that answers like a bundle."""
