"""Keras 3 on TensorFlow: the one place that imports it, so that the environment is prepared first."""

from models.core.native_messages import without_native_messages
from models.core.runtime import prepare_environment

prepare_environment()

with without_native_messages():
    import keras

__all__ = ["keras"]
