"""Labels over windows, against counting instant by instant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import InputError
from pipelines.datasets.training_windows import label_set, origin
from pipelines.labels.window_labels import UNLABELLED, label_shares, window_labels
from schemas.records import Label

BASE_MS = 1_700_000_000_000
NAMES = ("calm", "stress")


def label(name: str, start_s: int, end_s: int, source: str = "protocol") -> Label:
    return Label(
        user_id="u", label=name, start_ms=BASE_MS + start_s * 1000, end_ms=BASE_MS + end_s * 1000, source=source
    )


intervals = st.builds(
    lambda name, start, length: label(name, start, start + length),
    st.sampled_from((*NAMES, "other")),
    st.integers(0, 120),
    st.integers(1, 90),
)


@given(st.lists(intervals, max_size=4), st.integers(0, 100))
@settings(deadline=None)
def test_shares_equal_counting_seconds(given_labels: list[Label], start_s: int) -> None:
    start_ms = BASE_MS + start_s * 1000
    found = label_shares(given_labels, NAMES, np.array([start_ms]))[0]
    for name, share in zip(NAMES, found, strict=True):
        mine = [each for each in given_labels if each.label == name]
        instants = range(start_ms, start_ms + 60_000, 1000)
        counted = sum(each.start_ms <= at < each.end_ms for each in mine for at in instants)
        assert share == pytest.approx(counted / 60)


def test_a_window_is_labelled_only_where_one_label_covers_enough() -> None:
    starts = np.array([BASE_MS, BASE_MS + 30_000, BASE_MS + 60_000])
    found = window_labels([label("stress", 0, 60)], NAMES, starts, least_share=0.75)
    assert found.tolist() == [1, UNLABELLED, UNLABELLED]


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
