"""Trains every member on people, joins and calibrates them on others, and reports on people never seen."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from models.core.arrays import Floats
from models.core.dataset import Dataset, TrainedOn
from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.core.progress import Progress
from models.datasets.enrolment import enrolled, minutes, with_some_unknown
from models.datasets.split import Names, Split, split_by_person
from models.ensemble.abstention import NEVER, Abstention, chosen_on
from models.ensemble.calibration import Calibration, fit_calibrator
from models.ensemble.combining import Combiner, Weighted, fit_stacking, voting
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.ensemble.weights import learn_weights
from models.members import MEMBERS
from models.metrics.report import Report, evaluate
from models.preprocessing.preparation import Preparation
from models.training.checkpoints import Checkpoints
from models.training.fitting import Fitting, Prepared
from models.training.network_fitting import Watching
from models.training.settings import TrainingConfig, is_built_in

__all__ = ["Folders", "Progress", "TrainedEnsemble", "train"]


@dataclass(frozen=True)
class TrainedEnsemble:
    """All that a bundle is made of."""

    ensemble: Ensemble
    config: TrainingConfig
    split: Split
    report: Report
    labels: tuple[str, ...]
    channels: tuple[str, ...]
    trained_on: TrainedOn
    data_hash: str
    abstention: Abstention = NEVER
    distilled_from: str | None = None
    """Version of the bundle whose answers it learnt, if it did."""


@dataclass(frozen=True)
class Folders:
    """Where a training keeps checkpoints, to go on after it was killed, and TensorBoard's logs; nowhere by default."""

    checkpoints: Path | None = None
    logs: Path | None = None


NOWHERE: Final = Folders()


def train(
    dataset: Dataset,
    config: TrainingConfig,
    progress: Callable[[Progress], None],
    *,
    split: Split | None = None,
    held_out: Names = (),
    folders: Folders = NOWHERE,
) -> TrainedEnsemble:
    """Trains, calibrates and evaluates the ensemble; sets Keras' global random seed.

    Windows from before a person's baseline was known take no part where others of that person do. Without a split it
    makes one by person, and raises TrainingError when there are fewer than three people, or a label that no training
    person shows. Whoever is to be held out is a test person, whatever the seed.
    """
    everything = dataset.ordered()
    rows = everything.rows(enrolled(everything))
    split = split or split_by_person(
        rows,
        validation_share=config.validation_share,
        test_share=config.test_share,
        seed=config.seed,
        held_out=held_out,
    )
    split.need_unseen(held_out)
    validation = rows.of(split.validation)
    ensemble = fit_ensemble(rows.of(split.train), validation, config, progress, folders=folders)
    abstention = chosen_on(validation, ensemble.predict, config.stated_risk)
    report = evaluate(rows, split, ensemble.predict, members=ensemble.names, abstention=abstention)
    return TrainedEnsemble(
        ensemble=ensemble,
        config=config,
        split=split,
        report=report
        | {
            "windows_before_baseline": len(everything.label) - len(rows.label),
            "built_in_settings": is_built_in(config),
        },
        labels=dataset.label_names,
        channels=ensemble.channels(),
        trained_on=dataset.trained_on,
        data_hash=dataset.data_hash(),
        abstention=abstention,
    )


def fit_ensemble(
    learning: Dataset,
    validation: Dataset,
    config: TrainingConfig,
    progress: Callable[[Progress], None],
    *,
    folders: Folders = NOWHERE,
) -> Ensemble:
    """Members learn from some people; weights and calibration, and when to stop, come from others.

    With a folder for checkpoints, a training of the same data and settings that was killed goes on where it stood; its
    checkpoints stay until `models.training.checkpoints.forget`.
    """
    _need_every_label(learning)
    checkpoints = Checkpoints.opened(folders.checkpoints, _about(learning, validation, config))
    learning = with_some_unknown(learning, config.unknown_baselines, seed=config.seed)
    preparation = Preparation.of(learning)
    fitting = Fitting(
        config,
        len(learning.label_names),
        Prepared.of(learning, preparation),
        Prepared.of(validation, preparation),
        Watching(progress, checkpoints, folders.logs),
    )
    members = {name: fitting.member(name, seed) for seed, name in enumerate(MEMBERS, start=config.seed)}
    none = Calibration.none(len(learning.label_names))
    return joined(Ensemble(members, preparation, voting(len(members)), none), validation, config)


def _about(learning: Dataset, validation: Dataset, config: TrainingConfig) -> dict[str, str]:
    """What checkpoints are only good for: anything else makes another ensemble."""
    return {
        "data": f"{learning.data_hash()} {validation.data_hash()}",
        "settings": hashlib.sha256(repr(config).encode()).hexdigest()[:16],
        "software": f"Keras {keras.__version__}, NumPy {np.__version__}",
    }


def joined(ensemble: Ensemble, validation: Dataset, config: TrainingConfig) -> Ensemble:
    """The same members, combined as the settings say and calibrated, both by people who trained none of them."""
    answers, each = ensemble.answers(raw_inputs(validation)), minutes(validation)
    combined = replace(ensemble, combiner=_combiner(answers, validation, config))
    calibration = fit_calibrator(config.calibration, combined.mixed(answers), validation.label, each)
    return replace(combined, calibration=calibration)


def _combiner(answers: Floats, validation: Dataset, config: TrainingConfig) -> Combiner:
    if config.combination == "voting":
        return voting(answers.shape[1])
    if config.combination == "stacking":
        return fit_stacking(answers, validation.label, minutes(validation))
    given = np.array([weight for _, weight in config.weights.items()])
    if not config.learn_weights:
        return Weighted(given)
    return Weighted(learn_weights(answers, validation.label, minutes(validation), prior=given))


def _need_every_label(learning: Dataset) -> None:
    counts = np.bincount(learning.label, minlength=len(learning.label_names))
    never = [name for name, count in zip(learning.label_names, counts, strict=True) if not count]
    if never:
        raise TrainingError(f"no training window is labelled {', '.join(never)}: choose other people, or label more")
