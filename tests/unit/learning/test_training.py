from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.packing import save, served, version
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.manifest import Combination
from models.datasets.enrolment import with_some_unknown
from models.datasets.split import Split
from models.ensemble.combining import Weighted
from models.ensemble.ensemble import Ensemble, fuse, raw_inputs
from models.members import MEMBERS
from models.members.forest import Grown, grow
from models.metrics.report import report_lines
from models.preprocessing.preparation import Preparation
from models.training.network_fitting import Fitted, NetworkFitting, Watching
from models.training.settings import TrainingConfig
from models.training.train import Progress, TrainedEnsemble, fit_ensemble, joined, train
from tests.unit.models.people import TINY, made_up


def test_every_epoch_of_every_member_is_told(trained: TrainedEnsemble, told: list[Progress]) -> None:
    by_member = {name: [step for step in told if step.member == name] for name in MEMBERS}
    epochs = {"trees": 1} | {name: recipe.epochs for name, recipe in vars(TINY.recipes).items()}
    for name, steps in by_member.items():
        assert [step.epoch for step in steps] == list(range(1, len(steps) + 1))
        assert all(step.of == epochs[name] for step in steps)
        assert np.isfinite([(step.loss, step.validation_loss) for step in steps]).all()
    assert sum(map(len, by_member.values())) == len(told)


def learnt_from(trained: TrainedEnsemble) -> Dataset:
    """The rows that members learnt from."""
    rows = made_up().ordered().of(trained.split.train)
    return with_some_unknown(rows, TINY.unknown_baselines, seed=TINY.seed)


def test_all_that_is_measured_is_measured_on_training_people(trained: TrainedEnsemble) -> None:
    expected = Preparation.of(learnt_from(trained))
    found = trained.ensemble.preparation
    for part in ("features", "centring", "sequence", "quantiles"):
        for name, array in vars(getattr(found, part)).items():
            np.testing.assert_array_equal(array, getattr(getattr(expected, part), name))


def test_channels_are_those_that_training_saw_and_weighted_members_read(trained: TrainedEnsemble) -> None:
    sequence_alone = weighted(trained.ensemble, cnn=0.4, lstm=0.3, transformer=0.3)
    assert sequence_alone.channels() == ("hr", "ibi", "gsr", "temp", "acc_x", "acc_y", "acc_z")


def test_shuffled_rows_train_the_same_ensemble_in_silence(
    trained: TrainedEnsemble, capfd: pytest.CaptureFixture[str]
) -> None:
    dataset = made_up()
    shuffled = dataset.rows(np.random.default_rng(9).permutation(len(dataset.label)))
    again = train(shuffled, TINY, lambda step: None)
    assert version(again, again.ensemble) == version(trained, trained.ensemble)
    assert again.report == trained.report
    rows = raw_inputs(dataset)
    one, other = again.ensemble.predict(**rows), trained.ensemble.predict(**rows)
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    np.testing.assert_array_equal(one.members, other.members)
    assert capfd.readouterr() == ("", "")


def weighted(ensemble: Ensemble, **weights: float) -> Ensemble:
    """The same members, of which only the named ones count."""
    return replace(ensemble, combiner=Weighted(np.array([weights.get(name, 0.0) for name in ensemble.names])))


def test_members_of_no_weight_are_left_out(trained: TrainedEnsemble, tmp_path: Path) -> None:
    some = weighted(trained.ensemble, trees=0.4, cnn=0.3, fusion=0.3)
    usual = TrainingConfig().keep_unweighted
    lean = replace(trained, ensemble=some, config=replace(TINY, keep_unweighted=usual))
    manifest = save(lean, tmp_path / "lean", name="lean")
    assert [(member.name, member.weight) for member in manifest.members] == [
        ("trees", 0.4),
        ("cnn", 0.3),
        ("fusion", 0.3),
    ]
    assert set(manifest.metrics["members"]) == set(MEMBERS)
    rows = raw_inputs(made_up())
    np.testing.assert_allclose(
        served(lean).predict(**rows).probabilities, some.predict(**rows).probabilities, atol=1e-6
    )


