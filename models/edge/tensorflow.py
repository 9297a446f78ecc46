"""TensorFlow and what conversion needs of its inside, imported here alone, when the environment is prepared."""

from models.runtime import prepare_environment

prepare_environment()

import tensorflow as tf  # noqa: E402
from tensorflow.core.framework import types_pb2  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

__all__ = ["convert_variables_to_constants_v2", "tf", "types_pb2"]
