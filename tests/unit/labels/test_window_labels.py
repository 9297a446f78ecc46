"""Labels over windows, against looking at every second."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.labels.window_labels import UNLABELLED, Unlabelled, label_windows, merged, window_labels
from schemas.records import Label

START_MS = 1_735_732_800_000
STARTS_S = np.arange(-60, 200, 5)

intervals = st.builds(
    lambda name, start, length: label("ann", name, start, start + length),
    st.sampled_from(["calm", "stress"]),
    st.integers(0, 150),
    st.integers(1, 100),
)


def label(user: str, name: str, start_s: int, end_s: int) -> Label:
    start_ms, end_ms = START_MS + start_s * 1000, START_MS + end_s * 1000
    return Label(user_id=user, label=name, start_ms=start_ms, end_ms=end_ms, source="protocol")


def found(labels: list[Label], starts_s: np.ndarray = STARTS_S, least_share: float = 0.75) -> list[str | None]:
    """The label of each window, or the reason it has none."""
    names, dropped = label_windows(merged(labels), START_MS + starts_s * 1000, least_share=least_share)
    assert ((names == None) ^ (dropped == None)).all()  # noqa: E711
    return [name or reason for name, reason in zip(names, dropped, strict=True)]


def obvious(labels: list[Label], start_s: int, least_share: float) -> str:
    """Second by second: the window's runs of one label."""
    seconds = range(START_MS + start_s * 1000, START_MS + start_s * 1000 + 60_000, 1000)
    claims = [{each.label for each in labels if each.start_ms <= at < each.end_ms} for at in seconds]
    whole = range(min(each.start_ms for each in labels), max(each.end_ms for each in labels), 1000)
    for twice in (at for at in whole if len({x.label for x in labels if x.start_ms <= at < x.end_ms}) > 1):
        if twice in seconds:
            return Unlabelled.OVERLAPPING_LABELS
    if not any(claims):
        return Unlabelled.UNLABELLED_TIME
    for name in ("calm", "stress"):
        runs = "".join("x" if name in claim else " " for claim in claims).split()
        if max(map(len, runs), default=0) / 60 >= least_share:
            return name
    return Unlabelled.LEAST_SHARE


@given(st.lists(intervals, min_size=1, max_size=4), st.sampled_from([0.55, 0.75, 1.0]))
@settings(deadline=None, max_examples=60)
def test_labels_equal_looking_at_every_second(labels: list[Label], least_share: float) -> None:
    expected = [obvious(labels, int(start_s), least_share) for start_s in STARTS_S]
    assert found(labels, least_share=least_share) == expected


@given(st.lists(intervals, min_size=1, max_size=4), st.lists(st.integers(0, 3), max_size=4))
@settings(deadline=None, max_examples=60)
def test_labels_that_are_given_again_change_nothing(labels: list[Label], again: list[int]) -> None:
    repeated = [*labels, *(labels[place % len(labels)] for place in again)]
    assert found(repeated) == found(labels)


def test_two_adjacent_intervals_of_one_label_count_as_one() -> None:
    labels = [label("ann", "calm", 0, 30), label("ann", "calm", 30, 60)]
    assert found(labels, np.array([0])) == ["calm"]
    assert found([label("ann", "calm", 0, 30), label("ann", "calm", 31, 60)], np.array([0])) == [Unlabelled.LEAST_SHARE]


def test_a_window_that_touches_an_overlap_by_a_second_has_no_label() -> None:
    labels = [label("ann", "calm", 0, 100), label("ann", "stress", 99, 300)]
    assert found(labels, np.array([35, 40, 95, 100])) == ["calm", *[Unlabelled.OVERLAPPING_LABELS] * 2, "stress"]


def test_one_label_inside_another_of_the_same_name_does_not_end_it() -> None:
    labels = [label("ann", "calm", 0, 200), label("ann", "calm", 10, 20)]
    assert found(labels, np.array([100])) == ["calm"]


def test_a_label_given_twice_counts_once() -> None:
    """Twenty-five seconds, said twice, are not fifty: a sum of shares would label the minute."""
    labels = [label("ann", "calm", 0, 25), label("ann", "calm", 0, 25)]
    index, why = window_labels(labels, ["calm"], np.array([START_MS]), least_share=0.75)
    assert (index.tolist(), why.tolist()) == ([UNLABELLED], [Unlabelled.LEAST_SHARE])


def test_indices_follow_the_windows_in_any_order_and_strangers_have_none() -> None:
    labels = [label("ann", "calm", 0, 60), label("ann", "stress", 60, 120), label("ann", "bored", 120, 180)]
    starts = START_MS + np.array([120, 60, 0]) * 1000
    index, why = window_labels(labels, ["calm", "stress"], starts, least_share=0.75)
    assert index.tolist() == [UNLABELLED, 1, 0]
    assert why.tolist() == [None] * 3
