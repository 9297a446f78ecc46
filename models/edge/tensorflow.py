"""TensorFlow and what conversion needs of its inside, imported here alone, when the environment is prepared."""

from models.core.native_messages import without_native_messages
from models.core.runtime import prepare_environment

prepare_environment()

with without_native_messages():
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

__all__ = ["convert_variables_to_constants_v2", "tf", "types_pb2"]
