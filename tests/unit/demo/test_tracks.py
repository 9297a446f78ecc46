"""What was true of the people shown."""

import numpy as np
import pytest

from pipelines.demo.cast import Cast
from pipelines.demo.outcome import summary_lines
from pipelines.demo.tracks import truth_of
from pipelines.sources.recording import Recording
from schemas.records import Label
from schemas.windows import WINDOW_MS

START_MS = 1_700_000_000_000
ENDS_MS = START_MS + np.arange(0, 300_000, 5_000)
NAMES = ("calm", "stress")


def label(name: str, start_s: int, end_s: int) -> Label:
    start_ms, end_ms = START_MS + 1000 * start_s, START_MS + 1000 * end_s
    return Label(user_id="ann", label=name, start_ms=start_ms, end_ms=end_ms, source="protocol")


def truth(*labels: Label) -> tuple[list[str | None], int]:
    cast = Cast([], [Recording("ann", (), labels), Recording("bob", (), (label("stress", 0, 300),))], simulated=False)
    return truth_of(cast, "ann", NAMES, ENDS_MS)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_short_label_is_no_longer_for_being_repeated(times: int) -> None:
    assert truth(*[label("stress", 60, 85)] * times) == ([None] * len(ENDS_MS), 0)


def test_a_window_is_true_of_the_label_that_covers_half_of_it() -> None:
    found, contradicted = truth(label("calm", 0, 120), label("stress", 120, 300))
    assert found == ["calm" if 30 <= end <= 145 else "stress" if end >= 150 else None for end in range(0, 300, 5)]
    assert contradicted == 0


def test_windows_of_contradictory_labels_are_counted_and_said() -> None:
    found, contradicted = truth(label("calm", 0, 120), label("stress", 100, 300))
    touching = [100 < end < 120 + WINDOW_MS // 1000 for end in range(0, 300, 5)]
    assert contradicted == sum(touching)
    assert not [name for name, touches in zip(found, touching, strict=True) if touches and name]
    known = dict.fromkeys(("readings", "used", "late", "quarantined", "windows", "events"), 1)
    model = {
        "model_name": "m",
        "model_version": "1",
        "abstained": 0,
        "chance": 0.5,
        "right": 0.5,
        "right_by_person": {},
    }
    said = summary_lines({**known, **model, "simulated": False, "contradicted": contradicted})
    assert said[-1] == f"windows without a label, because labels contradict each other there: {contradicted}"
