"""Metrics of our own: one table, the series that it means, and the page that is made of it."""
