"""What is fitted anew in every fold of an evaluation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from threadpoolctl import threadpool_limits

from models.core.arrays import Float32s, Floats
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.split import split_by_person
from models.ensemble.uncertainty import disagreement
from models.members.forest import TreesConfig, unfitted
from schemas.feature_table import FEATURE_INDEX

if TYPE_CHECKING:
    from models.ensemble.ensemble import Ensemble

Predict = Callable[[Dataset], Floats]


@runtime_checkable
class Doubting(Protocol):
    """What a `Predict` may be, too: one that can tell how unsure it is by more than its probabilities."""

    def doubts(self, rows: Dataset) -> dict[str, Floats]:
        """Measures of doubt (n,) by name; the greater the less sure."""


class Learner(Protocol):
    """Something that can be fitted. Whatever it measures, it measures on the rows given."""

    @property
    def name(self) -> str: ...

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        """Rows that show every label -> a function from rows to probabilities (n, K); it never reads their labels."""


def relative_inputs(rows: Dataset) -> Float32s:
    """(n, 176): each feature as it is, then its distance from the person's resting mean; NaN is missing.

    The distance is missing wherever the resting mean was not known yet.
    """
    return np.concatenate([rows.features, rows.features - rows.baseline], axis=1)


PLAIN: Final = (
    *("hr_mean", "hr_std", "hr_min", "hr_max", "hr_slope", "hrv_mean_nn", "hrv_sdnn", "hrv_rmssd"),
    *("eda_scl", "eda_scr_count", "eda_scr_amplitude_sum", "gsr_std", "gsr_slope"),
    *("temp_mean", "temp_std", "temp_slope", "acc_mag_std", "acc_energy"),
)
"""What most published models of such recordings are given."""


def plain_differences(rows: Dataset) -> Float32s:
    """(n, 18): the plain features' distances from the person's resting mean."""
    columns = [FEATURE_INDEX[name] for name in PLAIN]
    return rows.features[:, columns] - rows.baseline[:, columns]


def plain_values(rows: Dataset) -> Float32s:
    """(n, 18): the plain features as they are."""
    return rows.features[:, [FEATURE_INDEX[name] for name in PLAIN]]


@dataclass(frozen=True)
class RandomForest:
    """The yardstick: a random forest as scikit-learn sets it up, on plain features relative to the resting mean.

    As they are, where nobody it is fitted on has a resting mean.
    """

    name: str = "forest"

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        inputs_of = plain_differences if np.isfinite(train.baseline).any() else plain_values
        return _fitted(RandomForestClassifier(random_state=seed), train, inputs_of)


@dataclass(frozen=True)
class WideForest:
    """The same forest on all that boosting reads: what the inputs alone bring."""

    name: str = "wide_forest"

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        return _fitted(RandomForestClassifier(random_state=seed), train, relative_inputs)


@dataclass(frozen=True)
class Boosting:
    """Gradient boosting of small trees, as the ensemble's member is grown."""

    name: str = "boosting"

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        return _fitted(unfitted(TreesConfig(), seed=seed), train, relative_inputs)


@dataclass(frozen=True)
class ElapsedTime:
    """Knows nothing but how long ago the person's first window was: what the order of a protocol alone gives away."""

    first_ms: Mapping[str, int]
    """End of each person's first window."""
    name: str = "elapsed_time"

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        return _fitted(unfitted(TreesConfig(), seed=seed), train, self._minutes)

    def _minutes(self, rows: Dataset) -> Float32s:
        first_ms = np.array([self.first_ms[str(person)] for person in rows.person])
        return np.asarray((rows.window_end_ms - first_ms)[:, None] / 60_000, dtype=np.float32)


@dataclass(frozen=True)
class Networks:
    """The ensemble of member networks; who stops and calibrates it is taken from the people it is fitted on."""

    preset: str
    name: str = "ensemble"

    def fit(self, train: Dataset, *, seed: int) -> "_Reading":
        from models.training.settings import TRAINING_PRESETS
        from models.training.train import fit_ensemble

        config = replace(TRAINING_PRESETS[self.preset], seed=seed)
        learning, validation = self.people(train, seed=seed)
        return _Reading(fit_ensemble(learning, validation, config, lambda step: None), seed)

    def people(self, train: Dataset, *, seed: int) -> tuple[Dataset, Dataset]:
        """Rows of those who learn, and of those who stop and calibrate, of people none of whom will be predicted."""
        from models.training.settings import TRAINING_PRESETS

        share = TRAINING_PRESETS[self.preset].validation_share
        # The split's test person may learn, too.
        split = split_by_person(train, validation_share=share, test_share=1 / len(train.people), seed=seed)
        return train.of(split.train + split.test).ordered(), train.of(split.validation).ordered()


@dataclass(frozen=True)
class _Reading:
    """A fitted ensemble that reads people."""

    ensemble: "Ensemble"
    seed: int

    def __call__(self, rows: Dataset) -> Floats:
        answer = self.ensemble.predict(rows.features, rows.sequence, rows.baseline)
        return np.asarray(answer.probabilities, dtype=np.float64)

    def doubts(self, rows: Dataset) -> dict[str, Floats]:
        from models.ensemble.ensemble import raw_inputs
        from models.ensemble.monte_carlo import monte_carlo

        raw = raw_inputs(rows)
        return {
            "disagreement": disagreement(self.ensemble.answers(raw)),
            "monte_carlo": monte_carlo(self.ensemble, raw, seed=self.seed).information,
        }


def _fitted(model: Any, train: Dataset, inputs_of: Callable[[Dataset], Float32s]) -> Predict:  # noqa: ANN401
    """Columns without any value in training are left out: no tree can have learnt from them."""
    values = inputs_of(train)
    known = np.isfinite(values).any(axis=0)
    if not known.any():
        raise TrainingError("evaluation: no feature has a value in any training window; check the recordings' channels")
    # More threads than free cores make boosting crawl.
    with threadpool_limits(1):
        model.fit(values[:, known], train.label)

    def predict(rows: Dataset) -> Floats:
        with threadpool_limits(1):
            return np.asarray(model.predict_proba(inputs_of(rows)[:, known]), dtype=np.float64)

    return predict
