import json
from dataclasses import replace

import numpy as np

from models.core.prediction import Prediction
from models.datasets.split import Split
from models.ensemble.abstention import Abstention
from models.metrics.report import HOPEFUL, evaluate, report_lines
from tests.unit.models.people import STATES, made_up

SPLIT = Split(("p0", "p1"), ("p2",), ("p4", "p3"))


def always_calm(features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
    answer = np.tile([0.8, 0.1, 0.1], (len(features), 1))
    return Prediction(answer, np.stack([answer, answer[:, ::-1]], axis=1))


def test_only_held_out_people_are_asked_about() -> None:
    dataset, asked = made_up(), []

    def predict(features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
        asked.append((features, sequence, baseline))
        return always_calm(features, sequence, baseline)

    report = evaluate(dataset, SPLIT, predict, members=("cnn", "lstm"))
    held_out = np.isin(dataset.person, ["p3", "p4"])
    np.testing.assert_array_equal(asked[0][0], dataset.features[held_out])
    np.testing.assert_array_equal(asked[0][1], dataset.sequence[held_out])
    np.testing.assert_array_equal(asked[0][2], dataset.baseline[held_out])
    assert len(asked) == 1
    assert report["windows"] == held_out.sum()
    assert set(report["per_person"]) == {"p3", "p4"}


def test_always_the_same_answer_is_chance() -> None:
    report = evaluate(made_up(), SPLIT, always_calm, members=("cnn", "lstm"))
    assert report["ensemble"]["balanced_accuracy"] == report["chance_balanced_accuracy"]
    assert report["ensemble"]["per_class"]["calm"]["recall"] == 1
    assert report["members"]["lstm"]["per_class"]["exercise"]["recall"] == 1
    assert np.sum(report["ensemble"]["confusion"]) == report["windows"]


def test_what_is_not_known_is_null_in_json() -> None:
    dataset = made_up()
    calm = dataset.rows((dataset.label == 0) | ~np.isin(dataset.person, SPLIT.test))
    report = evaluate(calm, SPLIT, always_calm, members=("cnn", "lstm"))
    assert json.loads(json.dumps(report, allow_nan=False))["ensemble"]["per_class"]["stress"]["recall"] is None
    assert any("-" in line for line in report_lines(report))


def test_the_text_says_whose_figures_they_are() -> None:
    lines = report_lines(evaluate(made_up(), SPLIT, always_calm, members=("cnn", "lstm")))
    assert "2 simulated people" in lines[0]
    assert "held out (p4, p3)" in lines[0]
    assert any("promise nothing for real ones" in line for line in lines)
    for name in ("ensemble", "cnn", "lstm", "p3", "p4", *STATES):
        assert any(line.startswith(name) for line in lines), name


def test_what_a_stated_risk_brings_is_judged_on_smoothed_answers_of_people_held_out() -> None:
    dataset, stated = made_up(), Abstention(0.7, 0.1)

    def unsteady(features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
        """Sure, then unsure: smoothed it is always .65, or more where a person begins."""
        answer = np.tile([[0.9, 0.1, 0.0], [0.4, 0.3, 0.3]], (len(features) // 2, 1))
        return Prediction(answer, answer[:, None])

    report = evaluate(dataset, SPLIT, unsteady, members=("cnn",), abstention=stated)
    found = report["abstention"]
    # Of 24 windows a person's first (.9) and third (.73) are sure enough, and the states begin with calm.
    assert found == {"min_confidence": 0.7, "stated_risk": 0.1, "coverage": 3 / 24, "risk": 0.0}
    assert any("Stated risk 10%: below confidence 0.70" in line and "12%" in line for line in report_lines(report))
    assert evaluate(dataset, SPLIT, always_calm, members=("cnn", "lstm"))["abstention"] is None


def test_only_real_people_and_built_in_settings_are_called_hopeful() -> None:
    report = evaluate(replace(made_up(), trained_on="recorded people"), SPLIT, always_calm, members=("cnn", "lstm"))
    assert HOPEFUL not in report_lines(report)
    assert HOPEFUL in report_lines(report | {"built_in_settings": True})
    assert HOPEFUL not in report_lines(report | {"built_in_settings": True, "trained_on": "simulated people"})
