"""Everybody whom a file labels enrolled in one go: what each gets, who is left out and why, and that all read once."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_repo.columns import EVENT_TIMESTAMP, USER_BASELINE
from feature_repo.online import read_newest
from feature_repo.partitions import files
from feature_repo.store import apply, open_store
from pipelines.baselines import enrolment
from pipelines.baselines.enrolment import STRETCH_MS, Period, Periods, enrol, enrol_all
from pipelines.baselines.rest_periods import periods, resting_by_block, resting_by_state
from pipelines.cli.main import main
from pipelines.core.errors import InputError
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import accepted, to_samples
from schemas.feature_table import FEATURE_NAMES
from schemas.records import Label
from schemas.windows import PHASES, WINDOW_MS, user_phase_ms
from tests.unit.batch import history

PEOPLE = history.people(3, seconds=600)
ONE, TWO, THREE = (person.user_id for person in PEOPLE)
NOW_MS = history.START_MS + 86_400_000
S = 1000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    history.write_archive(home / "archive", PEOPLE)
    apply("local", home / "feast")
    return home


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    """A home of its own feature store, and everybody's archive."""
    (tmp_path / "archive").symlink_to(made / "archive")
    apply("local", tmp_path / "feast")
    return Settings(home=tmp_path)


def of(from_s: float, to_s: float) -> Period:
    """Seconds after the first reading."""
    return Period(history.START_MS + round(from_s * S), history.START_MS + round(to_s * S))


def in_all(user: str, mine: Periods) -> np.ndarray:
    """Features of all windows that lie in one of the periods, from all windows of the recording."""
    person = next(each for each in PEOPLE if each.user_id == user)
    formed = windows(to_samples(accepted(person)), user_phase_ms(user, PHASES))
    found = compute_windows(formed.window_start_ms, formed.samples, formed.offsets).features
    inside = np.zeros(len(found), dtype=bool)
    for each in mine:
        inside |= (formed.window_start_ms >= each.from_ms) & (formed.window_start_ms + WINDOW_MS <= each.to_ms)
    return found[inside]


def rows(settings: Settings) -> dict[str, dict[str, object]]:
    tables = [pq.read_table(file) for file in files(settings.feast_folder / "offline" / USER_BASELINE)]
    return {row["user_id"]: row for table in tables for row in table.to_pylist()}


def quiet(done: int, total: int) -> None:
    """Nobody looks."""


def test_each_gets_the_baseline_of_all_windows_of_all_periods(settings: Settings) -> None:
    resting = {ONE: [of(0, 200), of(300, 500)], TWO: [of(103, 400)], THREE: [of(0, 100), of(100.5, 200), of(250, 600)]}
    done = enrol_all(settings, resting, quiet, now_ms=NOW_MS)
    assert [each.user_id for each in done.enrolled] == [ONE, TWO, THREE]
    assert done.left_out == {}
    written = rows(settings)
    online = read_newest(open_store("local", settings.feast_folder), USER_BASELINE, [ONE, TWO, THREE])
    for each, row in zip(done.enrolled, online, strict=True):
        mine = resting[each.user_id]
        features = in_all(each.user_id, mine)
        phase_ms = user_phase_ms(each.user_id, PHASES)
        of_periods = sum(period.windows(phase_ms) for period in mine)
        assert each.windows == each.windows_of_period == len(features) == of_periods
        assert (each.periods, each.from_ms, each.to_ms) == (len(mine), mine[0].from_ms, mine[-1].to_ms)
        stored = written[each.user_id]
        assert stored["baseline_windows"] == len(features)
        assert stored[EVENT_TIMESTAMP].timestamp() * 1000 == pytest.approx(mine[-1].to_ms)
        for index, name in enumerate(FEATURE_NAMES):
            known = features[:, index][~np.isnan(features[:, index])]
            mean = known.mean() if len(known) else np.nan
            assert stored[f"baseline_mean_{name}"] == pytest.approx(mean, rel=1e-12, abs=1e-12, nan_ok=True)
        assert row is not None
        assert row.event_timestamp_ms == mine[-1].to_ms


