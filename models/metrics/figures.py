"""Figures of a classifier, from probabilities. A figure that the rows cannot give is None."""

from typing import Final

import numpy as np
from sklearn.metrics import confusion_matrix, roc_auc_score

from models.core.arrays import Floats, Ints

BINS: Final = 10
"""Of confidence, for every calibration error and reliability curve: figures of different reports can be compared."""


def confusion(label: Ints, probabilities: Floats) -> Ints:
    """Counts (K, K): true label by most probable label."""
    counts = confusion_matrix(label, probabilities.argmax(axis=1), labels=np.arange(probabilities.shape[1]))
    return np.asarray(counts, dtype=np.int64)


def recall(counts: Ints) -> Floats:
    """Share of each true label's rows that were named right; NaN for a label without rows."""
    return _ratio(np.diag(counts), counts.sum(axis=1))


def precision(counts: Ints) -> Floats:
    """Share of the rows given each label that have it; NaN for a label never given."""
    return _ratio(np.diag(counts), counts.sum(axis=0))


def f1(counts: Ints) -> Floats:
    """Harmonic mean of precision and recall; NaN for a label that neither occurs nor is given.

    >>> f1(np.array([[1, 1], [0, 2]])).round(3).tolist()
    [0.667, 0.8]
    """
    return _ratio(2 * np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1))


def auroc(label: Ints, probabilities: Floats) -> Floats:
    """Area under the ROC curve of each label against the rest; NaN where all or no rows have it."""
    areas = np.full(probabilities.shape[1], np.nan)
    for k in range(probabilities.shape[1]):
        if 0 < (label == k).sum() < len(label):
            areas[k] = roc_auc_score(label == k, probabilities[:, k])
    return areas


def expected_calibration_error(label: Ints, probabilities: Floats) -> float:
    """Mean gap between confidence and hit rate over ten equal bins of confidence.

    Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602.

    >>> expected_calibration_error(np.array([0, 0, 0, 1]), np.full((4, 2), [0.75, 0.25]))
    0.0
    """
    gaps = calibration_gaps(label, probabilities, np.zeros(len(label), dtype=np.int64), 1)
    return float(calibration_error(gaps)[0] / len(label))


def calibration_error(gaps: Floats) -> Floats:
    """(draws,): what sums of `calibration_gaps` (draws, bins) make of it; still to be divided by the number of rows."""
    return np.asarray(np.abs(gaps).sum(axis=1))


def calibration_gaps(label: Ints, probabilities: Floats, owner: Ints, owners: int) -> Floats:
    """(owners, bins): hits minus confidence, summed over the rows of each owner (n,) in each bin of confidence."""
    found = np.zeros((owners, BINS))
    hit = probabilities.argmax(axis=1) == label
    np.add.at(found, (owner, confidence_bin(probabilities)), hit - probabilities.max(axis=1))
    return found


def confidence_bin(probabilities: Floats) -> Ints:
    """Which of ten equal bins of confidence each row (n, K) is in.

    >>> confidence_bin(np.array([[0.55, 0.45], [0.0, 1.0]])).tolist()
    [5, 9]
    """
    return np.asarray(np.minimum((probabilities.max(axis=1) * BINS).astype(np.int64), BINS - 1))


def mean(values: Floats) -> float | None:
    """Mean of what is known; None where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _ratio(part: Ints, whole: Ints) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
