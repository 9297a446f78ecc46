"""tf.transform and what it stands on: the one place that imports them, so that the environment is prepared first."""

import os

from models.core.runtime import prepare_environment

prepare_environment()
# Else TensorFlow says on every start that it is on.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import absl.logging  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_transform as tft  # noqa: E402
import tensorflow_transform.beam as tft_beam  # noqa: E402
from tfx_bsl.public import tfxio  # noqa: E402

# It warns of a cache of analyses that nothing here uses.
absl.logging.set_verbosity(absl.logging.ERROR)

__all__ = ["tf", "tft", "tft_beam", "tfxio"]
