"""Figures of a classifier, and the report on people held out."""
