from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.arrays import Float32s
from models.core.inputs import FAMILY_CHANNELS, family_columns
from models.ensemble.ensemble import raw_inputs
from models.preprocessing.preparation import Input, Preparation
from models.training.augmentation import (
    Batches,
    Layout,
    augmented,
    layout_of,
    mixed,
    noisy,
    stretched,
    warped,
    without_some_sensors,
)
from models.training.recipes import Augmentation, Recipe
from schemas.channels import SEQUENCE_CHANNELS
from tests.unit.models.people import made_up

DATA = made_up(2, 12)
PREPARATION = Preparation.of(DATA)
INPUTS = PREPARATION.arrays(raw_inputs(DATA))
TARGETS = np.eye(3, dtype=np.float32)[DATA.label]
READ: tuple[Input, ...] = ("sequence", "features", "ranks")
EVERYTHING = Augmentation(noise=0.3, scaling=0.2, mixup=0.4, sensor_dropout=0.3)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", READ)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_augmented_rows_are_such_as_preparation_makes(name: Input, seed: int) -> None:
    before = INPUTS[name].copy()
    layout = layout_of(name)
    inputs, targets = augmented(INPUTS[name], TARGETS, EVERYTHING, layout, rng(seed))
    assert (inputs.dtype, inputs.shape) == (np.float32, before.shape)
    assert (targets.dtype, targets.shape) == (np.float32, TARGETS.shape)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert np.abs(inputs).max() <= layout.limit
    assert not np.array_equal(inputs, before)
    np.testing.assert_array_equal(INPUTS[name], before)
    again, _ = augmented(INPUTS[name], TARGETS, EVERYTHING, layout, rng(seed))
    np.testing.assert_array_equal(inputs, again)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("change", [noisy, stretched], ids=lambda change: change.__name__)
def test_only_values_that_are_there_change(
    name: Input, change: Callable[[Float32s, float, Layout, np.random.Generator], Float32s]
) -> None:
    inputs, layout = INPUTS[name], layout_of(name)
    changed = change(inputs, 0.2, layout, rng())
    half = inputs.shape[-1] // 2
    values = np.arange(2 * half) < half if layout.presence else np.full(2 * half, True)
    there = np.concatenate([inputs[..., half:] > 0] * 2, axis=-1) if layout.presence else inputs != 0
    touched = changed != inputs
    assert not touched[~(there & values)].any()
    assert touched[there & values & (np.abs(inputs) > 1e-3) & (np.abs(inputs) < 0.99 * layout.limit)].mean() > 0.99


def test_a_family_is_stretched_as_one() -> None:
    layout = layout_of("features")
    factor = stretched(INPUTS["features"], 0.1, layout, rng()) / np.where(INPUTS["features"], INPUTS["features"], 1)
    first = next(iter(family_columns().values()))
    present = (INPUTS["features"][:, first] != 0) & (np.abs(INPUTS["features"][:, first]) < 5)
    rows = np.where(present, factor[:, first], np.nan)
    np.testing.assert_allclose(np.nanmax(rows, axis=1), np.nanmin(rows, axis=1), rtol=1e-4)


@pytest.mark.parametrize("name", READ)
def test_a_sensor_drops_out_with_all_that_comes_of_it(name: Input) -> None:
    """As if the raw values of its family had not been measured, in the rows where it drops out."""
    layout = layout_of(name)
    dropped = without_some_sensors(INPUTS[name], 0.5, layout, rng(3))
    kept = rng(3).random((len(dropped), layout.families)) >= 0.5
    raw = raw_inputs(DATA)
    for family in np.unique(layout.family):
        for part in ("sequence", "features"):
            columns = np.flatnonzero(layout_of("sequence" if part == "sequence" else "features").family == family)
            rows = raw[part].copy()
            rows[np.ix_(~kept[:, family], *map(np.arange, rows.shape[1:-1]), columns)] = np.nan
            raw[part] = rows
    np.testing.assert_array_equal(dropped, PREPARATION.arrays(raw)[name])
    assert 0.3 < kept.mean() < 0.7


def test_families_of_the_sequence_are_those_of_its_channels() -> None:
    family = dict(zip(SEQUENCE_CHANNELS, layout_of("sequence").family, strict=True))
    names = list(FAMILY_CHANNELS)
    assert {name: names[at] for name, at in family.items()} == {
        "hr": "heart_rate",
        "ibi": "heart_rate_variability",
        "gsr": "electrodermal",
        "temp": "temperature",
        "acc_mag": "motion",
        "spo2": "oxygen",
    }


@settings(max_examples=25, deadline=None)
@given(strength=st.floats(0.01, 0.95), seed=st.integers(0, 100))
def test_warped_time_goes_on_from_the_first_second_to_the_last(strength: float, seed: int) -> None:
    seconds = np.broadcast_to(np.arange(60, dtype=np.float32)[:, None], (5, 60, 2))
    when = warped(seconds, strength, rng(seed))
    assert (np.diff(when, axis=1) >= 0).all()
    np.testing.assert_array_equal(when[:, [0, -1], 0], [[0, 59]] * 5)
    np.testing.assert_array_equal(when[..., 0], when[..., 1])


def test_strong_warping_moves_time_and_none_does_not() -> None:
    seconds = np.broadcast_to(np.arange(60, dtype=np.float32)[:, None], (50, 60, 1))
    np.testing.assert_array_equal(warped(seconds, 0.0, rng()), seconds)
    assert np.abs(warped(seconds, 0.5, rng()) - seconds).max() > 5


def test_mixed_labels_are_as_the_rows_are_mixed() -> None:
    n = 200
    inputs, targets = mixed(np.eye(n, dtype=np.float32), np.eye(n, dtype=np.float32), 0.3, rng())
    np.testing.assert_array_equal(inputs, targets)
    assert (inputs.argmax(axis=1) == np.arange(n)).all()
    assert ((inputs > 0).sum(axis=1) == 2).mean() > 0.5


def batches(augmentation: Augmentation) -> Batches:
    recipe = Recipe(batch_size=10, augmentation=augmentation)
    return Batches(INPUTS["ranks"], TARGETS, np.float32([1, 2, 4]), recipe)


def test_an_epoch_has_every_row_once_in_an_order_of_its_own() -> None:
    found = batches(Augmentation())
    orders = []
    for epoch in (0, 1, 0):
        found.begin(epoch, seed=5, reads="ranks")
        rows = np.concatenate([found[number][0] for number in range(len(found))])
        np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(INPUTS["ranks"], axis=0))
        orders.append(rows)
    np.testing.assert_array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])


def test_rows_weigh_what_their_labels_do_also_when_mixed() -> None:
    found = batches(EVERYTHING)
    found.begin(0, seed=5, reads="ranks")
    for number in range(len(found)):
        _, targets, weight = found[number]
        np.testing.assert_allclose(weight, targets @ [1, 2, 4], rtol=1e-6)
        assert len(weight) in {10, 4}
