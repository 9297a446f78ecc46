"""Events of a topic as arrays, and what is no event named by its place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pipelines.core.errors import InputError
from pipelines.rollout import events_table
from pipelines.rollout.events_table import ABSTAINED, FOREVER, EventTable, Period
from schemas.records import EmotionEvent

START_MS = 1_700_000_000_000
SHARES = {"calm": 0.75, "stress": 0.25}
EVENT = {
    "user_id": "ann",
    "window_start_ms": START_MS,
    "window_end_ms": START_MS + 60_000,
    "emotion": "calm",
    "confidence": 0.75,
    "probabilities": SHARES,
    "raw": SHARES,
    "members": {"cnn": SHARES},
    "entropy": 0.5,
    "disagreement": 0.1,
    "quality": 1.0,
    "abstained": False,
    "reason": None,
    "model_name": "small",
    "model_version": "1",
    "schema_version": EmotionEvent.record_version,
}


@dataclass(frozen=True)
class Stored:
    """A message as the client hands it over."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


def event(**changes: object) -> bytes:
    return json.dumps(EVENT | changes).encode()


def read(monkeypatch: pytest.MonkeyPatch, *values: bytes | None, period: Period = FOREVER) -> list[EventTable]:
    def committed(_: str, name: str) -> Iterator[Stored]:
        return (Stored(name, 3, offset, value) for offset, value in enumerate(values))

    monkeypatch.setattr(events_table, "committed", committed)
    return events_table.event_tables("there:9092", "events", period)


def test_a_table_for_each_model_and_label_set(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"stress": 0.5, "calm": 0.5}
    found = read(
        monkeypatch,
        event(user_id="bob", emotion=None),
        event(),
        event(),
        event(model_version="2"),
        event(probabilities=other, emotion="stress"),
    )
    assert [(each.model, each.labels, len(each.keys)) for each in found] == [
        (("small", "1"), ("calm", "stress"), 2),
        (("small", "2"), ("calm", "stress"), 1),
        (("small", "1"), ("stress", "calm"), 1),
    ]
    assert found[0].keys == (("ann", START_MS), ("bob", START_MS))
    assert found[0].emotion.tolist() == [0, ABSTAINED]
    np.testing.assert_array_equal(found[0].probabilities, [[0.75, 0.25]] * 2)


def test_a_period_holds_the_windows_that_end_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [START_MS + second * 1000 for second in (60, 65, 70)]
    values = [event(window_start_ms=end - 60_000, window_end_ms=end) for end in ends]
    (found,) = read(monkeypatch, *values, period=(ends[0], ends[1]))
    assert found.window_start_ms.tolist() == [ends[1] - 60_000]


def changed(**changes: Any) -> tuple[bytes, str]:  # noqa: ANN401
    return event(**changes), next(iter(changes))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[]", "an object"),
        (b'{"window_end_ms":1,"probabilities":{},"model_version":"1"}', "user_id: Field required"),
        (event().replace(b"0.5,", b"1e999,"), "entropy: "),
        changed(window_end_ms=None),
        changed(window_end_ms=10**19),
        changed(model_name={}),
        changed(model_version=[]),
        changed(user_id=True),
        changed(probabilities="calm"),
        changed(probabilities={"calm": None, "stress": 0.25}),
        changed(probabilities={"calm": [0.5], "stress": 0.25}),
        changed(probabilities={"calm": 1.5}),
        (event(emotion="fear"), "no fear among them"),
        (event(emotion="fe\nar"), "no fe\\u000aar among them"),
        (event(emotion=None, probabilities={}), "probabilities: "),
    ],
)
def test_what_is_no_event_is_one_line_that_names_the_place(
    monkeypatch: pytest.MonkeyPatch, value: bytes | None, said: str
) -> None:
    with pytest.raises(InputError, match=r"^events, partition 3, offset 1: not an emotion event: ") as fault:
        read(monkeypatch, event(), value)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)
