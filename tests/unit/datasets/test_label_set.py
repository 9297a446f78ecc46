"""Which label set labels belong to, and whose they are."""

import pytest

from pipelines.core.errors import InputError
from pipelines.datasets.training_windows import label_set, origin
from schemas.records import Label

BASE_MS = 1_700_000_000_000
NAMES = ("calm", "stress")


def label(name: str, start_s: int, end_s: int, source: str = "protocol") -> Label:
    return Label(
        user_id="u", label=name, start_ms=BASE_MS + start_s * 1000, end_ms=BASE_MS + end_s * 1000, source=source
    )


def test_label_set_keeps_its_order_and_refuses_strangers() -> None:
    assert label_set([label("stress", 0, 1), label("calm", 0, 1)]) == NAMES
    with pytest.raises(InputError, match="bored"):
        label_set([label("bored", 0, 1)])
    with pytest.raises(InputError, match="no label set"):
        label_set([label("calm", 0, 1), label("happy", 0, 1)])


def test_simulated_and_recorded_people_are_not_mixed() -> None:
    assert origin([label("calm", 0, 1, "simulator")]) == "simulated people"
    assert origin([label("calm", 0, 1)]) == "recorded people"
    with pytest.raises(InputError, match="mixed"):
        origin([label("calm", 0, 1), label("calm", 0, 1, "simulator")])
