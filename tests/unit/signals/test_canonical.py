import numpy as np
import pytest
from hypothesis import given, settings

from pipelines.signals.canonical import canonical_series
from pipelines.signals.series.samples import pack
from pipelines.signals.series.segments import Series
from schemas.channels import CHANNEL_NAMES
from tests import naive
from tests.unit.signals import drawn


def hr(*points: tuple[int, float]) -> Series:
    times, values = (np.array(column) for column in zip(*points, strict=True))
    packed = pack(drawn.START_MS + times, np.zeros(len(times), int), values.astype(float))
    return canonical_series(np.array([drawn.START_MS]), packed, np.array([0, len(times)])).series.parts(12)[0]


@given(drawn.seeds)
@settings(deadline=None, max_examples=20)
def test_series_are_the_naive_signals(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    found = canonical_series(starts_ms, samples, offsets).series.parts(12)
    for row, start_ms in enumerate(starts_ms.tolist()):
        expected = naive.signals(start_ms, drawn.listed(samples[offsets[row] : offsets[row + 1]]))
        for name, one in zip(CHANNEL_NAMES, found, strict=True):
            part = slice(one.offsets[row], one.offsets[row + 1])
            assert one.time_ms[part].tolist() == [ms for ms, _ in expected[name]]
            np.testing.assert_allclose(one.value[part], [value for _, value in expected[name]], rtol=1e-15)


def test_the_mean_is_of_distinct_values_however_often_each_came() -> None:
    assert hr((0, 60), (0, 61), (0, 60), (0, 65), (0, 60)).value.tolist() == [62.0]


def test_the_mean_does_not_depend_on_order_to_the_last_bit() -> None:
    values = [0.1, 0.7, 0.3]
    orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]
    assert len({hr(*((0, 60 + values[place]) for place in order)).value.item() for order in orders}) == 1


def test_zero_has_no_sign() -> None:
    assert np.signbit(hr((0, -0.0)).value).tolist() == [False]


def test_first_and_last_millisecond_are_inside_and_the_next_is_not() -> None:
    assert hr((0, 1), (59_999, 2)).time_ms.tolist() == [0, 59_999]
    with pytest.raises(ValueError, match="outside its window"):
        hr((60_000, 1))
    with pytest.raises(ValueError, match="outside its window"):
        hr((-1, 1))
