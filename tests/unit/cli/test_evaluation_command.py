"""`eqm evaluate` from recordings to files, its exit codes, and what the page and the table say."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.metrics.report import HOPEFUL
from models.study.folds import HoldOut
from models.study.run import StudyConfig, evaluate_study
from pipelines.cli.main import main
from pipelines.core.errors import SettingsError
from pipelines.datasets.evaluation_windows import EvaluationWindows
from pipelines.reports.pages.evaluation import FIGURES, PAGE, check, rendered, write
from pipelines.reports.tables.evaluation import alarm_lines, parts, shown
from pipelines.training.evaluate import data_of, hopeful
from tests.unit.datasets.test_evaluation_windows import labels, recording
from tests.unit.models.people import made_up
from tests.unit.models.studies import Clock, Doubtful, Honest, in_order, study
from tests.unit.models.test_training_set import write as write_set

CONFIG = StudyConfig(HoldOut(folds=2), train_stride_s=10, score_stride_s=10, draws=100)


def report(*, real: bool = True, leaking: bool = False) -> dict[str, Any]:
    windows = in_order(study(real=real)) if leaking else study(real=real)
    learners = [Honest(), Clock()] if leaking else [Honest()]
    found = evaluate_study(windows, learners, CONFIG, lambda done, total: None)
    return {"format": "eqm evaluation 1", "data": data_of(EvaluationWindows(windows, {"unlabelled": 3}))} | found


@pytest.fixture(scope="module")
def silent() -> dict[str, Any]:
    return report()


class Page(HTMLParser):
    """Texts, and whatever would be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.fetched, self.states = "", [], []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.fetched += [value for name, value in attributes if name in ("src", "href", "srcset")]
        self.states += [value for name, value in attributes if name == "data-is"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_is_green_when_alarms_are_silent(silent: dict[str, Any]) -> None:
    page = Page(rendered(silent))
    assert page.fetched == []
    assert page.states == ["silent"]
    assert "leak alarms are silent" in page.text
    for person in ("p0", "p5"):
        assert person in page.text


@pytest.mark.parametrize(("real", "kind", "other"), [(True, "real", "simulated"), (False, "simulated", "real")])
def test_page_and_table_say_whose_figures_they_are(real: bool, kind: str, other: str) -> None:
    found = report(real=real)
    text = Page(rendered(found)).text
    assert f"Evaluation on {kind} people" in text
    assert f"{other} people" not in text.replace("above .90", "").replace("told apart in real people", "")
    assert text.count(f"{kind} people") >= 6 * len(found["tasks"])
    assert ("promise nothing for real ones" in text) == (not real)
    titles = [part.title for part in parts(found) if not isinstance(part, str)]
    assert len(titles) == 2 + 2 + 2  # tasks, the sets of the second, and the risks stated of each
    assert all(f"{kind} people" in str(title) for title in titles)


def test_page_and_table_show_risks_doubts_and_people_seen(silent: dict[str, Any]) -> None:
    page, tables = Page(rendered(silent)).text, [part for part in parts(silent) if not isinstance(part, str)]
    for text in ("Stated risks", "Measures of doubt", "1 – confidence", "later, people seen"):
        assert page.count(text) == len(silent["tasks"])
    assert sum("where a risk is stated" in str(table.title) for table in tables) == len(silent["tasks"])
    first = silent["tasks"][0]["learners"]["honest"]["smoothed"]["stated_risks"][2]
    assert shown(first["risk"]) in page
    assert f"{first['above']} of 4" in page


def test_measures_of_doubt_stand_only_where_a_learner_has_them(silent: dict[str, Any]) -> None:
    assert "members' disagreement" not in Page(rendered(silent)).text
    found = evaluate_study(study(), [Honest(), Doubtful()], CONFIG, lambda done, total: None)
    assert "members' disagreement" in Page(rendered({"data": silent["data"]} | found)).text


@pytest.mark.parametrize("real", [True, False])
def test_only_real_peoples_figures_are_called_hopeful(real: bool) -> None:
    found = hopeful(report(real=real))
    assert (HOPEFUL in Page(rendered(found)).text) == real
    assert (HOPEFUL in list(parts(found))) == real


def test_an_alarm_is_red_on_the_page_and_named_in_the_table() -> None:
    found = report(leaking=True)
    page = Page(rendered(found))
    assert found["sounds"]
    assert page.states == ["loud"]
    assert "do not believe these figures before the leak is found" in page.text
    assert any(line.startswith("LEAK ALARM: clock") and "real people" in line for line in alarm_lines(found))


def test_what_is_not_known_is_a_dash_with_its_reason(silent: dict[str, Any]) -> None:
    lines = [part for part in parts(silent) if isinstance(part, str)]
    assert any("no window of exercise is scored" in line for line in lines)
    assert "no window of exercise is scored" in Page(rendered(silent)).text


def test_both_files_or_neither(silent: dict[str, Any], tmp_path: Path) -> None:
    output = tmp_path / "evaluation"
    write(output, silent)
    write(output, silent)
    assert sorted(file.name for file in output.iterdir()) == [FIGURES, PAGE]
    assert json.loads((output / FIGURES).read_text()) == silent
    assert [each.name for each in tmp_path.iterdir()] == ["evaluation"]
    before = (output / FIGURES).read_text()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(output, silent | {"seed": float("nan")})
    assert (output / FIGURES).read_text() == before
    assert [each.name for each in tmp_path.iterdir()] == ["evaluation"]


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds something else than an evaluation"):
        check(tmp_path)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Four people whose heart says nothing."""
    folder, rng, rows = tmp_path / "seated", np.random.default_rng(4), []
    for name in ("ann", "bob", "cid", "dee"):
        recording(folder, name, rng.integers(60, 90, 24).tolist())
        states = ["calm", *rng.permutation(["calm", "stress"] * 5).tolist()]
        rows += [(name, name, f"base {k}" if k == 0 else "task", s, 2 * k, 2 * k + 2) for k, s in enumerate(states)]
    labels(folder, *rows)
    return folder


def test_the_command_writes_figures_and_page_and_says_where(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    code = main(["evaluate", "--recordings", str(people), "--folds", "2", "--output", str(output)])
    said = capsys.readouterr()
    assert said.err == ""
    found = json.loads((output / FIGURES).read_text())
    assert code == (3 if found["sounds"] else 0)
    assert [task["labels"] for task in found["tasks"]] == [["calm", "stress"]]
    assert list(found["tasks"][0]["learners"]) == ["forest", "boosting"]
    assert "4 real people of seated" in said.out
    assert str(output / PAGE) in said.out


def test_a_training_set_is_evaluated_whatever_its_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, output = tmp_path / "made", tmp_path / "out"
    folder.mkdir()
    write_set(folder, made_up(windows=60), "time")
    given = [
        "evaluate",
        "--training-set",
        str(folder),
        "--folds",
        "2",
        "--train-every-s",
        "10",
        "--output",
        str(output),
    ]
    code = main(given)
    said = capsys.readouterr()
    assert said.err == ""
    found = json.loads((output / FIGURES).read_text())
    assert code == (3 if found["sounds"] else 0)
    assert found["data"]["sets"] == {"made": [f"p{k}" for k in range(6)]}
    assert "6 simulated people of made" in said.out
    assert HOPEFUL not in said.out


def test_no_training_set_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--training-set", str(tmp_path / "none"), "--output", str(tmp_path / "out")]) == 1
    assert "no training set at" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "dataset", "--folds", "2"], "--by dataset and --folds cannot go together"),
        (["--by", "dataset"], "there is only seated"),
        (["--folds", "9"], "4 people cannot be held out in 9 groups"),
        (["--score-every-s", "7"], "--score-every-s 7: give a multiple of 5 seconds"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    output = tmp_path / "out"
    assert main(["evaluate", "--recordings", str(people), "--output", str(output), *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not output.exists()


def test_an_alarm_is_exit_code_three(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.training.evaluate.evaluation", lambda given, phases: report(leaking=True))
    arguments = ["evaluate", "--recordings", str(people), "--output", str(tmp_path / "out"), "--json"]
    assert main(arguments) == 3
    assert json.loads(capsys.readouterr().out)["sounds"] is True
