"""Collapsing a batch, against the obvious way."""

from hypothesis import given
from hypothesis import strategies as st

from feature_repo.newest import newest_rows


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5))))
def test_newest_rows(batch: list[tuple[str, int]]) -> None:
    keys = [key for key, _ in batch]
    times = [time for _, time in batch]
    obvious = {key: max((time, row) for row, (k, time) in enumerate(batch) if k == key)[1] for key in keys}
    assert newest_rows(keys, times) == list(obvious.values())
