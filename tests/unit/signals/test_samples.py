import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.signals.samples import SAMPLE, channels, pack, timestamps_ms, unpack
from schemas.windows import EARLIEST_MS, LATEST_MS

sample = st.tuples(st.integers(EARLIEST_MS, LATEST_MS), st.integers(0, 11), st.floats(width=64))


@given(st.lists(sample, max_size=20))
def test_what_was_packed_comes_back(drawn: list[tuple[int, int, float]]) -> None:
    times, places, values = (np.array(column) for column in zip(*drawn, strict=True)) if drawn else [np.empty(0)] * 3
    packed = pack(times.astype(np.int64), places.astype(np.int64), values.astype(np.float64))
    back = unpack(packed.tobytes())
    np.testing.assert_array_equal(timestamps_ms(back), times)
    np.testing.assert_array_equal(channels(back), places)
    np.testing.assert_array_equal(back["value"], values)


def test_bytes_are_those_that_the_stream_writes() -> None:
    packed = pack(np.array([1_000]), np.array([3]), np.array([0.5]))
    assert packed.tobytes().hex() == "833e000000000000" + "000000000000e03f"
    assert SAMPLE.itemsize == 16
