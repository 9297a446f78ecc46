"""A search finds better settings, never reads who is to be unseen, and survives being killed."""

import fcntl
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from models.core.arrays import Floats
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.search import folds as search_folds
from models.search import space as search_space
from models.search.folds import SEARCHED, Scores, SearchFold, folds_of
from models.search.search import Search, Tried
from models.search.space import SPACE, Range, changed, point_of
from models.training.settings import TRAINING_PRESETS, TrainingConfig
from tests.unit.models.people import TINY, made_up

LITTLE = {"label_balance": Range(0.0, 1.0), "trees.l2": Range(0.1, 50.0, log=True), "trees.leaves": Range(2, 9)}
BEST_BALANCE = 0.8


@dataclass(frozen=True)
class Known:
    """A fold that needs no training: the nearer the label balance to one value, the better."""

    number: int
    before: Callable[[], None]

    def scores(self, config: TrainingConfig) -> Scores:
        self.before()
        loss = abs(config.label_balance - BEST_BALANCE) + 0.1 * self.number
        return Scores(np.array([loss]), np.array([1 - loss]))


@pytest.fixture
def tells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for each fold scored; the space is little and folds need no training."""
    seen: list[int] = []
    folds = tuple(Known(number, lambda: seen.append(1)) for number in range(3))
    monkeypatch.setattr("models.search.search.folds_of", lambda dataset, config: folds)
    monkeypatch.setattr(search_space, "SPACE", LITTLE)
    return seen


def run(file: Path, trials: int, dataset: Dataset | None = None, base: TrainingConfig = TINY) -> Tried:
    return Search(file, base, trials).run(dataset or made_up(), lambda done: None)


def trials(file: Path) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name=file.stem, storage=f"sqlite:///{file}").trials


def points(file: Path) -> list[tuple[dict[str, float], str]]:
    return [(each.params, each.state.name) for each in trials(file) if each.state.name != "FAIL"]


@pytest.mark.usefixtures("tells")
def test_the_best_is_kept_and_no_worse_than_the_base(tmp_path: Path) -> None:
    told: list[int] = []
    file = tmp_path / "eqm.db"
    tried = Search(file, TINY, 8).run(made_up(), told.append)
    assert told == list(range(9))
    assert tried.trials == 8
    assert trials(file)[0].params == point_of(TINY)
    assert tried.base_log_loss == pytest.approx(abs(TINY.label_balance - BEST_BALANCE) + 0.1)
    assert tried.log_loss == min(each.value for each in trials(file) if each.value is not None and each.state == 1)
    assert tried.log_loss < tried.base_log_loss
    assert abs(tried.best.label_balance - BEST_BALANCE) < abs(TINY.label_balance - BEST_BALANCE)
    assert replace(tried.best, label_balance=0.5, trees=TINY.trees) == TINY


def test_hopeless_trials_are_pruned(tmp_path: Path, tells: list[int]) -> None:
    tried = run(tmp_path / "eqm.db", 12)
    assert 0 < tried.pruned < 7
    assert len(tells) == 12 * 3 - tried.pruned * 2


@pytest.mark.usefixtures("tells")
def test_trials_are_counted_over_runs_and_the_same_as_in_one(tmp_path: Path) -> None:
    halves, whole = tmp_path / "halves.db", tmp_path / "whole.db"
    run(halves, 5)
    run(halves, 12)
    run(halves, 3)
    assert len(trials(halves)) == 12
    run(whole, 12)
    assert points(halves) == points(whole)


def killed(file: Path, monkeypatch: pytest.MonkeyPatch, *, at: int) -> None:
    """In a child process: SIGKILL while the fold of that number, over all trials, is being scored."""
    child = os.fork()
    if not child:
        scored: list[int] = []

        def die() -> None:
            scored.append(1)
            if len(scored) == at:
                os.kill(os.getpid(), signal.SIGKILL)

        folds = tuple(Known(number, die) for number in range(3))
        monkeypatch.setattr("models.search.search.folds_of", lambda dataset, config: folds)
        try:
            run(file, 7)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.usefixtures("tells")
@pytest.mark.parametrize("at", [2, 14])
def test_a_killed_search_goes_on_to_the_same_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    file, whole = tmp_path / "killed.db", tmp_path / "whole.db"
    killed(file, monkeypatch, at=at)
    before = trials(file)
    assert [each.state.name for each in before[-1:]] == ["RUNNING"]
    finished = before[:-1]
    assert len(finished) == (at - 1) // 3
    tried = run(file, 7)
    after = trials(file)
    assert [each.value for each in after[: len(finished)]] == [each.value for each in finished]
    assert after[len(finished)].state.name == "FAIL"
    assert after[len(finished) + 1].params == before[-1].params
    assert tried == run(whole, 7)
    assert points(file) == points(whole)


@pytest.mark.usefixtures("tells")
def test_a_stopped_search_goes_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, whole = tmp_path / "stopped.db", tmp_path / "whole.db"
    with monkeypatch.context() as patch:

        def stopped(trial: object, folds: object) -> float:
            raise KeyboardInterrupt

        patch.setattr(Search, "_loss", lambda self, trial, folds: stopped(trial, folds))
        with pytest.raises(KeyboardInterrupt):
            run(file, 3)
    run(file, 3)
    run(whole, 3)
    assert points(file) == points(whole)


@pytest.mark.usefixtures("tells")
def test_other_data_or_settings_are_refused_under_the_same_name(tmp_path: Path) -> None:
    run(tmp_path / "eqm.db", 2)
    for dataset, base in ((made_up(seed=2), TINY), (made_up(), replace(TINY, seed=8))):
        with pytest.raises(TrainingError, match=r"eqm\.db was begun with other data or settings: choose another --stu"):
            run(tmp_path / "eqm.db", 4, dataset, base)
    assert len(trials(tmp_path / "eqm.db")) == 2


@pytest.mark.usefixtures("tells")
def test_a_damaged_study_is_said(tmp_path: Path) -> None:
    file = tmp_path / "eqm.db"
    run(file, 2)
    whole = file.read_bytes()
    for content in (b"", b"nothing", whole[: len(whole) // 2]):
        file.write_bytes(content)
        with pytest.raises(TrainingError, match=r"eqm\.db is damaged \(.+\): put a copy of it back, or delete it"):
            run(file, 4)
        assert file.read_bytes() == content


@pytest.mark.usefixtures("tells")
def test_a_study_is_searched_by_one_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "eqm.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(TrainingError, match=r"eqm\.db is being searched already: wait, or choose another --study"):
            run(tmp_path / "eqm.db", 2)


@pytest.mark.parametrize("preset", TRAINING_PRESETS)
def test_every_preset_lies_within_the_space(preset: str) -> None:
    base = TRAINING_PRESETS[preset]
    for name, value in point_of(base).items():
        assert SPACE[name].low <= value <= SPACE[name].high, name
    assert changed(base, point_of(base)) == base
    # Who stops it would be who is scored.
    assert base.recipes.personal.patience is None


def test_both_ends_of_the_space_are_settings_that_can_be() -> None:
    for end in ("low", "high"):
        ends = {name: getattr(each, end) for name, each in SPACE.items()}
        assert point_of(changed(TrainingConfig(), ends)) == ends


def test_everybody_is_scored_once_by_what_others_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[Dataset] = []
    made = SearchFold.of.__func__

    def watched(kind: type[SearchFold], learning: Dataset, rows: Dataset, config: TrainingConfig) -> SearchFold:
        learnt.append(learning)
        return made(kind, learning, rows, config)

    monkeypatch.setattr(SearchFold, "of", classmethod(watched))
    dataset = made_up()
    folds = folds_of(dataset, TINY)
    assert sorted(person for fold in folds for person in fold.rows.people) == list(dataset.people)
    for fold, learning in zip(folds, learnt, strict=True):
        assert set(learning.people) == set(dataset.people) - set(fold.rows.people)


def test_scores_are_honest_and_repeat_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_folds, "FOLDS", 2)
    config = changed(TINY, {"trees.iterations": 20, "recipes.personal.epochs": 1})
    one, other = (folds_of(made_up(), config)[0].scores(config) for _ in range(2))
    np.testing.assert_array_equal(one.log_loss, other.log_loss)
    assert one.balanced_accuracy.mean() > 0.7
    shuffled = made_up()
    blind = replace(shuffled, label=np.random.default_rng(3).permutation(shuffled.label))
    chance = folds_of(blind, config)[0].scores(config)
    assert chance.log_loss.mean() > 0.95 * np.log(3)
    assert chance.balanced_accuracy.mean() < 0.5
    assert SEARCHED == ("trees", "personal")


def test_half_of_the_people_scored_calibrate_for_the_others() -> None:
    rows = made_up(people=4)
    sure: Floats = np.full((len(rows.label), 3), 0.01)
    sure[np.arange(len(sure)), rows.label] = 0.98
    wrong = np.isin(rows.person, ("p0", "p2"))
    sure[wrong] = np.roll(sure[wrong], 1, axis=1)
    found = search_folds._calibrated_crosswise(sure, rows)
    # Whoever is read wrongly was calibrated by those who are read rightly, and the other way round.
    assert found[wrong].max(axis=1).min() > found[~wrong].max(axis=1).max()
    np.testing.assert_array_equal(search_folds._calibrated_crosswise(sure[:24], rows.of(("p0",))), sure[:24])


def test_too_few_people_or_a_label_of_one_person_are_said() -> None:
    with pytest.raises(TrainingError, match="search: only p0 may learn and validate; at least two people are needed"):
        folds_of(made_up().of(("p0",)), TINY)
    dataset = made_up()
    rare = dataset.rows((dataset.label != 2) | (dataset.person == "p5"))
    with pytest.raises(TrainingError, match=r"search: without .*p5.* nobody is labelled exercise: label more people"):
        folds_of(rare, TINY)