@pytest.mark.parametrize("combination", ["voting", "stacking"])
def test_other_combinations_are_part_of_the_network(trained: TrainedEnsemble, combination: Combination) -> None:
    validation = made_up().of(trained.split.validation)
    few = replace(
        trained.ensemble, members={name: trained.ensemble.members[name] for name in ("trees", "cnn", "fusion")}
    )
    other = joined(few, validation, replace(TINY, combination=combination))
    rows = raw_inputs(made_up(seed=3))
    expected = other.predict(**rows)
    given = fuse(other)(rows, training=False)
    np.testing.assert_allclose(given["probabilities"], expected.probabilities, atol=1e-6)
    mean = replace(few, combiner=Weighted(np.full(3, 1 / 3)))
    assert not np.allclose(expected.probabilities, mean.predict(**rows).probabilities, atol=1e-3)


def test_given_weights_stay_as_they_are(trained: TrainedEnsemble) -> None:
    fixed = joined(trained.ensemble, made_up().of(trained.split.validation), replace(TINY, learn_weights=False))
    assert dict(fixed.shares()) == dict(TINY.weights.items())


def test_windows_from_before_the_baseline_take_no_part(
    trained: TrainedEnsemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, seen = made_up(), []

    def fit(learning: Dataset, validation: Dataset, *_: object, **__: object) -> Ensemble:
        seen.extend([learning, validation])
        return trained.ensemble

    monkeypatch.setattr("models.training.train.fit_ensemble", fit)
    late = dataset.baseline.copy()
    late[dataset.window_end_ms < np.unique(dataset.window_end_ms)[3]] = np.nan
    report = train(replace(dataset, baseline=late), TINY, lambda step: None, split=trained.split).report
    assert report["windows_before_baseline"] == 3 * len(dataset.people)
    assert report["windows"] == trained.report["windows"] - 3 * len(trained.split.test)
    assert all(rows.window_end_ms.min() == np.unique(dataset.window_end_ms)[3] for rows in seen)
    assert any("before a person's baseline" in line for line in report_lines(report))


def test_people_without_one_of_the_labels_cannot_be_trained_on() -> None:
    dataset = made_up()
    with pytest.raises(TrainingError, match="labelled exercise"):
        train(dataset.rows(dataset.label < 2), TINY, lambda step: None)


def test_a_given_split_that_trains_without_one_of_the_labels_is_refused() -> None:
    dataset = made_up()
    rare = dataset.rows((dataset.label != 2) | (dataset.person == "p5"))
    with pytest.raises(TrainingError, match="no training window is labelled exercise"):
        train(rare, TINY, lambda step: None, split=Split(("p0", "p1", "p2"), ("p3",), ("p4", "p5")))


def test_fusion_alone_brings_the_channels_of_its_features(trained: TrainedEnsemble) -> None:
    fusion = weighted(trained.ensemble, fusion=1)
    assert set(fusion.channels()) == {"hr", "ibi", "hrv", "gsr", "temp"} | {
        f"{sensor}_{axis}" for sensor in ("acc", "gyro") for axis in "xyz"
    }


def test_rare_labels_weigh_more_in_every_member(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, np.ndarray] = {}
    fitted = NetworkFitting.fitted

    def noted(fitting: NetworkFitting, watching: Watching, *, seed: int) -> Fitted:
        found[fitting.name] = fitting.label_weights
        return fitted(fitting, watching, seed=seed)

    def grown(values: object, label: np.ndarray, weight: np.ndarray, *rest: object, **named: object) -> Grown:
        found["trees"] = np.array([weight[label == number][0] for number in range(3)])
        return grow(values, label, weight, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(NetworkFitting, "fitted", noted)
    monkeypatch.setattr("models.training.fitting.grow", grown)
    monkeypatch.setattr("models.training.train.MEMBERS", ("trees", "fusion"))
    data = made_up(3)
    learning = data.rows((data.label != 2) | (np.arange(len(data.label)) % 4 == 0))
    counts = np.bincount(learning.label)
    even = replace(TINY, combination="voting", label_balance=1.0)
    fit_ensemble(learning, data, even, lambda step: None)
    for weights in found.values():
        np.testing.assert_allclose(weights * counts, len(learning.label) / 3)
    assert set(found) == {"trees", "fusion"}
