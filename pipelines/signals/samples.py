"""The packed sample: sixteen bytes a measured value, written by the JVM decoder and read here with NumPy.

`key` is `timestamp_ms * 16 + channel index`, `value` the measurement; both little-endian.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.channels import CHANNEL_NAMES

SAMPLE: Final = np.dtype([("key", "<i8"), ("value", "<f8")])
CHANNEL_SLOTS: Final = 16

assert len(CHANNEL_NAMES) <= CHANNEL_SLOTS


def pack(timestamp_ms: NDArray[np.int64], channel: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.void]:
    """Three arrays of one length -> one array of `SAMPLE`.

    >>> packed = pack(np.array([1000]), np.array([3]), np.array([0.5]))
    >>> packed["key"].item(), len(packed.tobytes())
    (16003, 16)
    """
    samples = np.empty(len(value), dtype=SAMPLE)
    samples["key"] = timestamp_ms * CHANNEL_SLOTS + channel
    samples["value"] = value
    return samples


def timestamps_ms(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Event times of packed samples.

    >>> timestamps_ms(pack(np.array([1000]), np.array([3]), np.array([0.5]))).tolist()
    [1000]
    """
    return samples["key"] // CHANNEL_SLOTS


def channels(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Channel indices of packed samples.

    >>> channels(pack(np.array([1000]), np.array([3]), np.array([0.5]))).tolist()
    [3]
    """
    return samples["key"] % CHANNEL_SLOTS


def unpack(blob: bytes) -> NDArray[np.void]:
    """Bytes as they come out of the stream -> array of `SAMPLE`; length must be a multiple of 16.

    >>> unpack(pack(np.array([1000]), np.array([3]), np.array([0.5])).tobytes())["value"].tolist()
    [0.5]
    """
    return np.frombuffer(blob, dtype=SAMPLE)
