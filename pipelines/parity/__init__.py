"""Two tables of the same windows compared, and the verdict."""
