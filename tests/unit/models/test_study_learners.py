"""What is fitted in each fold."""

from dataclasses import replace

import numpy as np
import pytest

from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.prediction import Prediction
from models.ensemble.combining import voting
from models.ensemble.ensemble import raw_inputs
from models.ensemble.monte_carlo import monte_carlo
from models.ensemble.uncertainty import disagreement
from models.study.alarms import first_ends_ms
from models.study.learners import (
    Boosting,
    Doubting,
    ElapsedTime,
    Learner,
    Networks,
    RandomForest,
    WideForest,
    relative_inputs,
)
from models.training.settings import TrainingConfig
from models.training.train import TrainedEnsemble
from tests.unit.models.people import made_up


@pytest.mark.parametrize("learner", [RandomForest(), WideForest(), Boosting()], ids=lambda learner: learner.name)
def test_trees_take_missing_values_and_repeat_themselves(learner: Learner) -> None:
    data = made_up()
    train, held_out = data.of(("p0", "p1", "p2", "p3")), data.of(("p4", "p5"))
    told = learner.fit(train, seed=3)(held_out)
    assert told.shape == (len(held_out.label), 3)
    np.testing.assert_allclose(told.sum(axis=1), 1)
    assert (told.argmax(axis=1) == held_out.label).mean() > 0.6
    np.testing.assert_array_equal(told, learner.fit(train, seed=3)(held_out))


@pytest.mark.parametrize("learner", [RandomForest(), Boosting()], ids=lambda learner: learner.name)
def test_predictions_do_not_depend_on_labels_or_other_rows(learner: Learner) -> None:
    data = made_up()
    predict = learner.fit(data.of(("p0", "p1", "p2")), seed=3)
    held_out = data.of(("p4",))
    blank = replace(held_out, label=np.zeros_like(held_out.label))
    np.testing.assert_array_equal(predict(held_out), predict(blank))
    np.testing.assert_array_equal(predict(held_out)[:5], predict(held_out.rows(np.arange(5))))


def test_without_any_baseline_the_yardstick_reads_features_as_they_are() -> None:
    data = made_up()
    unknown = replace(data, baseline=np.full_like(data.baseline, np.nan))
    assert (RandomForest().fit(unknown, seed=3)(unknown).argmax(axis=1) == unknown.label).mean() > 0.9


def test_channels_that_never_measured_are_left_out_and_nothing_at_all_is_an_error() -> None:
    data = made_up()
    features = data.features.copy()
    features[:, 10:] = np.nan
    few = replace(data, features=features)
    assert np.isfinite(Boosting().fit(few, seed=3)(data)).all()
    none = replace(data, features=np.full_like(features, np.nan))
    with pytest.raises(TrainingError, match="no feature has a value in any training window"):
        Boosting().fit(none, seed=3)


def test_a_person_without_any_signal_still_gets_probabilities() -> None:
    data = made_up()
    silent = replace(data, features=np.full_like(data.features, np.nan))
    assert np.isfinite(Boosting().fit(data, seed=3)(silent)).all()


def test_elapsed_time_knows_nothing_else() -> None:
    data = made_up()
    predict = ElapsedTime(first_ends_ms(data)).fit(data, seed=3)
    other = replace(data, features=np.full_like(data.features, np.nan), window_end_ms=data.window_end_ms)
    np.testing.assert_array_equal(predict(data), predict(other))
    assert (predict(data).argmax(axis=1) == data.label).mean() > 0.9


def test_distances_need_a_baseline() -> None:
    data = made_up(people=3)
    inputs = relative_inputs(replace(data, baseline=np.full_like(data.baseline, np.nan)))
    assert np.isnan(inputs[:, data.features.shape[1] :]).all()
    np.testing.assert_array_equal(inputs[:, : data.features.shape[1]], data.features)


def test_networks_are_joined_by_others_of_the_people_given(monkeypatch: pytest.MonkeyPatch) -> None:
    from models.training import train as training

    data, seen = made_up(), []

    class Told:
        def predict(self, features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
            assert features.shape == baseline.shape
            return Prediction(np.full((len(features), 3), 1 / 3), np.full((len(features), 1, 3), 1 / 3))

    def fit(learning: Dataset, validation: Dataset, config: TrainingConfig, progress: object) -> Told:
        seen.append((set(learning.people), set(validation.people), config.seed))
        return Told()

    monkeypatch.setattr(training, "fit_ensemble", fit)
    told = Networks("small").fit(data.of(("p0", "p1", "p2", "p3", "p4")), seed=3)(data.of(("p5",)))
    assert told.shape == (24, 3)
    learning, validation, seed = seen[0]
    assert learning | validation == {"p0", "p1", "p2", "p3", "p4"}
    assert validation
    assert not learning & validation
    assert seed == 3


def test_networks_tell_their_doubts(monkeypatch: pytest.MonkeyPatch, trained: TrainedEnsemble) -> None:
    members = {name: trained.ensemble.members[name] for name in ("trees", "personal")}
    few = replace(trained.ensemble, members=members, combiner=voting(2))
    monkeypatch.setattr("models.training.train.fit_ensemble", lambda *_: few)
    predict, rows = Networks("small").fit(made_up(), seed=3), made_up(people=2, windows=6)
    assert isinstance(predict, Doubting)
    assert not isinstance(Boosting().fit(made_up(), seed=3), Doubting)
    found = predict.doubts(rows)
    assert set(found) == {"disagreement", "monte_carlo"}
    assert all(values.shape == (12,) for values in found.values())
    raw = few.predict(rows.features, rows.sequence, rows.baseline)
    np.testing.assert_array_equal(found["disagreement"], disagreement(raw.members))
    np.testing.assert_array_equal(found["monte_carlo"], monte_carlo(few, raw_inputs(rows), seed=3).information)
