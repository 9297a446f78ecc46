"""What models have told of windows: emotion events as arrays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from models.core.arrays import Bools, Floats, Ints
from pipelines.core.errors import InputError
from pipelines.core.topic_reader import committed
from schemas.errors import first_problem, one_line
from schemas.records import EmotionEvent

ABSTAINED: Final = -1
FOREVER: Final = (0, 1 << 62)

Key = tuple[str, int]
Model = tuple[str, str]
"""Name and version."""

Period = tuple[int, int]
"""Instants in milliseconds; windows that end after the first, and not after the second."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a model told of one window."""

    emotion: str | None
    probabilities: tuple[float, ...]
    """In the order of the model's labels."""

    @classmethod
    def of(cls, event: EmotionEvent) -> "Told":
        return cls(event.emotion, tuple(event.probabilities.values()))


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
    """All models' events on a topic, a model of several label sets counting as several; each window once.

    Raises InputError, naming the place, for a message of any time that is no event.
    """
    found: dict[tuple[Model, tuple[str, ...]], dict[Key, Told]] = defaultdict(dict)
    for message in committed(bootstrap, topic):
        event = _event(message)
        if period[0] < event.window_end_ms <= period[1]:
            model = (event.model_name, event.model_version)
            found[model, tuple(event.probabilities)][event.user_id, event.window_start_ms] = Told.of(event)
    return [of_model(model, labels, events) for (model, labels), events in found.items()]


def of_model(model: Model, labels: tuple[str, ...], events: Mapping[Key, Told]) -> EventTable:
    """Events of one model and label set, by window."""
    keys = tuple(sorted(events))
    index = {label: number for number, label in enumerate(labels)} | {None: ABSTAINED}
    rows = [events[key].probabilities for key in keys]
    emotion = np.array([index[events[key].emotion] for key in keys], dtype=np.int64)
    return EventTable(model, labels, keys, np.array(rows, dtype=np.float64).reshape(len(keys), len(labels)), emotion)


def _event(message: ConsumerRecord) -> EmotionEvent:
    try:
        event = EmotionEvent.model_validate_json(message.value or b"")
    except ValidationError as fault:
        raise _no_event(message, first_problem(fault)) from None
    if event.emotion not in (None, *event.probabilities) or not event.probabilities:
        raise _no_event(message, f"probabilities: no {one_line(str(event.emotion))} among them")
    return event


def _no_event(message: ConsumerRecord, what: str) -> InputError:
    place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
    return InputError(f"{place}: not an emotion event: {what}; remove it with kafka-delete-records.sh")
