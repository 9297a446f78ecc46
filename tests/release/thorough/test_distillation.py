from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.bundle.packing import save, version
from models.bundle.predictor import Predictor
from models.core.dataset import Dataset
from models.core.errors import BundleError, TrainingError
from models.core.prediction import Prediction
from models.core.progress import Progress
from models.distillation.distil import DistillationConfig, distil, fit_student
from models.ensemble.ensemble import Ensemble
from models.training.train import TrainedEnsemble
from tests.unit.models.people import made_up
from tests.unit.models.students import QUICK

PEOPLE = made_up()


@pytest.fixture(scope="module")
def heard() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def student(predictor: Predictor, heard: list[Progress]) -> TrainedEnsemble:
    return distil(PEOPLE, predictor, QUICK, heard.append)


@pytest.fixture(scope="module")
def loaded(student: TrainedEnsemble, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("students") / "student"
    save(student, folder, name="pupil")
    return Predictor.load(folder)


def test_a_student_is_an_ordinary_bundle_of_one_member(
    student: TrainedEnsemble, predictor: Predictor, loaded: Predictor
) -> None:
    manifest = loaded.manifest
    assert manifest.member_names == ("student",)
    assert manifest.distilled_from == predictor.manifest.version
    assert (manifest.labels, manifest.data_hash) == (predictor.manifest.labels, predictor.manifest.data_hash)
    given = loaded.predict(PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline)
    expected = student.ensemble.predict(PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline)
    np.testing.assert_allclose(given.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(given.members, expected.members, atol=1e-6)
    for value in (np.nan, np.inf, -3e38):
        anything = np.full_like(PEOPLE.features[:3], value)
        assert np.isfinite(loaded.predict(anything, PEOPLE.sequence[:3], -anything).probabilities).all()


@pytest.mark.parametrize("rows", [1, 17, 127, 128, 129])
def test_its_answers_are_the_same_to_the_last_bit_in_any_company(loaded: Predictor, rows: int) -> None:
    others = np.resize(np.arange(len(PEOPLE.label)), rows)
    alone = loaded.predict(PEOPLE.features[:1], PEOPLE.sequence[:1], PEOPLE.baseline[:1])
    others[:-1] = others[:-1][::-1]
    others[-1] = 0
    among = loaded.predict(PEOPLE.features[others], PEOPLE.sequence[others], PEOPLE.baseline[others])
    np.testing.assert_array_equal(among.probabilities[-1], alone.probabilities[0])


def test_it_reads_no_sequence(student: TrainedEnsemble) -> None:
    with_, without = (
        student.ensemble.predict(PEOPLE.features, sequence, PEOPLE.baseline).probabilities
        for sequence in (PEOPLE.sequence, np.full_like(PEOPLE.sequence, np.nan))
    )
    np.testing.assert_array_equal(with_, without)
    assert set(student.channels) == {"hr", "ibi", "hrv", "gsr", "temp"} | {
        f"{sensor}_{axis}" for sensor in ("acc", "gyro") for axis in "xyz"
    }


def test_it_is_reported_on_the_teachers_test_people_beside_the_teacher(
    student: TrainedEnsemble, predictor: Predictor
) -> None:
    its = predictor.manifest.metrics
    assert student.report["people"] == its["people"]
    assert student.report["windows"] == its["windows"]
    teacher = student.report["teacher"]
    assert teacher["version"] == predictor.manifest.version
    assert teacher["balanced_accuracy"] == pytest.approx(its["ensemble"]["balanced_accuracy"])
    gained = student.report["ensemble"]["balanced_accuracy"] - teacher["balanced_accuracy"]
    better = teacher["student_better_by"]["balanced_accuracy"]
    assert better["value"] == pytest.approx(gained)
    assert better["low"] <= better["value"] <= better["high"]


def test_every_epoch_is_told(student: TrainedEnsemble, heard: list[Progress]) -> None:
    assert [(step.member, step.epoch, step.of) for step in heard] == [("student", k, 6) for k in range(1, 7)]
    assert heard[-1].loss < heard[0].loss


def test_shuffled_rows_make_the_same_student(student: TrainedEnsemble, predictor: Predictor) -> None:
    shuffled = PEOPLE.rows(np.random.default_rng(3).permutation(len(PEOPLE.label)))
    again = distil(shuffled, predictor, QUICK, lambda step: None)
    assert version(again, again.ensemble) == version(student, student.ensemble)
    other = distil(shuffled, predictor, replace(QUICK, seed=8), lambda step: None)
    assert version(other, other.ensemble) != version(student, student.ensemble)


class Stubborn:
    """Answers the same whatever it is asked, and remembers what that was."""

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def __call__(self, features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
        self.asked.append(features)
        assert np.isnan(baseline).all(axis=1).any()
        answer = np.tile(np.float32([0.7, 0.2, 0.1]), (len(features), 1))
        return Prediction(answer, answer[:, None])


def test_the_teacher_is_believed_and_asked_of_training_people_alone() -> None:
    teach = Stubborn()
    learning, validation = PEOPLE.of(("p0", "p1", "p2")), PEOPLE.of(("p3",))
    config = replace(QUICK, label_share=0.0)
    told = fit_student(learning, validation, teach, config, lambda step: None).predict(
        PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline
    )
    np.testing.assert_allclose(told.members[:, 0].mean(axis=0), [0.7, 0.2, 0.1], atol=0.05)
    own = set(learning.features[np.isfinite(learning.features)].tolist())
    people, made = teach.asked
    assert set(people[np.isfinite(people)].tolist()) <= own
    assert np.nanmin(made) >= min(own)
    assert np.nanmax(made) <= max(own)


def test_labels_count_beside_the_teacher() -> None:
    learning, validation = PEOPLE.of(("p0", "p1", "p2")), PEOPLE.of(("p3",))
    believing, doubting = (
        fit_student(learning, validation, Stubborn(), replace(QUICK, label_share=share), lambda step: None)
        for share in (0.0, 0.8)
    )
    rows = (learning.features, learning.sequence, learning.baseline)
    each = [
        taught.predict(*rows).members[np.arange(len(learning.label)), 0, learning.label]
        for taught in (believing, doubting)
    ]
    assert each[1].mean() > each[0].mean() + 0.1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: rows.rows(rows.person != "p2"), "learnt from p2, who have no windows here"),
        (
            lambda rows: replace(rows, label_names=("calm", "stress", "joy")),
            "knows calm, stress, exercise, the",
        ),
        (lambda rows: replace(rows, features=rows.features + 1), "was trained on data .*, these windows are data"),
        (lambda rows: replace(rows, label=rows.label[::-1].copy()), "was trained on data .*, these windows are data"),
    ],
)
def test_other_data_than_the_teachers_is_refused(
    predictor: Predictor, spoil: Callable[[Dataset], Dataset], message: str
) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        distil(spoil(PEOPLE), predictor, QUICK, pytest.fail)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("people", [None, {"train": ["p0"]}, {"train": [], "validation": ["p1"], "test": ["p2"]}])
def test_a_teacher_that_does_not_say_who_trained_it_is_refused(predictor: Predictor, people: object) -> None:
    silent = predictor.manifest.model_copy(update={"metrics": {"people": people}})
    with pytest.raises(BundleError, match=r"does not say who trained it, .*: train it again"):
        distil(PEOPLE, replace(predictor, manifest=silent), QUICK, pytest.fail)


