"""Keras 3 on TensorFlow: the one place that imports it, so that the environment is prepared first."""

from models.runtime import prepare_environment

prepare_environment()

import keras  # noqa: E402

__all__ = ["keras"]
