"""What training makes of baselines: whose rows count, and how often a baseline is hidden."""

from dataclasses import replace

import numpy as np

from models.core.arrays import Bools, Floats
from models.core.dataset import Dataset

MINUTE_MS = 60_000


def enrolled(rows: Dataset) -> Bools:
    """False for a person's windows without a baseline where others of the same person have one; (n,).

    Baselines are made at rest: else "none yet" would tell of rest, and so would the very windows that made it.
    """
    known = np.isfinite(rows.baseline).any(axis=1)
    return np.asarray(known | ~np.isin(rows.person, rows.person[known]))


def with_some_unknown(rows: Dataset, share: float, *, seed: int) -> Dataset:
    """The same rows, of which a drawn share has no baseline: most users have none when the stream first sees them."""
    hidden = np.random.default_rng(seed).random(len(rows.label)) < share
    return replace(rows, baseline=np.where(hidden[:, None], np.float32(np.nan), rows.baseline))


def minutes(rows: Dataset) -> Floats:
    """What each row counts (n,): the rows of a person that end in one minute count as one.

    Windows overlap, so that more of them in a minute tell hardly more.
    """
    _, person = np.unique(rows.person, return_inverse=True)
    pairs = np.stack([person, rows.window_end_ms // MINUTE_MS], axis=1)
    _, which, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[which.ravel()])
