import numpy as np
import pytest

from models.core.errors import TrainingError
from models.ensemble.combining import Weighted, fit_stacking, voting

MEMBERS = np.array([[[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.0, 0.1, 0.9]]], dtype=np.float32)


def test_weights_weigh_probabilities() -> None:
    assert np.asarray(Weighted(np.array([0.5, 0.5, 0]))(MEMBERS))[0] == pytest.approx([0.55, 0.35, 0.1])


def test_each_vote_counts_alike_and_no_label_is_impossible() -> None:
    ballot = voting(3)
    assert np.asarray(ballot(MEMBERS))[0] == pytest.approx([(2 + 1 / 3) / 4, 1 / 12, (1 + 1 / 3) / 4])
    assert ballot.shares.tolist() == [1 / 3] * 3


@pytest.mark.parametrize("labels", [2, 3])
def test_stacking_learns_whom_to_believe(labels: int) -> None:
    rng = np.random.default_rng(0)
    knows, guesses = rng.dirichlet(np.ones(labels), size=(2, 2000))
    label = (knows.cumsum(axis=1) < rng.random((2000, 1))).sum(axis=1)
    stacking = fit_stacking(np.stack([guesses, knows], axis=1), label, np.ones(2000))
    assert stacking.shares[1] > 0.8
    given = np.asarray(stacking(np.stack([guesses, knows], axis=1).astype(np.float32)))
    assert given.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(given - knows).mean() < 0.06


def test_stacking_needs_every_label() -> None:
    with pytest.raises(TrainingError, match="no validation person shows label number 1"):
        fit_stacking(np.repeat(MEMBERS, 4, axis=0), np.array([0, 2, 0, 2]), np.ones(4))
