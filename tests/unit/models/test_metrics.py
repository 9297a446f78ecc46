import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from models.metrics import figures as metrics


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), labels=st.integers(2, 7), n=st.integers(1, 60))
def test_figures_agree_with_scikit_learn(seed: int, labels: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    label, probabilities = rng.integers(0, labels, n), rng.dirichlet(np.ones(labels), n)
    counts, named = metrics.confusion(label, probabilities), probabilities.argmax(axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(label, named, labels=range(labels), zero_division=np.nan)
    assert metrics.recall(counts) == pytest.approx(recall, nan_ok=True)
    assert metrics.precision(counts) == pytest.approx(precision, nan_ok=True)
    assert metrics.f1(counts) == pytest.approx(f1, nan_ok=True)
    assert metrics.mean(metrics.f1(counts)) == pytest.approx(f1_score(label, named, average="macro"))


def test_an_overconfident_answer_has_a_calibration_error() -> None:
    answers = np.full((10, 2), [0.9, 0.1])
    assert metrics.expected_calibration_error(np.arange(10) % 2, answers) == pytest.approx(0.4)


def test_auroc_without_both_kinds_of_rows_is_not_known() -> None:
    assert np.isnan(metrics.auroc(np.zeros(4, dtype=int), np.full((4, 2), 0.5))).all()
    assert metrics.mean(np.array([np.nan])) is None
