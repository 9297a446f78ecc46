"""TensorFlow, imported quietly, with as few threads as asked for and without Keras where only inference is needed."""

import contextlib
import importlib
import logging
import os
from collections.abc import Iterator
from types import ModuleType

from models.core.native_messages import without_native_messages


def prepare_environment() -> None:
    """Settings that must stand before TensorFlow or Keras is imported. A user's own settings win."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextlib.contextmanager
def _without_eager_keras() -> Iterator[None]:
    """TensorFlow imports Keras 3 at its own end unless told that legacy Keras is meant: half of its start-up time."""
    before = os.environ.get("TF_USE_LEGACY_KERAS")
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TF_USE_LEGACY_KERAS"]
        else:
            os.environ["TF_USE_LEGACY_KERAS"] = before


def import_tensorflow(threads: int) -> ModuleType:
    """TensorFlow with at most `threads` threads per operation and across operations.

    In a process where TensorFlow has already run something its thread pools stand, and are left as they are.
    """
    prepare_environment()
    with _without_eager_keras(), without_native_messages():
        tensorflow = importlib.import_module("tensorflow")
    with contextlib.suppress(RuntimeError):
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    return tensorflow
