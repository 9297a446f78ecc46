from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.split import Split, split_by_person
from tests.unit.models.people import STATES, made_up


def split(dataset: Dataset, seed: int = 0) -> Split:
    return split_by_person(dataset, validation_share=0.15, test_share=0.15, seed=seed)


@settings(max_examples=25, deadline=None)
@given(people=st.integers(3, 12), seed=st.integers(0, 1000))
def test_nobody_is_in_two_groups_and_training_sees_every_label(people: int, seed: int) -> None:
    dataset = made_up(people, 6, seed=seed)
    found = split(dataset, seed)
    assert sorted(found.train + found.validation + found.test) == sorted(dataset.people)
    assert set(dataset.of(found.train).label) == set(range(len(STATES)))


def test_the_same_seed_gives_the_same_split_whatever_the_order_of_rows() -> None:
    dataset = made_up(9)
    shuffled = dataset.rows(np.random.default_rng(5).permutation(len(dataset.label))).ordered()
    assert split(dataset, 4) == split(shuffled, 4)
    assert len({split(dataset, seed).test for seed in range(8)}) > 1


def test_the_only_person_with_a_label_trains() -> None:
    dataset = made_up(5)
    rare = dataset.rows((dataset.label != 2) | (dataset.person == "p3"))
    assert all("p3" in split(rare, seed).train for seed in range(5))


@pytest.mark.parametrize(("people", "said"), [(1, "1 person"), (2, "2 people")])
def test_too_few_people(people: int, said: str) -> None:
    with pytest.raises(TrainingError, match=f"labelled windows of {said}, at least 3 are needed"):
        split(made_up(people))


def test_a_label_that_nobody_shows_is_named() -> None:
    dataset = made_up()
    with pytest.raises(TrainingError, match="labelled stress, exercise in the whole data set"):
        split(replace(dataset, label=np.zeros_like(dataset.label)))


def test_a_label_that_training_could_never_see_is_named() -> None:
    dataset = made_up(3)
    one_each = dataset.rows(dataset.label == np.char.lstrip(dataset.person, "p").astype(int))
    with pytest.raises(TrainingError, match="among the training people"):
        split(one_each)


@pytest.mark.parametrize("groups", ["a a b", "a b cb", "aa b c"])
def test_a_split_with_somebody_twice_cannot_be_made(groups: str) -> None:
    with pytest.raises(TrainingError, match="in two of"):
        Split(*map(tuple, groups.split()))


def test_a_split_without_test_people_cannot_be_made() -> None:
    with pytest.raises(TrainingError, match="at least one person"):
        Split(("a",), ("b",), ())


def test_whoever_is_held_out_is_tested_whatever_the_seed() -> None:
    dataset = made_up(8)
    for seed in range(5):
        found = split_by_person(
            dataset, validation_share=0.15, test_share=0.15, seed=seed, held_out=("p6", "p2", "somebody gone")
        )
        assert found.test == ("p2", "p6")
        assert sorted(found.train + found.validation + found.test) == list(dataset.people)
    assert split(dataset, 3) == split_by_person(
        dataset, validation_share=0.15, test_share=0.15, seed=3, held_out=("somebody gone",)
    )


def test_holding_out_must_leave_two_people() -> None:
    with pytest.raises(TrainingError, match="of 1 person, at least 2 are needed beside those held out"):
        split_by_person(made_up(3), validation_share=0.15, test_share=0.15, seed=0, held_out=("p0", "p1"))
