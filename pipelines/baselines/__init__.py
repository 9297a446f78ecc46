"""A person's resting level: computed, stored, looked up, and enrolled."""
