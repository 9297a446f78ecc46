"""What all rooms of models share: arrays, errors, the labelled windows, the manifest, and how engines are imported."""
