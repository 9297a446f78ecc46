from dataclasses import replace

import numpy as np
import pytest

from models.core.errors import TrainingError
from tests.unit.models.people import made_up


def test_the_hash_does_not_depend_on_the_order_of_rows() -> None:
    dataset = made_up()
    shuffled = dataset.rows(np.random.default_rng(3).permutation(len(dataset.label)))
    assert shuffled.data_hash() == dataset.data_hash()


@pytest.mark.parametrize("column", ["features", "baseline", "sequence", "label", "window_end_ms"])
def test_the_hash_depends_on_every_column(column: str) -> None:
    dataset = made_up()
    changed = getattr(dataset, column).copy()
    changed.flat[np.flatnonzero(changed == changed)[0]] += 1
    assert replace(dataset, **{column: changed}).data_hash() != dataset.data_hash()


def test_the_hash_depends_on_the_person() -> None:
    dataset = made_up()
    assert replace(dataset, person=np.char.add(dataset.person, "x")).data_hash() != dataset.data_hash()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"features": np.zeros((144, 5))}, "features has shape"),
        ({"label_names": ("calm",)}, "two different label names"),
        ({"label_names": ("calm", "calm", "stress")}, "two different label names"),
        ({"label": np.full(144, 3)}, "must be 0 to 2"),
        ({"label": np.full(144, -1)}, "must be 0 to 2"),
    ],
)
def test_a_wrong_dataset_says_what_is_wrong(change: dict, line: str) -> None:
    with pytest.raises(TrainingError, match=line):
        replace(made_up(), **change)


def test_an_empty_dataset_is_refused() -> None:
    dataset = made_up()
    with pytest.raises(TrainingError, match="no windows"):
        dataset.rows(np.zeros(len(dataset.label), dtype=bool))
