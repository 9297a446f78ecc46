"""The lowest confidence that keeps a stated risk, or a clear word that none does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.errors import TrainingError
from models.ensemble.abstention import LEAST_COVERAGE, Abstention, choose, realised


def answers(confidence: list[float], right: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two labels, the first always the more likely, and labels that are right or wrong."""
    sure = np.array(confidence)
    return np.stack([sure, 1 - sure], axis=1), 1 - np.array(right)


def test_the_lowest_confidence_that_keeps_the_risk_is_chosen() -> None:
    told, label = answers([0.95, 0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1, 0])
    assert choose(told, label, np.ones(5), 0.25) == Abstention(
        0.7, 0.25
    )  # at .8 a third is wrong: risk does not rise evenly
    assert choose(told, label, np.ones(5), 0.2) == Abstention(0.9, 0.2)
    assert choose(told, label, np.ones(5), 0.4) == Abstention(0.6, 0.4)


def test_equal_confidence_is_answered_or_left_together() -> None:
    told, label = answers([0.9, 0.9, 0.9, 0.6], [1, 1, 0, 1])
    assert choose(told, label, np.ones(4), 0.3).min_confidence == 0.6
    with pytest.raises(TrainingError, match=r"at least 25\.0% .* not 20\.0%"):
        choose(told, label, np.ones(4), 0.2)


def test_a_row_counts_its_minutes() -> None:
    told, label = answers([0.9, 0.8, 0.7], [1, 0, 1])
    assert choose(told, label, np.array([1.0, 1, 1]), 0.35).min_confidence == 0.7
    assert choose(told, label, np.array([1.0, 1, 0.1]), 0.35).min_confidence == 0.9


def test_a_risk_that_only_a_handful_of_answers_keeps_is_refused() -> None:
    confidence, right = [0.99, *np.linspace(0.9, 0.6, 19)], [1] + [0] * 19
    told, label = answers(confidence, right)
    with pytest.raises(TrainingError, match=r"state a risk above that, not 10\.0%, or label more people"):
        choose(told, label, np.ones(20), 0.1)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), labels=st.integers(2, 5), risk=st.floats(0.01, 0.9))
def test_what_is_chosen_keeps_the_risk_and_nothing_lower_does(seed: int, labels: int, risk: float) -> None:
    rng = np.random.default_rng(seed)
    told = rng.dirichlet(np.ones(labels), 80).round(2)
    label = np.where(rng.random(80) < 0.7, told.argmax(axis=1), rng.integers(0, labels, 80))
    each = rng.uniform(0.1, 1, 80)

    def shares(least: float) -> tuple[float, float]:
        kept = told.max(axis=1) >= least
        wrong = kept & (told.argmax(axis=1) != label)
        return each[wrong].sum() / each[kept].sum(), each[kept].sum() / each.sum()

    try:
        least = choose(told, label, each, risk).min_confidence
    except TrainingError:
        least = np.inf
    else:
        assert shares(least)[0] <= risk + 1e-6
        assert shares(least)[1] >= LEAST_COVERAGE
    for lower in np.unique(told.max(axis=1)):
        if lower < least and shares(lower)[1] >= LEAST_COVERAGE:
            assert shares(lower)[0] > risk


def test_what_others_then_get() -> None:
    told, label = answers([0.95, 0.9, 0.6, 0.6], [1, 0, 0, 0])
    assert realised(Abstention(0.9, 0.1), told, label) == {"coverage": 0.5, "risk": 0.5}
    assert realised(Abstention(0.99, 0.1), told, label) == {"coverage": 0.0, "risk": None}
