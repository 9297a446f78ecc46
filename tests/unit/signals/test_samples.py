import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.signals.series.samples import SAMPLE, SOURCE_SLOTS, channels, pack, sources, timestamps_ms
from schemas.windows import EARLIEST_MS, LATEST_MS

sample = st.tuples(
    st.integers(EARLIEST_MS, LATEST_MS), st.integers(0, 11), st.floats(width=64), st.integers(0, SOURCE_SLOTS - 1)
)


@given(st.lists(sample, max_size=20))
def test_what_was_packed_comes_back(drawn: list[tuple[int, int, float, int]]) -> None:
    columns = (np.array(column) for column in zip(*drawn, strict=True)) if drawn else [np.empty(0)] * 4
    times, places, values, sensors = columns
    packed = pack(times.astype(np.int64), places.astype(np.int64), values.astype(np.float64), sensors)
    back = np.frombuffer(packed.tobytes(), dtype=SAMPLE)
    np.testing.assert_array_equal(timestamps_ms(back), times)
    np.testing.assert_array_equal(channels(back), places)
    np.testing.assert_array_equal(back["value"], values)
    np.testing.assert_array_equal(sources(back), sensors)


def test_bytes_are_those_that_the_stream_writes() -> None:
    packed = pack(np.array([1_000]), np.array([3]), np.array([0.5]), np.array([2]))
    assert packed.tobytes().hex() == "2300803e00000000" + "000000000000e03f"
    assert SAMPLE.itemsize == 16
