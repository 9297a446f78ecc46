"""`eqm train`: its flags, and what it leaves behind."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from models.core.errors import TrainingError
from models.datasets.split import Split
from models.training.settings import TRAINING_PRESETS
from models.training.train import Folders, Progress
from pipelines.cli.main import main, parser
from pipelines.datasets.training_windows import LabelledWindows, labelled_windows
from pipelines.training.train import TrainingOrder, configured, train_bundle
from schemas.records import Label
from schemas.windows import PHASES, user_phase_ms
from tests.unit.batch import history
from tests.unit.models.people import TINY, made_up

SPLIT = Split(("p0", "p1", "p2"), ("p3",), ("p4", "p5"))
FOUND = LabelledWindows(made_up(), 0, SPLIT)
CONFIG = replace(TINY, combination="voting")


@pytest.fixture(autouse=True)
def two_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.train.MEMBERS", ("trees", "fusion"))


def given(*flags: str) -> Namespace:
    return parser().parse_args(["train", *flags])


def test_training_runs_in_the_environment_of_all_that_learns() -> None:
    assert given().environment == "batch"


def test_a_file_wins_over_the_preset_and_a_flag_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "training.toml").write_text("seed = 3\nstated_risk = 0.3\n")
    small = TRAINING_PRESETS["small"]
    assert configured("small", None, seed=None, risk=None) == small
    config = configured("small", tmp_path / "training.toml", seed=0, risk=None)
    assert (config.seed, config.stated_risk, config.recipes) == (0, 0.3, small.recipes)
    assert configured("small", None, seed=None, risk=0.1).stated_risk == 0.1


def test_bad_settings_stop_the_command_before_any_window_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "training.toml").write_text("[recipes.cnn]\nepoch = 3\n")
    assert main(["--home", str(tmp_path), "train", "--config", str(tmp_path / "training.toml")]) == 1
    assert capsys.readouterr().err == (
        f"eqm: {tmp_path}/training.toml: recipes.cnn.epoch is no setting; did you mean epochs?\n"
    )


def label(user: str, name: str, start_s: int, end_s: int) -> Label:
    start_ms, end_ms = history.START_MS + 1000 * start_s, history.START_MS + 1000 * end_s
    return Label(user_id=user, label=name, start_ms=start_ms, end_ms=end_ms, source="protocol")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes of two people."""
    folder = tmp_path_factory.mktemp("home") / "archive"
    history.write_archive(folder, history.people(2))
    return folder


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_short_label_is_no_longer_for_being_repeated(archive: Path, times: int) -> None:
    labels = {"sim-000": [label("sim-000", "calm", 0, 240)], "sim-001": [label("sim-001", "stress", 60, 85)] * times}
    found = labelled_windows(archive, labels, PHASES, lambda done, total: None)
    assert set(found.dataset.person) == {"sim-000"}
    assert found.contradicted == 0


def _touching(user: str) -> int:
    """Windows of every second hop that touch the seconds 100 to 120, which both labels claim."""
    starts_s = (start_s + user_phase_ms(user, PHASES) / 1000 for start_s in range(-70, 240, 10))
    return sum(start_s + 60 > 100 and start_s < 120 for start_s in starts_s)


def test_windows_of_contradictory_labels_are_counted_and_said(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"sim-000": [label("sim-000", "calm", 0, 120), label("sim-000", "stress", 100, 240)]}
    found = labelled_windows(archive, labels, PHASES, lambda done, total: None)
    assert found.contradicted == _touching("sim-000")
    monkeypatch.setattr("pipelines.training.train.archived_windows", lambda *_: replace(FOUND, contradicted=1234))
    monkeypatch.setattr("pipelines.training.registry.people_of_champion", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["train"])
    assert "because labels contradict each other there: 1,234" in capsys.readouterr().out


def order(folder: Path) -> TrainingOrder:
    folders = Folders(checkpoints=folder / "checkpoints", logs=folder / "logs")
    return TrainingOrder(CONFIG, folder / "bundle", "tiny", folders=folders)


def stop_at(member: str) -> Callable[[Progress], None]:
    def tell(step: Progress) -> None:
        if step.member == member:
            raise KeyboardInterrupt

    return tell


# Keras reads the learning rate of an optimizer as NumPy 2 would rather not have it.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_checkpoints_last_until_the_bundle_is_written_and_logs_stay(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_bundle(FOUND, order(tmp_path), stop_at("fusion"))
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == [
        "fusion.checkpoint",
        "training.json",
        "trees.checkpoint",
    ]
    manifest = train_bundle(FOUND, order(tmp_path), lambda step: None)
    assert manifest.metrics["people"]["test"] == list(SPLIT.test)
    assert manifest.member_names == ("trees", "fusion")
    assert not (tmp_path / "checkpoints").exists()
    for part in ("train", "validation"):
        log = EventAccumulator(str(tmp_path / "logs" / "fusion" / part)).Reload()
        assert "epoch_loss" in log.Tags()["tensors"]


def test_whoever_is_held_out_stays_so_in_a_built_set(tmp_path: Path) -> None:
    order = TrainingOrder(CONFIG, tmp_path / "bundle", "tiny", held_out=("p0",))
    with pytest.raises(TrainingError, match="p0 must stay unseen"):
        train_bundle(FOUND, order, lambda step: None)
    assert not (tmp_path / "bundle").exists()
