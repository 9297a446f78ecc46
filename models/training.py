"""Trains every member on people, joins and calibrates them on others, and reports on people never seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.abstention import NEVER, Abstention
from models.arrays import Floats
from models.calibration import Calibration, fit_calibration
from models.combining import Combiner, Weighted, fit_stacking, voting
from models.dataset import Dataset, TrainedOn
from models.enrolment import enrolled, minutes, with_some_unknown
from models.ensemble import Ensemble, raw_inputs
from models.errors import TrainingError
from models.evaluation import Report, evaluate
from models.fitting import Fitting, Prepared, Progress
from models.members import MEMBERS
from models.preparation import Preparation
from models.settings import TrainingConfig
from models.split import Split, split_by_person
from models.weights import learn_weights

__all__ = ["Progress", "TrainedEnsemble", "train"]


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


def train(
    dataset: Dataset, config: TrainingConfig, progress: Callable[[Progress], None], *, split: Split | None = None
) -> TrainedEnsemble:
    """Trains, calibrates and evaluates the ensemble; sets Keras' global random seed.

    Windows from before a person's baseline was known take no part where others of that person do. Without a split it
    makes one by person, and raises TrainingError when there are fewer than three people, or a label that no training
    person shows.
    """
    everything = dataset.ordered()
    rows = everything.rows(enrolled(everything))
    split = split or split_by_person(
        rows, validation_share=config.validation_share, test_share=config.test_share, seed=config.seed
    )
    ensemble = fit_ensemble(rows.of(split.train), rows.of(split.validation), config, progress)
    report = evaluate(rows, split, ensemble.predict, members=ensemble.names)
    return TrainedEnsemble(
        ensemble=ensemble,
        config=config,
        split=split,
        report=report | {"windows_before_baseline": len(everything.label) - len(rows.label)},
        labels=dataset.label_names,
        channels=ensemble.channels(),
        trained_on=dataset.trained_on,
        data_hash=dataset.data_hash(),
    )


def fit_ensemble(
    learning: Dataset, validation: Dataset, config: TrainingConfig, progress: Callable[[Progress], None]
) -> Ensemble:
    """Members learn from some people; weights and calibration, and when to stop, come from others."""
    _need_every_label(learning)
    learning = with_some_unknown(learning, config.unknown_baselines, seed=config.seed)
    preparation = Preparation.of(learning)
    fitting = Fitting(
        config,
        len(learning.label_names),
        Prepared.of(learning, preparation),
        Prepared.of(validation, preparation),
        progress,
    )
    members = {name: fitting.member(name, seed) for seed, name in enumerate(MEMBERS, start=config.seed)}
    none = Calibration.none(len(learning.label_names))
    return joined(Ensemble(members, preparation, voting(len(members)), none), validation, config)


def joined(ensemble: Ensemble, validation: Dataset, config: TrainingConfig) -> Ensemble:
    """The same members, combined as the settings say and calibrated, both by people who trained none of them."""
    answers, each = ensemble.answers(raw_inputs(validation)), minutes(validation)
    combined = replace(ensemble, combiner=_combiner(answers, validation, config))
    return replace(combined, calibration=fit_calibration(combined.mixed(answers), validation.label, each))


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
