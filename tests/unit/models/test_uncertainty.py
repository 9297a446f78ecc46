import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from models.ensemble.uncertainty import disagreement, entropy, information


@given(seed=st.integers(0, 10_000), labels=st.integers(2, 9))
def test_entropy_is_a_share_of_its_maximum(seed: int, labels: int) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(labels), size=4)
    assert entropy(probabilities) == pytest.approx(scipy_entropy(probabilities, axis=1) / np.log(labels))
    assert (entropy(probabilities) <= 1).all()


def test_members_of_one_mind_do_not_disagree() -> None:
    members = np.full((2, 5, 3), 1 / 3)
    assert disagreement(members) == pytest.approx([0, 0])
    members[1, 0] = [1, 0, 0]
    assert disagreement(members)[1] > 0.1


@given(seed=st.integers(0, 10_000), labels=st.integers(2, 9), passes=st.integers(1, 6))
def test_information_is_what_the_mean_does_not_know_but_each_answer_does(seed: int, labels: int, passes: int) -> None:
    answers = np.random.default_rng(seed).dirichlet(np.ones(labels), size=(passes, 4))
    found = information(answers)
    assert ((found >= 0) & (found <= 1)).all()
    each = scipy_entropy(answers, axis=2).mean(axis=0)
    expected = (scipy_entropy(answers.mean(axis=0), axis=1) - each) / np.log(labels)
    assert found == pytest.approx(expected, abs=1e-9)


def test_answers_that_agree_tell_nothing_however_unsure() -> None:
    assert information(np.full((5, 2, 3), 1 / 3)) == pytest.approx([0, 0])
