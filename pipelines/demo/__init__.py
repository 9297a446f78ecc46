"""The whole path in one go: people, stack, jobs, a small model, live events, counts and a report."""
