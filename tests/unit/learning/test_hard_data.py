"""People, labels and channels that are not as one wishes: a clear word, and no wrong number."""

from dataclasses import replace

import numpy as np
import pytest

from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.split import Split
from models.ensemble.ensemble import raw_inputs
from models.members.sizes import CnnSizes
from models.training.train import fit_ensemble, train
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURES
from tests.unit.models.people import TINY, made_up

DATA = made_up()


def told(data: Dataset, split: Split | None = None, held_out: tuple[str, ...] = ()) -> str:
    """What training says of data that it refuses."""
    with pytest.raises(TrainingError) as refused:
        train(data, TINY, lambda step: None, split=split, held_out=held_out)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_one_person_alone() -> None:
    assert "of 1 person, at least 3 are needed" in told(DATA.of(("p0",)))


def test_one_label_alone() -> None:
    assert "no window is labelled stress, exercise in the whole data set" in told(DATA.rows(DATA.label == 0))
    with pytest.raises(TrainingError, match="at least two different label names"):
        replace(DATA.rows(DATA.label == 0), label_names=("calm",))


def test_a_label_of_one_person_who_is_held_out() -> None:
    rare = DATA.rows((DATA.label != 2) | (DATA.person == "p5"))
    assert "no window is labelled exercise among the training people" in told(rare, held_out=("p5",))
    split = Split(("p0", "p1", "p2"), ("p3",), ("p4", "p5"))
    assert "no training window is labelled exercise" in told(rare, split)


def test_whoever_is_held_out_must_not_learn_by_a_given_split() -> None:
    split = Split(("p0", "p1", "p2"), ("p3",), ("p4", "p5"))
    assert "p1, p3 must stay unseen" in told(DATA, split, held_out=("p1", "p3", "p4"))


def test_no_channel_at_all() -> None:
    nothing = replace(DATA, features=np.full_like(DATA.features, np.nan), sequence=np.full_like(DATA.sequence, np.nan))
    assert "no feature differs between the training windows" in told(nothing)


def test_channels_without_any_value_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's heart was measured in training; whoever's is later is answered as if it had not been."""
    monkeypatch.setattr("models.training.train.MEMBERS", ("trees", "personal", "fusion", "cnn"))
    features, sequence = DATA.features.copy(), DATA.sequence.copy()
    features[:, [at for at, feature in enumerate(FEATURES) if "hr" in feature.inputs]] = np.nan
    sequence[..., SEQUENCE_CHANNELS.index("hr")] = np.nan
    heartless = replace(DATA, features=features, sequence=sequence)
    with np.errstate(all="raise", under="ignore"):
        ensemble = fit_ensemble(
            heartless.of(("p0", "p1", "p2")), heartless.of(("p3",)), replace(TINY, combination="voting"), lambda _: None
        )
    without, beside = (ensemble.predict(**raw_inputs(rows.of(("p4",)))) for rows in (heartless, DATA))
    for answer in (without.probabilities, *np.moveaxis(without.members, 1, 0)):
        assert np.isfinite(answer).all()
        np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(without.members, beside.members)
    assert "hr" not in ensemble.channels()


def test_a_network_that_its_sizes_cannot_build_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.train.MEMBERS", ("cnn",))
    deep = replace(TINY, sizes=replace(TINY.sizes, cnn=CnnSizes(filters=(2,) * 8)))
    with pytest.raises(TrainingError, match=r"cnn cannot be built with sizes\.cnn: "):
        fit_ensemble(DATA.of(("p0",)), DATA.of(("p1",)), deep, lambda _: None)
