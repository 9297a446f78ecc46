"""Searches training settings with Optuna; what was tried is kept, so that an interrupted search goes on."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from models.core.database import address, damage
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.search import space as search_space
from models.search.folds import SearchFold, folds_of
from models.training.settings import TrainingConfig
from schemas.whole import whole_file

ABOUT: Final = "about"
BASE: Final = "base"
FINISHED: Final = (TrialState.COMPLETE, TrialState.PRUNED)
SCORE: Final = "balanced_accuracy"


@dataclass(frozen=True)
class Tried:
    """A search so far."""

    trials: int
    """Finished ones, those pruned among them."""
    pruned: int
    best: TrainingConfig
    log_loss: float
    balanced_accuracy: float
    base_log_loss: float


@dataclass(frozen=True)
class Search:
    """A study in a file, from where it sets out, and to how many trials it is to go."""

    file: Path
    base: TrainingConfig
    trials: int

    def run(self, dataset: Dataset, progress: Callable[[int], None]) -> Tried:
        """Tries settings until so many trials are finished, and tells of each; the first is the base itself.

        Every window given may be learnt from and scored on. A killed search goes on where it stood, to the same trials
        as if it had never been killed: a trial that it died in is marked failed and tried again. Raises TrainingError
        where the study is damaged, in use, or of other data or settings.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        folds = folds_of(dataset, self.base)
        with self._study(_about(dataset, self.base)) as study:
            _fail_interrupted(study)
            while (done := _count(study, FINISHED)) < self.trials:
                progress(done)
                self._try(study, folds, done)
            progress(done)
            return self._tried(study)

    def _try(self, study: optuna.Study, folds: tuple[SearchFold, ...], done: int) -> None:
        if not any(BASE in trial.user_attrs for trial in _having(study, (*FINISHED, TrialState.WAITING))):
            study.enqueue_trial(search_space.point_of(self.base), user_attrs={BASE: True})
        # Seeded by what is finished: after an interruption the same is chosen again.
        study.sampler = TPESampler(seed=self.base.seed + done)
        study.optimize(lambda trial: self._loss(trial, folds), n_trials=1)

    def _loss(self, trial: optuna.Trial, folds: tuple[SearchFold, ...]) -> float:
        config = search_space.chosen(trial, self.base)
        losses, scores = np.empty(0), np.empty(0)
        for number, fold in enumerate(folds):
            found = fold.scores(config)
            losses, scores = np.append(losses, found.log_loss), np.append(scores, found.balanced_accuracy)
            trial.report(float(losses.mean()), number)
            if number + 1 < len(folds) and trial.should_prune():
                raise optuna.TrialPruned
        trial.set_user_attr(SCORE, float(scores.mean()))
        return float(losses.mean())

    def _tried(self, study: optuna.Study) -> Tried:
        best = study.best_trial
        (base,) = (trial for trial in _having(study, FINISHED) if BASE in trial.user_attrs)
        return Tried(
            trials=_count(study, FINISHED),
            pruned=_count(study, (TrialState.PRUNED,)),
            best=search_space.changed(self.base, best.params),
            log_loss=float(best.value),
            balanced_accuracy=best.user_attrs[SCORE],
            base_log_loss=float(base.value),
        )

    @contextmanager
    def _study(self, about: str) -> Iterator[optuna.Study]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as held:
            self._lock(held.fileno())
            try:
                study = self._opened()
                known = study.user_attrs.get(ABOUT)
                if known is None and not study.trials:
                    study.set_user_attr(ABOUT, about)
                elif known != about:
                    raise TrainingError(
                        f"study {self.file} was begun with other data or settings: choose another --study,"
                        " or delete the file to search anew"
                    )
                yield study
            except SQLAlchemyError as fault:
                raise self._damaged(str(fault)) from fault

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise TrainingError(
                f"study {self.file} is being searched already: wait, or choose another --study"
            ) from fault

    def _opened(self) -> optuna.Study:
        if not self.file.exists():
            with whole_file(self.file) as fresh:
                fresh.unlink(missing_ok=True)
                RDBStorage(address(fresh)).engine.dispose()
        if found := damage(self.file, table="trials"):
            raise self._damaged(found)
        return optuna.create_study(
            storage=RDBStorage(address(self.file)),
            study_name=self.file.stem,
            pruner=MedianPruner(n_startup_trials=5, n_warmup_steps=0),
            load_if_exists=True,
        )

    def _damaged(self, why: str) -> TrainingError:
        return TrainingError(
            f"study {self.file} is damaged ({why.splitlines()[0]}): put a copy of it back, or delete it to search anew"
        )


def _about(dataset: Dataset, base: TrainingConfig) -> str:
    """What every trial of a study has in common."""
    settings = sha256(repr((base, search_space.SPACE)).encode()).hexdigest()[:16]
    return f"data {dataset.data_hash()}, settings {settings}"


def _fail_interrupted(study: optuna.Study) -> None:
    for trial in _having(study, (TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _having(study: optuna.Study, states: tuple[TrialState, ...]) -> list[FrozenTrial]:
    found: list[FrozenTrial] = study.get_trials(deepcopy=False, states=states)
    return found


def _count(study: optuna.Study, states: tuple[TrialState, ...]) -> int:
    return len(_having(study, states))
