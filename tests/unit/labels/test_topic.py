"""Labels from the topic: once each, and a message that is none named by its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipelines.core.errors import InputError
from pipelines.labels import topic
from schemas.records import Label

START_MS = 1_735_732_800_000


@dataclass(frozen=True)
class Stored:
    """A message as the client hands it over."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


def label(**changes: object) -> Label:
    facts: dict[str, Any] = {"user_id": "ann", "label": "calm", "source": "protocol"}
    return Label(**(facts | {"start_ms": START_MS, "end_ms": START_MS + 60_000} | changes))


def stored(label: Label) -> bytes:
    return label.model_dump_json().encode()


def read(monkeypatch: pytest.MonkeyPatch, *values: bytes | None) -> dict[str, list[Label]]:
    def committed(_: str, name: str) -> Iterator[Stored]:
        return (Stored(name, 2, offset, value) for offset, value in enumerate(values))

    monkeypatch.setattr(topic, "committed", committed)
    return topic.read_labels("there:9092", "labels")


def test_labels_by_user_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calm, stress, of_bob = label(), label(label="stress"), label(user_id="bob")
    found = read(monkeypatch, *map(stored, (calm, stress, calm, of_bob)))
    assert found == {"ann": [calm, stress], "bob": [of_bob]}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"{", "Invalid JSON"),
        (None, "Invalid JSON"),
        (b"[]", "an object"),
        (stored(label()).replace(b"ann", b"a\xff"), "Invalid JSON"),
        (stored(label()).replace(b'"ann"', b"7"), "user_id: "),
        (stored(label()).replace(b'"ann"', b'""'), "user_id: "),
        (stored(label()).replace(b'"label"', b'"mo\\nod"'), "label: Field required"),
        (stored(label(end_ms=START_MS)), "a start before its end"),
        (stored(label(label="")), "it needs a name"),
        (stored(label()).replace(b"173573280", b"1" * 30), "start_ms: "),
    ],
)
def test_what_is_no_label_is_one_line_that_names_the_place(
    monkeypatch: pytest.MonkeyPatch, value: bytes | None, said: str
) -> None:
    with pytest.raises(InputError, match=r"^labels, partition 2, offset 1: not a label: ") as fault:
        read(monkeypatch, stored(label()), value)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)
