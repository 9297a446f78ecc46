"""The packed sample: sixteen bytes a measured value, written by the JVM decoder and read here with NumPy.

`key` is `(timestamp_ms * SOURCE_SLOTS + source) * CHANNEL_SLOTS + channel`, `value` the measurement; both are
little-endian. `source` tells the sensors of one user apart: their order is that of the sensors' names. Samples stand in
the order in which they arrived, as far as it matters: for beats of one stamp.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schemas.channels import CHANNEL_NAMES
from schemas.windows import LATEST_MS

SAMPLE: Final = np.dtype([("key", "<i8"), ("value", "<f8")])
CHANNEL_SLOTS: Final = 16
SOURCE_SLOTS: Final = 1 << 16
"""Sensors of one user that can be told apart; all that are beyond count as the last one."""

INSTANT_SLOTS: Final = CHANNEL_SLOTS * SOURCE_SLOTS
"""Keys of one instant."""

assert len(CHANNEL_NAMES) <= CHANNEL_SLOTS
assert LATEST_MS * INSTANT_SLOTS < 1 << 63


def pack(
    timestamp_ms: NDArray[np.int64],
    channel: NDArray[np.int64],
    value: NDArray[np.float64],
    source: ArrayLike = 0,
) -> NDArray[np.void]:
    """Arrays of one length -> one array of `SAMPLE`.

    >>> packed = pack(np.array([1000]), np.array([3]), np.array([0.5]), np.array([2]))
    >>> packed["key"].item() == (1000 * 65_536 + 2) * 16 + 3, len(packed.tobytes())
    (True, 16)
    """
    samples = np.empty(len(value), dtype=SAMPLE)
    samples["key"] = timestamp_ms * INSTANT_SLOTS + np.asarray(source, dtype=np.int64) * CHANNEL_SLOTS + channel
    samples["value"] = value
    return samples


def timestamps_ms(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Event times of packed samples.

    >>> timestamps_ms(pack(np.array([1000]), np.array([3]), np.array([0.5]))).tolist()
    [1000]
    """
    return samples["key"] // INSTANT_SLOTS


def channels(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Channel indices of packed samples.

    >>> channels(pack(np.array([1000]), np.array([3]), np.array([0.5]))).tolist()
    [3]
    """
    return samples["key"] % CHANNEL_SLOTS


def sources(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Which of the user's sensors each sample is of.

    >>> sources(pack(np.array([1000]), np.array([3]), np.array([0.5]), np.array([2]))).tolist()
    [2]
    """
    return samples["key"] // CHANNEL_SLOTS % SOURCE_SLOTS


def from_sources(samples: NDArray[np.void], renumbered: NDArray[np.int64]) -> NDArray[np.void]:
    """The samples with source i given the number `renumbered[i]`.

    >>> sources(from_sources(pack(np.array([0, 0]), np.array([0, 0]), np.ones(2), [0, 1]), np.array([5, 3]))).tolist()
    [5, 3]
    """
    found = samples.copy()
    now = sources(samples)
    found["key"] += (renumbered[now] - now) * CHANNEL_SLOTS
    return found


def joined(parts: Iterable[NDArray[np.void]]) -> NDArray[np.void]:
    """Arrays of samples, contiguous each, one after the other in one array that is aligned as compiled loops want it.

    As bytes, for NumPy copies records one by one: eight times slower.

    >>> one = pack(np.array([1000]), np.array([3]), np.array([0.5]))
    >>> len(joined([])), timestamps_ms(joined([one, one])).tolist()
    (0, [1000, 1000])
    """
    octets = [np.empty(0, dtype=np.uint8), *(part.view(np.uint8) for part in parts)]
    together: NDArray[np.void] = np.concatenate(octets).view(SAMPLE)
    return together
