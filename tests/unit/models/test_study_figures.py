"""Figures agree with scikit-learn, draws of people with people repeated, and nothing is made up."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

from models.metrics.figures import confusion
from models.study.figures import called, headline, of_each_person, per_class
from models.study.intervals import Bootstrap, estimates
from models.study.rows import Scored
from models.study.scores import reliability, risk_coverage


def made(seed: int, n: int = 60, labels: int = 3, people: int = 4) -> Scored:
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.arange(labels), rng.integers(0, labels, n)])
    person = np.array([f"p{k}" for k in rng.integers(0, people, len(label))])
    probabilities = rng.dirichlet(np.ones(labels), len(label)).round(1) + np.eye(labels)[label] * 0.2
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Scored(label, person, probabilities, ("a", "b", "c")[:labels])


def everybody(rows: Scored) -> np.ndarray:
    return np.ones((1, len(rows.people)))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), labels=st.integers(2, 3))
def test_figures_agree_with_scikit_learn(seed: int, labels: int) -> None:
    rows = made(seed, labels=labels)
    named, figures = rows.probabilities.argmax(axis=1), headline(rows, everybody(rows))
    assert figures["balanced_accuracy"][0] == pytest.approx(balanced_accuracy_score(rows.label, named))
    assert figures["macro_f1"][0] == pytest.approx(f1_score(rows.label, named, average="macro"))
    areas = [roc_auc_score(rows.label == k, rows.probabilities[:, k]) for k in range(labels)]
    assert figures["auroc"][0] == pytest.approx(np.mean(areas))
    np.testing.assert_array_equal(rows.confusion.sum(axis=0), confusion(rows.label, rows.probabilities))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_draw_gives_what_the_people_drawn_would_give(seed: int) -> None:
    rows = made(seed)
    drawn = np.random.default_rng(seed).multinomial(4, np.full(4, 1 / 4))[: len(rows.people)]
    order = np.repeat(np.arange(len(rows.label)), drawn[rows.owner])
    if len(order) == 0:
        return
    repeated = Scored(rows.label[order], np.full(len(order), "all"), rows.probabilities[order], rows.names)
    weights = drawn[None].astype(float)
    for name, values in headline(rows, weights).items():
        if name != "auroc_within":
            assert values[0] == pytest.approx(headline(repeated, everybody(repeated))[name][0], nan_ok=True), name
    for name, values in per_class(rows, weights).items():
        assert values[0] == pytest.approx(per_class(repeated, everybody(repeated))[name][0], nan_ok=True), name
    assert called(rows, "b", weights)[0] == pytest.approx((repeated.probabilities.argmax(axis=1) == 1).mean())


def test_a_persons_figures_are_over_the_labels_shown() -> None:
    rows = Scored(
        np.array([0, 0, 1, 1, 2, 2]),
        np.array(["ann", "ann", "ann", "ann", "bob", "bob"]),
        np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.9, 0], [0.3, 0.7, 0], [0, 0, 1], [0, 1, 0]]),
        ("calm", "stress", "exercise"),
    )
    each = of_each_person(rows)
    assert each["balanced_accuracy"][0] == pytest.approx(0.75)
    assert each["auroc"][0] == pytest.approx(0.75)
    assert np.isnan([each[name][1] for name in ("balanced_accuracy", "auroc", "macro_f1")]).all()
    assert headline(rows, everybody(rows))["auroc_within"][0] == pytest.approx(0.75)


def test_a_label_that_nobody_shows_leaves_averages_unknown_with_a_reason() -> None:
    rows = made(1)
    some = rows.label < 2
    without = Scored(rows.label[some], rows.person[some], rows.probabilities[some], rows.names)
    found = estimates(headline(without, Bootstrap(50).weights(len(without.people))), "no window is c")
    for name in ("balanced_accuracy", "macro_f1", "auroc"):
        assert found[name] == {"value": None, "reason": "no window is c"}
    assert found["ece"]["value"] is not None


def test_intervals_are_seeded_and_one_person_has_none() -> None:
    rows = made(2)
    weights = Bootstrap(200).weights(len(rows.people))
    np.testing.assert_array_equal(weights, Bootstrap(200).weights(len(rows.people)))
    auroc = estimates(headline(rows, weights), "")["auroc"]
    assert auroc["low"] < auroc["value"] < auroc["high"]
    alone = Scored(rows.label, np.full(len(rows.label), "ann"), rows.probabilities, rows.names)
    assert estimates(headline(alone, Bootstrap(200).weights(1)), "")["auroc"]["low"] is None


def test_no_row_gives_no_figure_and_no_warning() -> None:
    nothing = Scored(np.zeros(0, dtype=np.int64), np.zeros(0, dtype="U1"), np.zeros((0, 2)), ("a", "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimates(headline(nothing, Bootstrap(5).weights(0)), "nothing")
        assert all(figure == {"value": None, "reason": "nothing"} for figure in found.values())
        assert reliability(nothing) == []
        assert risk_coverage(nothing) == {"area": None, "points": []}


def test_the_reliability_curve_has_the_error_and_all_rows() -> None:
    rows = made(3)
    curve = reliability(rows)
    gap = sum(each["windows"] * abs(each["accuracy"] - each["confidence"]) for each in curve)
    assert sum(each["windows"] for each in curve) == len(rows.label)
    assert headline(rows, everybody(rows))["ece"][0] == pytest.approx(gap / len(rows.label))


def test_risk_ends_at_the_error_rate_and_equal_confidence_is_answered_together() -> None:
    rows = Scored(
        np.array([0, 0, 0, 0]),
        np.array(["ann"] * 4),
        np.array([[0.9, 0.1], [0.3, 0.7], [0.7, 0.3], [0.4, 0.6]]),
        ("a", "b"),
    )
    found = risk_coverage(rows)
    assert [(each["coverage"], each["risk"]) for each in found["points"]] == [(0.25, 0), (0.75, 1 / 3), (1, 0.5)]
    assert found["area"] == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
