"""A dry run writes nothing and disturbs nothing; a command that is refused leaves nothing behind."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from feature_repo.store import apply
from pipelines.batch import ingest
from pipelines.batch.nightly import INGESTED, folder_of, only_one
from pipelines.cli.main import main
from pipelines.core.settings import Settings
from pipelines.replay.messages import in_event_time
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY

DAYS = ("--from", FIRST_DAY, "--to", SECOND_DAY)
PEOPLE = history.people(2)
Snapshot = dict[str, tuple[int, int, str]]


def snapshot(folder: Path) -> Snapshot:
    """Every file and folder: size, when it was changed, and a hash of what is in it."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        state = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (state.st_size, state.st_mtime_ns, content)
    return found


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with an archive and streamed rows; temporary files go elsewhere, where Beam leaves some of its own."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    found = Settings(home=tmp_path / "home")
    history.write_archive(found.archive_folder, PEOPLE)
    history.write_streamed(found.features_folder, found.archive_folder)
    return found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "people.jsonl"
    file.write_bytes(b"\n".join(value for *_, value in in_event_time(PEOPLE)) + b"\n")
    return file


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The readings topic holds both people's readings in one partition."""
    held = [(user.encode(), value) for user, _, _, value in in_event_time(PEOPLE)]

    def messages(_: str, __: str, chunk: ingest.OffsetChunk) -> Iterator[SimpleNamespace]:
        for offset in range(chunk.first, chunk.end):
            key, value = held[offset]
            yield SimpleNamespace(key=key, value=value, partition=0, offset=offset, timestamp=1_800_000_000_000)

    monkeypatch.setattr(ingest, "messages", messages)
    monkeypatch.setattr(ingest, "held_offsets", lambda *_: {0: (0, len(held))})


@pytest.fixture(params=["archive", "recordings", "topic", "offsets"])
def source(request: pytest.FixtureRequest, settings: Settings, recording: Path, broker: None) -> list[str]:
    """Every kind of source, as users name it."""
    return {
        "archive": ["--archive", str(settings.archive_folder)],
        "recordings": ["--recordings", str(recording)],
        "topic": ["--topic"],
        "offsets": ["--topic", "--offsets", "0:0-50"],
    }[request.param]


def dry_run(settings: Settings, source: list[str]) -> int:
    return main(["--home", str(settings.home), "backfill", *source, *DAYS, "--dry-run", "--json"])


def test_a_dry_run_writes_nothing(settings: Settings, source: list[str], tmp_path: Path) -> None:
    before = snapshot(settings.home)
    assert dry_run(settings, source) == 0
    assert snapshot(settings.home) == before
    assert not list((tmp_path / "temporary").glob("eqm-*"))


def test_a_dry_run_does_not_disturb_a_running_backfill(settings: Settings, source: list[str]) -> None:
    folder = folder_of(settings)
    with only_one(folder / "lock"):
        half_made = folder / INGESTED / f"day={FIRST_DAY}" / "part-00000-0000"
        half_made.parent.mkdir(parents=True)
        half_made.write_bytes(b"half of it")
        staged = settings.features_folder / f"day={FIRST_DAY}" / ".staging-0123456789abcdef"
        staged.mkdir()
        before = snapshot(settings.home)
        assert dry_run(settings, source) == 0
        assert snapshot(settings.home) == before


def test_a_dry_run_knows_what_a_backfill_of_the_same_recordings_has_done(
    settings: Settings, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply("local", settings.feast_folder)
    source = ["--recordings", str(recording)]
    assert main(["--home", str(settings.home), "backfill", *source, *DAYS, "--json"]) == 0
    capsys.readouterr()
    assert dry_run(settings, source) == 0
    planned = json.loads(capsys.readouterr().out)
    assert [day["state"] for day in planned["days"]] == ["unchanged", "unchanged"]


def test_a_dry_run_makes_no_home(tmp_path: Path, recording: Path) -> None:
    home = Settings(home=tmp_path / "nowhere" / "home")
    assert dry_run(home, ["--recordings", str(recording)]) == 0
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("source", [["--recordings", "PLACE/none"], ["--archive", "PLACE/none"]])
def test_a_dry_run_that_fails_leaves_nothing(settings: Settings, tmp_path: Path, source: list[str]) -> None:
    before = snapshot(settings.home)
    assert dry_run(settings, [each.replace("PLACE", str(tmp_path)) for each in source]) == 1
    assert snapshot(settings.home) == before
    assert not list((tmp_path / "temporary").glob("eqm-*"))


@pytest.mark.parametrize(
    "command",
    [
        ["parity", "--from", "2020-01-01", "--to", "2020-01-02"],
        ["parity", *DAYS, "--archive", "PLACE/none"],
        ["parity", "--from", "2020-01-01", "--to", "2020-01-02", "--output", "PLACE/none/below"],
        ["models", "list"],
        ["models", "show", "1"],
        ["models", "promote", "1"],
        ["models", "rollback"],
        ["enrol", "ann", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-01T00:10:00Z"],
        ["features", "ann"],
        ["down"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_looks_or_is_refused_leaves_nothing(settings: Settings, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    main(["--home", str(settings.home), *(each.replace("PLACE", str(tmp_path)) for each in command)])
    after = snapshot(tmp_path)
    assert set(after) == set(before)
    assert {name: after[name] for name in after if (tmp_path / name).is_file()} == {
        name: before[name] for name in before if (tmp_path / name).is_file()
    }
