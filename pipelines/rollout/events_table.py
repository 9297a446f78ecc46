"""What models have told of windows: emotion events as arrays."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson

from models.core.arrays import Bools, Floats, Ints
from pipelines.core.errors import InputError
from pipelines.core.topic_reader import committed

ABSTAINED: Final = -1
FOREVER: Final = (0, 1 << 62)

Key = tuple[str, int]
Model = tuple[str, str]
"""Name and version."""

Period = tuple[int, int]
"""Instants in milliseconds; windows that end after the first, and not after the second."""


@dataclass(frozen=True)
class EventTable:
    """Events of one model, a row a window, in the order of user and time."""

    model: Model
    labels: tuple[str, ...]
    keys: tuple[Key, ...]
    """User and window start."""
    probabilities: Floats
    """Smoothed (n, K)."""
    emotion: Ints
    """Index of the label; `ABSTAINED` where none was named."""

    @property
    def users(self) -> frozenset[str]:
        return frozenset(user for user, _ in self.keys)

    @property
    def window_start_ms(self) -> Ints:
        return np.array([start_ms for _, start_ms in self.keys], dtype=np.int64)

    @property
    def abstained(self) -> Bools:
        return np.asarray(self.emotion == ABSTAINED)

    def where(self, which: Iterable[int]) -> "EventTable":
        """Some of the rows."""
        rows = list(which)
        keys = tuple(self.keys[row] for row in rows)
        return EventTable(self.model, self.labels, keys, self.probabilities[rows], self.emotion[rows])


def event_tables(bootstrap: str, topic: str, period: Period = FOREVER) -> list[EventTable]:
    """All models' events on a topic, a model of several label sets counting as several; each window once."""
    found: dict[tuple[Model, tuple[str, ...]], dict[Key, dict[str, Any]]] = defaultdict(dict)
    for message in committed(bootstrap, topic):
        event = _event(message.value, topic)
        if period[0] < event["window_end_ms"] <= period[1]:
            model = (event["model_name"], event["model_version"])
            key = (event["user_id"], event["window_start_ms"])
            found[model, tuple(event["probabilities"])][key] = event
    return [of_model(model, labels, events) for (model, labels), events in found.items()]


def of_model(model: Model, labels: tuple[str, ...], events: dict[Key, dict[str, Any]]) -> EventTable:
    """Events of one model and label set, by window."""
    keys = tuple(sorted(events))
    index = {label: number for number, label in enumerate(labels)} | {None: ABSTAINED}
    rows = [list(events[key]["probabilities"].values()) for key in keys]
    emotion = np.array([index[events[key]["emotion"]] for key in keys], dtype=np.int64)
    return EventTable(model, labels, keys, np.array(rows, dtype=np.float64).reshape(len(keys), len(labels)), emotion)


def _event(value: bytes | None, topic: str) -> dict[str, Any]:
    try:
        event: dict[str, Any] = orjson.loads(value or b"")
        event["window_end_ms"], event["probabilities"], event["model_version"]
    except (ValueError, TypeError, KeyError) as fault:
        raise InputError(
            f"{topic} holds what is no emotion event ({fault}): remove it, or compare another time"
        ) from fault
    return event
