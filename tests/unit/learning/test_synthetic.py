import numpy as np
import pytest

from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.inputs import RAW_SHAPES, SEQUENCE_SHAPE, family_columns
from models.distillation.synthetic import SWAPPED, Synthetic, mixed, sequence_columns, swapped
from tests.unit.models.people import made_up


def numbered() -> Dataset:
    """Windows in which every value is the window's number."""
    rows = made_up(3, 10)
    number = np.arange(len(rows.label), dtype=np.float32)
    for column in (rows.features, rows.baseline):
        column[:] = number[:, None]
    rows.sequence[:] = number[:, None, None]
    return rows


def test_each_family_comes_whole_from_one_window_with_its_baseline_and_its_channels() -> None:
    made = swapped(numbered(), 400, np.random.default_rng(3))
    whence = np.stack([made["features"][:, next(iter(columns))] for columns in family_columns().values()], axis=1)
    for at, (family, columns) in enumerate(family_columns().items()):
        for name in ("features", "baseline"):
            assert (made[name][:, list(columns)] == whence[:, [at]]).all()
        assert (made["sequence"][..., list(sequence_columns(family))] == whence[:, at, None, None]).all()
    several = np.array([len(set(row)) for row in whence.tolist()])
    assert several.min() >= 1
    assert several.mean() > SWAPPED * len(family_columns())
    assert len(set(whence[:, 0].tolist())) == 30


def test_every_channel_of_the_sequence_is_in_one_family() -> None:
    columns = [column for family in family_columns() for column in sequence_columns(family)]
    assert sorted(columns) == list(range(SEQUENCE_SHAPE[1]))


def test_mixtures_lie_between_two_windows_and_lack_no_more_than_the_first() -> None:
    rows = numbered()
    made = mixed(rows, 400, np.random.default_rng(3))
    number = made["features"][:, 0]
    for values in made.values():
        np.testing.assert_allclose(
            values.reshape(400, -1), np.repeat(number[:, None], values[0].size, axis=1), rtol=1e-6
        )
    assert number.min() >= 0
    assert number.max() <= 29
    assert np.abs(number - number.round()).mean() > 0.1
    rows.features[::2, 4] = np.nan
    holed = mixed(rows, 400, np.random.default_rng(3))["features"]
    assert 0.4 < np.isnan(holed[:, 4]).mean() < 0.6
    filled = np.isfinite(holed[:, 4]) & (holed[:, 4] == holed[:, 4].round())
    assert filled.sum() > 80
    np.testing.assert_array_equal(np.delete(holed, 4, axis=1), np.delete(made["features"], 4, axis=1))


def test_some_have_no_baseline_and_the_windows_given_stay_as_they_are() -> None:
    rows, synthetic = numbered(), Synthetic(600, 400, unknown_baselines=0.3)
    made = synthetic.of(rows, seed=3)
    assert {name: len(values) for name, values in made.items()} == dict.fromkeys(RAW_SHAPES, 1000)
    unknown = np.isnan(made["baseline"]).all(axis=1)
    assert 0.25 < unknown.mean() < 0.35
    assert np.isfinite(made["baseline"][~unknown]).all()
    assert np.isfinite(made["features"]).all()
    np.testing.assert_array_equal(rows.baseline, numbered().baseline)
    again = synthetic.of(rows, seed=3)
    for name, values in made.items():
        np.testing.assert_array_equal(values, again[name])


@pytest.mark.parametrize("settings", [{"swapped": 0}, {"mixed": -1}, {"unknown_baselines": 1.0}])
def test_numbers_that_cannot_be_are_named(settings: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match=next(iter(settings))):
        Synthetic(**settings)
