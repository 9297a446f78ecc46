"""What the networks read of a person's own resting level."""

import numpy as np
import pytest

from models.preprocessing.relative import LEVELS, centred, fit_centring, level_values
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_INDEX, FEATURE_NAMES

HR = SEQUENCE_CHANNELS.index("hr")
ROWS = len(FEATURE_NAMES)


def baseline(*hr: float) -> np.ndarray:
    """Of as many people; only their heart rate is known."""
    rows = np.full((len(hr), ROWS), np.nan, dtype=np.float32)
    rows[:, FEATURE_INDEX["hr_mean"]] = hr
    return rows


def test_distance_is_missing_where_value_or_level_is() -> None:
    features = np.array([[1, 2, np.nan, np.inf, 3e38]], dtype=np.float32)
    level = np.array([[0.5, np.nan, 1, 1, -3e38]], dtype=np.float32)
    given = np.asarray(level_values(features, level))[0]
    np.testing.assert_array_equal(given[:5], np.array([1, 2, np.nan, np.nan, 3e38], dtype=np.float32))
    np.testing.assert_array_equal(given[5:], np.array([0.5, np.nan, np.nan, np.nan, np.nan], dtype=np.float32))


def test_a_person_without_a_level_is_taken_for_an_average_one() -> None:
    sequence = np.full((3, 60, len(SEQUENCE_CHANNELS)), 80, dtype=np.float32)
    levels = baseline(60, 70, np.nan)
    moved = np.asarray(centred(sequence, levels, fit_centring(levels)))
    assert moved[:, 0, HR].tolist() == [20, 10, 15]
    others = [at for at, name in enumerate(SEQUENCE_CHANNELS) if name != "hr"]
    assert (moved[:, :, others] == 80).all()


def test_a_level_that_training_never_saw_is_not_used() -> None:
    sequence = np.full((1, 60, len(SEQUENCE_CHANNELS)), 80, dtype=np.float32)
    moved = centred(sequence, baseline(60), fit_centring(baseline(np.nan, np.inf)))
    np.testing.assert_array_equal(moved, sequence)


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_is_a_feature_of_a_channel(name: str) -> None:
    assert name in SEQUENCE_CHANNELS
    assert LEVELS[name] in FEATURE_INDEX
