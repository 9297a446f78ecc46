"""A stated risk is judged on people whose answers did not choose the confidence."""

import numpy as np
import pytest

from models.ensemble.abstention import choose
from models.ensemble.uncertainty import entropy
from models.study.intervals import Bootstrap
from models.study.rows import Scored
from models.study.scores import areas, doubt, risk_coverage
from models.study.stated_risk import STATED, stated_risks

DRAWS = Bootstrap(50)


def people(count: int = 6, n: int = 200, *, fooled: str = "") -> Scored:
    """Answers that are right as often as they are sure; of somebody fooled, all are sure and wrong."""
    rng = np.random.default_rng(3)
    person = np.repeat([f"p{k}" for k in range(count)], n)
    sure = rng.uniform(0.5, 1, count * n)
    right = rng.random(count * n) < sure
    sure[person == fooled], right[person == fooled] = 0.99, False
    label = np.where(right, 0, 1)
    return Scored(label, person, np.stack([sure, 1 - sure], axis=1), ("calm", "stress"))


def test_where_confidence_is_honest_the_stated_risk_is_kept() -> None:
    for found, stated in zip(stated_risks(people(n=2000), DRAWS), STATED, strict=True):
        assert found["stated"] == stated
        assert found["risk"]["value"] == pytest.approx(stated, abs=0.01)
        assert found["risk"]["low"] < stated < found["risk"]["high"]
        assert found["confidence"] == pytest.approx(1 - 2 * stated, abs=0.04)
        assert found["coverage"]["value"] == pytest.approx(4 * stated, abs=0.08)
        assert found["silent"] == 0


def test_a_person_takes_no_part_in_the_choice_for_them() -> None:
    rows = people(fooled="p5")
    others = rows.person != "p5"
    chosen = choose(rows.probabilities[others], rows.label[others], np.ones(others.sum()), 0.2)
    found = stated_risks(rows, DRAWS)[2]
    assert chosen.min_confidence < 0.7
    # All windows of the one who is fooled are answered, for nobody else warns of them; nothing is said to all others.
    assert found["risk"]["value"] == 1
    assert found["coverage"]["value"] == pytest.approx(1 / 6)
    assert (found["silent"], found["above"]) == (5, 1)


def test_a_risk_that_nobody_reaches_has_no_figure_but_a_reason() -> None:
    rows = people(2, fooled="p1")
    hopeless = Scored(np.ones_like(rows.label), rows.person, rows.probabilities, rows.names)
    for found in stated_risks(hopeless, DRAWS):
        assert found["confidence"] is None
        assert found["risk"] == {"value": None, "reason": "no confidence reaches it on other people"}
        assert found["coverage"]["value"] == 0
        assert found["silent"] == 2


def test_one_person_has_nobody_to_choose_by_and_no_window_no_figure() -> None:
    assert stated_risks(people(1), DRAWS)[0]["risk"]["value"] is None
    nothing = Scored(np.zeros(0, dtype=np.int64), np.zeros(0, dtype="U1"), np.zeros((0, 2)), ("a", "b"))
    assert all(each["risk"]["value"] is each["coverage"]["value"] is None for each in stated_risks(nothing, DRAWS))
    assert doubt(nothing, {}, DRAWS)["entropy"]["value"] is None


@pytest.mark.parametrize("decimals", [1, 9])
def test_the_area_is_that_of_the_curve_also_with_ties_and_people_drawn_again(decimals: int) -> None:
    rows = people()
    rounded = rows.probabilities.round(decimals)
    tied = Scored(rows.label, rows.person, rounded, rows.names)
    found = areas(tied, 1 - tied.confidence, DRAWS.weights(6))
    assert found[0] == pytest.approx(risk_coverage(tied)["area"])
    drawn = DRAWS.weights(6)[1]
    order = np.repeat(np.arange(len(tied.label)), drawn[tied.owner].astype(int))
    again = Scored(tied.label[order], np.full(len(order), "all"), rounded[order], tied.names)
    assert found[1] == pytest.approx(risk_coverage(again)["area"])


def test_measures_of_doubt_are_compared_on_the_same_rows() -> None:
    rows = people()
    found = doubt(rows, {"oracle": 1 - rows.hit, "blind": np.zeros(len(rows.label))}, DRAWS)
    assert found["confidence"]["value"] == pytest.approx(found["entropy"]["value"])  # of two labels, one order
    assert found["oracle"]["value"] < found["confidence"]["value"] < found["blind"]["value"]
    assert found["blind"]["value"] == pytest.approx(1 - rows.hit.mean())
    assert (np.argsort(entropy(rows.probabilities)) == np.argsort(-rows.confidence)).all()