def test_people_of_one_label_teach_nothing() -> None:
    calm = PEOPLE.rows(PEOPLE.label == 0)
    with pytest.raises(TrainingError, match="all windows of the training people are calm: label more people"):
        fit_student(calm, PEOPLE, Stubborn(), QUICK, pytest.fail)


@pytest.mark.parametrize(
    ("field", "value"), [("label_share", 1.0), ("unknown_baselines", -0.1), ("label_share", np.nan)]
)
def test_settings_that_cannot_be_are_named(field: str, value: float) -> None:
    with pytest.raises(TrainingError, match=field):
        DistillationConfig(**{field: value})


def test_only_the_teachers_training_people_teach_and_its_validation_people_calibrate(
    student: TrainedEnsemble, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Dataset] = []

    def fit(learning: Dataset, validation: Dataset, *_: object) -> Ensemble:
        seen.extend([learning, validation])
        return student.ensemble

    monkeypatch.setattr("models.distillation.distil.fit_student", fit)
    report = distil(PEOPLE, predictor, QUICK, pytest.fail).report
    people = predictor.manifest.metrics["people"]
    assert [list(rows.people) for rows in seen] == [people["train"], people["validation"]]
    assert report["windows_before_baseline"] == 0


def test_it_abstains_at_the_teachers_stated_risk(predictor: Predictor) -> None:
    wary = replace(predictor, manifest=predictor.manifest.model_copy(update={"stated_risk": 0.5}))
    student = distil(PEOPLE, wary, QUICK, lambda step: None)
    assert student.abstention.stated_risk == 0.5
    assert student.report["abstention"]["min_confidence"] == student.abstention.min_confidence > 0
