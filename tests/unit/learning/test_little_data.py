"""People, labels or channels that are not there: a clear message, or figures all the same, never a wrong number."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.packing import save
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.manifest import Calibrated
from models.ensemble.calibration import Isotonic
from models.ensemble.combining import voting
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.training.train import TrainedEnsemble, joined, train
from tests.unit.models.people import TINY, made_up


@pytest.mark.parametrize("calibration", ["temperature", "isotonic"])
def test_validation_people_without_a_label_leave_its_calibration_alone(
    trained: TrainedEnsemble, calibration: Calibrated
) -> None:
    validation = made_up().of(trained.split.validation)
    calm = validation.rows(validation.label < 2)
    found = joined(trained.ensemble, calm, replace(TINY, calibration=calibration))
    told = found.predict(**raw_inputs(made_up())).probabilities
    assert np.isfinite(told).all()
    assert (told > 0).all()
    assert found.calibration.bias[2] == 0
    assert isinstance(found.calibration, Isotonic) == (calibration == "isotonic")


def test_one_label_only_says_which_are_missing() -> None:
    dataset = made_up()
    with pytest.raises(TrainingError, match="stress, exercise"):
        train(dataset.rows(dataset.label == 0), TINY, lambda step: None)


def test_one_person_only_says_how_many_are_needed() -> None:
    with pytest.raises(TrainingError, match=r"of 1 person, at least 3"):
        train(made_up().of(("p0",)), TINY, lambda step: None)


def test_channels_that_nobody_wore_are_said() -> None:
    dataset = made_up()
    silent = replace(
        dataset,
        features=np.full_like(dataset.features, np.nan),
        sequence=np.full_like(dataset.sequence, np.nan),
        baseline=np.full_like(dataset.baseline, np.nan),
    )
    with pytest.raises(TrainingError, match="no feature differs between the training windows"):
        train(silent, TINY, lambda step: None)


def stating(trained: TrainedEnsemble, monkeypatch: pytest.MonkeyPatch, risk: float) -> TrainedEnsemble:
    """Two of the members, as if they had been trained with a stated risk."""
    members = {name: trained.ensemble.members[name] for name in ("trees", "personal")}
    few = replace(trained.ensemble, members=members, combiner=voting(2))

    def fitted(learning: Dataset, validation: Dataset, *_: object, **__: object) -> Ensemble:
        return few

    monkeypatch.setattr("models.training.train.fit_ensemble", fitted)
    return train(made_up(), replace(TINY, stated_risk=risk), lambda step: None, split=trained.split)


def test_a_stated_risk_becomes_a_confidence_in_the_bundle(
    trained: TrainedEnsemble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    careful = stating(trained, monkeypatch, 0.3)
    manifest = save(careful, tmp_path / "careful", name="careful")
    assert manifest.stated_risk == 0.3
    assert 1 / 3 < manifest.min_confidence == careful.abstention.min_confidence < 1
    assert manifest.metrics["abstention"]["min_confidence"] == manifest.min_confidence
    assert trained.report["abstention"] is None
    assert trained.abstention.min_confidence == 0


def test_a_risk_that_no_confidence_keeps_is_refused(trained: TrainedEnsemble, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingError, match=r"at least \d+\.\d% of the validation people's answers are wrong"):
        stating(replace(trained, ensemble=wrong(trained.ensemble)), monkeypatch, 0.05)


def wrong(ensemble: Ensemble) -> Ensemble:
    """Always says the label after the most probable one."""
    return replace(ensemble, calibration=_Turned())  # type: ignore[arg-type]


class _Turned:
    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        return np.roll(np.eye(3)[np.asarray(probabilities).argmax(axis=1)], 1, axis=1) * 0.8 + 0.2 / 3
