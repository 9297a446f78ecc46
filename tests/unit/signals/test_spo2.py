import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.signals.spo2 import desaturation
from tests import naive
from tests.unit.signals.drawn import series

windows = st.lists(st.lists(st.integers(70, 100).map(float), max_size=20), min_size=1, max_size=4)


@given(windows)
def test_desaturation_is_the_naive_one(drawn: list[list[float]]) -> None:
    found = desaturation(series(*(list(enumerate(values)) for values in drawn)))
    np.testing.assert_array_equal(found, [naive.desaturation(values) for values in drawn])


@pytest.mark.parametrize(
    ("values", "fall"), [([97], 0), ([95, 97, 99], 0), ([99, 97, 98, 90], 9), ([90, 99, 95], 4), ([], np.nan)]
)
def test_it_is_the_deepest_fall_below_what_came_before(values: list[float], fall: float) -> None:
    np.testing.assert_array_equal(desaturation(series(list(enumerate(map(float, values))))), [fall])
