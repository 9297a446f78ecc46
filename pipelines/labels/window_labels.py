"""Labels over windows: which label a window mostly lies in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.records import Label
from schemas.windows import WINDOW_MS

UNLABELLED = -1


def label_shares(
    labels: Sequence[Label], names: Sequence[str], window_start_ms: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share of each window that each label covers, shape (windows, names); a label not in `names` counts for none.

    >>> lab = Label(user_id="u", label="calm", start_ms=1_000_000_000_000, end_ms=1_000_000_030_000, source="protocol")
    >>> label_shares([lab], ["calm"], np.array([1_000_000_000_000])).tolist()
    [[0.5]]
    """
    shares = np.zeros((len(window_start_ms), len(names)))
    for label in labels:
        if label.label in names:
            first = np.maximum(window_start_ms, label.start_ms)
            last = np.minimum(window_start_ms + WINDOW_MS, label.end_ms)
            shares[:, list(names).index(label.label)] += np.clip(last - first, 0, None) / WINDOW_MS
    return shares


def window_labels(
    labels: Sequence[Label], names: Sequence[str], window_start_ms: NDArray[np.int64], *, least_share: float
) -> NDArray[np.int64]:
    """Index of the label that covers most of each window, or `UNLABELLED` where it covers less than `least_share`."""
    shares = label_shares(labels, names, window_start_ms)
    winner = shares.argmax(axis=1)
    return np.where(shares.max(axis=1, initial=0.0) >= least_share, winner, UNLABELLED)
