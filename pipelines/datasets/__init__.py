"""Labelled windows and training sets: which windows, with which label, in which split. No engine."""
