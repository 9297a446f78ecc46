"""The report of a run: one HTML file that needs nothing else, with a figure per person on one time axis."""