def test_in_one_go_is_as_one_by_one(settings: Settings, made: Path, tmp_path: Path) -> None:
    resting = {user: [of(10 * place, 300 + 7 * place)] for place, user in enumerate((ONE, TWO, THREE))}
    together = enrol_all(settings, resting, quiet, now_ms=NOW_MS)
    contents = {Path(each.file): Path(each.file).read_bytes() for each in together.enrolled}
    alone = [enrol(settings, user, mine[0], now_ms=NOW_MS) for user, mine in resting.items()]
    assert alone == list(together.enrolled)
    assert {file: file.read_bytes() for file in contents} == contents


def test_the_archive_is_read_once_a_stretch_whoever_rests_in_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, int]] = []
    original = enrolment.samples_by_user

    def counting(archive: Path, part: enrolment.Bin, **options: object) -> object:
        read.append((part.first_ms, part.last_ms))
        return original(archive, part, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(enrolment, "samples_by_user", counting)
    told: list[tuple[int, int]] = []
    resting = {ONE: [of(0, 200), of(250, 590)], TWO: [of(5, 400)], THREE: [of(0, 600)]}
    enrol_all(settings, resting, lambda *at: told.append(at), now_ms=NOW_MS)
    stretches = {first // STRETCH_MS for first, _ in read}
    assert len(read) == len(stretches) == 2, "the midnight is in between"
    assert all(one[1] <= other[0] for one, other in pairwise(read)), "no instant twice"
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("users", "found"), [({TWO}, [TWO]), ({THREE, "nobody", ONE}, [ONE, THREE]), (set(), [])])
def test_only_those_who_rest_are_read(settings: Settings, users: set[str], found: list[str]) -> None:
    part = of(0, 60).parts[0]
    assert [user for user, _ in enrolment.samples_by_user(settings.archive_folder, part, users=users)] == found


def test_who_cannot_be_enrolled_is_named_and_the_others_are(settings: Settings) -> None:
    resting = {
        "nobody": [of(0, 300)],
        ONE: [of(0, 300)],
        "short": [of(0, 70), of(80, 140)],
        TWO: [of(560, 900)],
        "without": [],
        THREE: [of(0, 300), of(400, 2 * 86_400)],
    }
    done = enrol_all(settings, resting, quiet, now_ms=NOW_MS)
    assert [each.user_id for each in done.enrolled] == [ONE]
    assert list(done.left_out) == sorted(["nobody", "short", TWO, "without", THREE])
    assert "has 0 windows of nobody from" in done.left_out["nobody"]
    assert "(2 periods) only 2 windows fit, where 12 are needed: give 120 s" in done.left_out["short"]
    assert f"has 3 windows of {TWO}" in done.left_out[TWO]
    assert done.left_out["without"].startswith("no such period")
    assert "is not over" in done.left_out[THREE]
    assert set(rows(settings)) == {ONE}


def test_a_period_too_short_for_a_window_ends_no_baseline(settings: Settings) -> None:
    done = enrol_all(settings, {ONE: [of(0, 300), of(500, 530)]}, quiet, now_ms=NOW_MS)
    assert (done.enrolled[0].to_ms, done.enrolled[0].periods) == (of(0, 300).to_ms, 1)


def test_an_archive_that_cannot_be_read_enrols_nobody(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    apply("local", settings.feast_folder)
    history.write_archive(settings.archive_folder, PEOPLE[:1])
    next(settings.archive_folder.rglob("part-0")).write_bytes(b"torn")
    with pytest.raises(InputError, match="restore the file"):
        enrol_all(settings, {ONE: [of(0, 300)]}, quiet, now_ms=NOW_MS)
    assert rows(settings) == {}


def label(name: str, from_ms: int, to_ms: int) -> Label:
    return Label(user_id="u", label=name, start_ms=from_ms, end_ms=to_ms, source="protocol")


intervals = st.lists(
    st.tuples(st.sampled_from(["calm", "stress", "exercise"]), st.integers(0, 60), st.integers(1, 20)), max_size=8
)


@given(intervals)
def test_periods_are_the_instants_of_the_label_that_no_other_claims(found: Sequence[tuple[str, int, int]]) -> None:
    base = 10**12
    labels = [label(name, base + start, base + start + length) for name, start, length in found]
    mine = periods(labels, [each for each in labels if each.label == "calm"])
    covered = {at for each in mine for at in range(each.from_ms, each.to_ms)}

    def claimed(by_calm: bool) -> set[int]:
        return {at for each in labels if (each.label == "calm") == by_calm for at in range(each.start_ms, each.end_ms)}

    assert covered == claimed(True) - claimed(False)
    assert all(one.to_ms < other.from_ms or claimed(False) for one, other in pairwise(mine))
    assert all(one.to_ms <= other.from_ms for one, other in pairwise(mine))


HEADER = "recording,wearer,block,state,start_utc,end_utc"


def recorded(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "labels.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return file


def instant(seconds: float) -> str:
    moment = np.datetime64(history.START_MS + round(seconds * S), "ms")
    return f"{moment}Z"


def row(user: str, block: str, state: str, from_s: float, to_s: float) -> str:
    return f"r,{user},{block},{state},{instant(from_s)},{instant(to_s)}"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return recorded(
        tmp_path,
        row(ONE, "baseline", "calm", 0, 200),
        row(ONE, "task", "stress", 200, 400),
        row(ONE, "rest after", "calm", 400, 590),
        row(TWO, "baseline", "calm", 30, 300),
        row(TWO, "baseline", "calm", 30, 300),
        row(THREE, "task", "stress", 0, 300),
    )


def test_by_state_everybody_is_there_with_all_periods(labelled: Path) -> None:
    found = resting_by_state(labelled, "calm")
    assert found == {ONE: (of(0, 200), of(400, 590)), TWO: (of(30, 300),), THREE: ()}


def test_by_block_a_part_of_the_name_is_enough(labelled: Path) -> None:
    assert resting_by_block(labelled, "base") == {ONE: (of(0, 200),), TWO: (of(30, 300),), THREE: ()}
    assert resting_by_block(labelled, "rest")[ONE] == (of(400, 590),)


def test_plain_labels_do_as_well(tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    start_ms = history.START_MS
    file.write_text(f"user_id,label,start_ms,end_ms\n{ONE},calm,{start_ms},{start_ms + 200_000}\n", encoding="utf-8")
    assert resting_by_state(file, "calm") == {ONE: (of(0, 200),)}
    with pytest.raises(InputError, match="no column recording"):
        resting_by_block(file, "base")


@pytest.mark.parametrize(
    ("state", "says"),
    [("serene", "no interval has the state serene; give --state one of calm, stress"), ("", "has the state ;")],
)
def test_a_state_that_nobody_has_is_refused(labelled: Path, state: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        resting_by_state(labelled, state)


def test_a_block_that_nobody_has_is_refused(labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no block has nap in its name; give --block a part of baseline, rest after"):
        resting_by_block(labelled, "nap")
    with pytest.raises(InputError, match="no column block with names in it"):
        resting_by_block(recorded(tmp_path, row(ONE, "", "calm", 0, 200)), "base")


def test_the_command_enrols_all_names_who_is_left_out_and_says_so_by_its_exit_code(
    settings: Settings, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--home", str(settings.home), "enrol", "--labels", str(labelled)]
    assert main(command) == 3
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if "not enrolled" not in line) <= 80
    assert [line.split()[:4] for line in lines if line.startswith("sim-")][:2] == [
        [ONE, "2", "54", "54"],
        [TWO, "1", "42", "42"],
    ]
    assert any(line.startswith(f"{THREE} is not enrolled: no such period") for line in lines)
    assert lines[-1] == "enrolled 2 of 3 people"
    assert main([*command, "--block", "base", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [each["user_id"] for each in found["enrolled"]] == [ONE, TWO]
    assert [each["windows"] for each in found["enrolled"]] == [28, 42]
    assert list(found["left_out"]) == [THREE]
    assert main([*command, "--state", "stress", "--json"]) == 3
    assert [each["user_id"] for each in json.loads(capsys.readouterr().out)["enrolled"]] == [ONE, THREE]


def test_the_exit_code_is_zero_where_everybody_is_enrolled(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recorded(tmp_path, row(ONE, "b", "calm", 0, 200))
    assert main(["--home", str(settings.home), "enrol", "--labels", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "enrolled 1 of 1 people"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ann", "--labels", "F"], "leave U out"),
        (["--labels", "F", "--from", "2026-01-01T00:00:00Z"], "leave --from out"),
        (["ann", "--to", "2026-01-01T00:00:00Z"], "--from missing"),
        ([], "U and --from and --to missing"),
        (["ann", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:10:00Z", "--state", "calm"], "--labels, too"),
        (["ann", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:10:00Z", "--block", "b"], "--labels, too"),
        (["--labels", "F"], "F cannot be read"),
    ],
)
def test_half_of_a_command_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["--home", str(tmp_path), "enrol", *arguments]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
