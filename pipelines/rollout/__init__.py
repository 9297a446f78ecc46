"""Models of the running emotions job: announced on a topic, swapped between two batches, compared. No engine."""
