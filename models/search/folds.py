"""How good settings are for the members that carry the ensemble: on people whom nothing was fitted to."""

import gc
import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from models.core.arrays import Bools, Floats
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.enrolment import enrolled, minutes, with_some_unknown
from models.ensemble.calibration import SMALLEST, fit_calibration
from models.members import MEMBERS, READS
from models.preprocessing.preparation import Preparation
from models.training.fitting import Fitting, Prepared
from models.training.network_fitting import Watching
from models.training.settings import TrainingConfig

FOLDS: Final = 4
SEARCHED: Final = ("trees", "personal")


@dataclass(frozen=True)
class Scores:
    """Of each person scored: log loss, and balanced accuracy over the labels that the person shows; (people,)."""

    log_loss: Floats
    balanced_accuracy: Floats


@dataclass(frozen=True)
class SearchFold:
    """Windows to fit members to, and the windows of other people."""

    train: Prepared
    scored: Prepared
    rows: Dataset
    """Those that are scored."""

    @classmethod
    def of(cls, learning: Dataset, rows: Dataset, config: TrainingConfig) -> "SearchFold":
        _need_every_label(learning, rows)
        learning = with_some_unknown(learning, config.unknown_baselines, seed=config.seed)
        preparation = Preparation.of(learning)
        return cls(Prepared.of(learning, preparation), Prepared.of(rows, preparation), rows)

    def scores(self, config: TrainingConfig) -> Scores:
        """Of trees and personal network, fitted anew, joined by their weights and calibrated as a bundle would be.

        Half of the people scored calibrate for the other half: who is scored has had no part in the answer.
        """
        fitting = Fitting(config, len(self.rows.label_names), self.train, self.scored, Watching(lambda step: None))
        weights = dict(config.weights.items())
        answers = np.stack([self._answers(fitting, name) for name in SEARCHED])
        # Networks refer to themselves: uncollected, those of one fold would hold some 6 MB for good.
        gc.collect()
        mixed = np.average(answers, axis=0, weights=[weights[name] for name in SEARCHED])
        return _scores(_calibrated_crosswise(mixed, self.rows), self.rows)

    def _answers(self, fitting: Fitting, name: str) -> Floats:
        model = fitting.member(name, fitting.config.seed + MEMBERS.index(name))
        return np.asarray(model(self.scored.inputs[READS[name]], training=False), dtype=np.float64)


def folds_of(dataset: Dataset, config: TrainingConfig) -> tuple[SearchFold, ...]:
    """Four groups of people, or as many as there are people; each is scored once, and the others learn."""
    everything = dataset.ordered()
    rows = everything.rows(enrolled(everything))
    if len(rows.people) < 2:
        raise TrainingError(
            f"search: only {', '.join(rows.people)} may learn and validate; at least two people are needed"
        )
    cutter = StratifiedGroupKFold(min(FOLDS, len(rows.people)), shuffle=True, random_state=config.seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        cuts = list(cutter.split(rows.label, rows.label, rows.person))
    return tuple(SearchFold.of(rows.rows(train), rows.rows(scored), config) for train, scored in cuts if len(scored))


def _need_every_label(learning: Dataset, scored: Dataset) -> None:
    never = [name for k, name in enumerate(learning.label_names) if not (learning.label == k).any()]
    if never:
        raise TrainingError(
            f"search: without {', '.join(scored.people)} nobody is labelled {', '.join(never)}: label more people,"
            " or leave the label out"
        )


def _calibrated_crosswise(probabilities: Floats, rows: Dataset) -> Floats:
    half = np.isin(rows.person, rows.people[::2])
    if half.all():
        return probabilities
    weight, found = minutes(rows), np.empty_like(probabilities)
    for others, mine in ((half, ~half), (~half, half)):
        calibration = fit_calibration(probabilities[others], rows.label[others], weight[others])
        found[mine] = np.asarray(calibration(probabilities[mine]))
    return found


def _scores(probabilities: Floats, rows: Dataset) -> Scores:
    surprise = -np.log(np.maximum(probabilities[np.arange(len(rows.label)), rows.label], SMALLEST))
    hit = probabilities.argmax(axis=1) == rows.label
    people = [rows.person == person for person in rows.people]
    return Scores(
        np.array([surprise[mine].mean() for mine in people]),
        np.array([_balanced(hit[mine], rows.label[mine]) for mine in people]),
    )


def _balanced(hit: Bools, label: Any) -> float:  # noqa: ANN401
    return float(np.mean([hit[label == k].mean() for k in np.unique(label)]))
