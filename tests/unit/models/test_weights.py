"""Learned weights follow what is known of the members, and stay where that is noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ensemble.weights import LEAST, learn_weights

EQUAL = np.full(3, 1 / 3)


def answers(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A member that knows, one that guesses, and one that is sure of the wrong; and the labels."""
    rng = np.random.default_rng(seed)
    knows = rng.dirichlet(np.ones(2), size=rows)
    label = (knows[:, 0] < rng.random(rows)).astype(np.int64)
    return np.stack([knows, np.full((rows, 2), 0.5), knows[:, ::-1]], axis=1), label


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 200), minutes=st.floats(0.01, 10))
def test_weights_are_hundredths_that_sum_to_one(seed: int, rows: int, minutes: float) -> None:
    members, label = answers(seed, rows)
    weights = learn_weights(members, label, np.full(rows, minutes), prior=EQUAL)
    assert weights.sum() == pytest.approx(1)
    assert ((weights == 0) | (weights >= LEAST / 2)).all()
    np.testing.assert_array_equal(weights, np.round(weights, 2))


def test_with_enough_people_the_one_who_knows_counts() -> None:
    members, label = answers(1, 3000)
    assert learn_weights(members, label, np.ones(3000), prior=EQUAL).tolist() == pytest.approx([1, 0, 0], abs=0.08)


def test_a_few_minutes_change_little() -> None:
    members, label = answers(1, 3000)
    few = learn_weights(members, label, np.full(3000, 1e-3), prior=EQUAL)
    assert few == pytest.approx(EQUAL, abs=0.06)


def test_members_that_say_the_same_keep_their_weights() -> None:
    members, label = answers(2, 500)
    same = np.repeat(members[:, :1], 3, axis=1)
    given_ = np.array([0.7, 0.2, 0.1])
    np.testing.assert_array_equal(learn_weights(same, label, np.ones(500), prior=given_), given_)


def test_a_member_that_the_prior_leaves_out_can_earn_its_place() -> None:
    members, label = answers(4, 2000)
    assert learn_weights(members, label, np.ones(2000), prior=np.array([0, 0.5, 0.5]))[0] > 0.8
