"""Inter-beat intervals: where each beat lies, which are artefacts, and the variability of what remains."""
