"""From feature records to smoothed events: scorer, wire format, smoothing, and the models that answer."""
