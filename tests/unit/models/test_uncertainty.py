import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from models.uncertainty import disagreement, entropy


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
