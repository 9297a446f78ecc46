"""`eqm explain` from recordings to files, and what the page and the table say."""

import json
from contextlib import redirect_stdout
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.bundle.folder import read_manifest
from pipelines.cli.main import main
from pipelines.core.errors import SettingsError
from pipelines.reports.pages.explanation import FIGURES, PAGE, check, rendered, write
from pipelines.reports.tables.explanation import parts
from tests.unit.datasets.test_evaluation_windows import labels, recording


def people(folder: Path, *names: str) -> Path:
    """Whose heart says nothing."""
    rng, rows = np.random.default_rng(4), []
    for name in names:
        recording(folder, name, rng.integers(60, 90, 10).tolist())
        states = ["calm", "stress", "calm", "stress", "calm"]
        rows += [(name, name, f"base {k}" if k == 0 else "task", s, 2 * k, 2 * k + 2) for k, s in enumerate(states)]
    labels(folder, *rows)
    return folder


@pytest.fixture(scope="module")
def run(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the command wrote, and what it said."""
    folder = tmp_path_factory.mktemp("explain")
    seated, output = people(folder / "seated", "ann", "bob"), folder / "out"
    arguments = ["--bundle", str(bundle), "--recordings", str(seated), "--windows", "4", "--output", str(output)]
    with redirect_stdout(StringIO()) as said:
        assert main(["explain", *arguments]) == 0
    return output, said.getvalue()


@pytest.fixture(scope="module")
def report(run: tuple[Path, str]) -> dict[str, Any]:
    return dict(json.loads((run[0] / FIGURES).read_text()))


class Page(HTMLParser):
    """Texts, and whatever would be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.fetched = "", []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.fetched += [value for name, value in attributes if name in ("src", "href", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_command_writes_figures_and_page_and_says_where(
    run: tuple[Path, str], report: dict[str, Any], bundle: Path
) -> None:
    output, said = run
    assert sorted(file.name for file in output.iterdir()) == [FIGURES, PAGE]
    assert str(output / PAGE) in said
    assert "2 recorded people" in said
    assert report["cautions"][0] in said
    assert report["bundle"]["version"] == read_manifest(bundle).version
    assert (report["people"], report["on"], len(report["windows"])) == (["ann", "bob"], "recorded people", 4)
    assert report["left_out"]["enrolment"] > 0
    assert [member["name"] for member in report["attention"]["members"]] == ["bilstm_attention", "transformer"]
    for member in report["attention"]["members"]:
        assert set(member["labels"]) == {"calm", "stress"}
        for seconds in member["labels"].values():
            assert sum(seconds) == pytest.approx(1, abs=1e-5)


def test_the_page_stands_alone_and_says_whose_figures_they_are(report: dict[str, Any]) -> None:
    page = Page(rendered(report))
    assert page.fetched == []
    assert page.text.count("2 recorded people") >= 5
    assert "A bundle trained on simulated people, asked about 2 recorded people" in page.text
    for caution in report["cautions"]:
        assert caution in page.text
    assert "nan" not in rendered(report).replace("nance", "")


@pytest.mark.parametrize("on", ["recorded people", "simulated people"])
def test_every_table_says_whose_figures_it_shows(report: dict[str, Any], on: str) -> None:
    tables = [part for part in parts(report | {"on": on}) if not isinstance(part, str)]
    assert len(tables) == 2
    assert all(f"2 {on}" in str(table.title) for table in tables)


def test_both_files_or_neither(report: dict[str, Any], tmp_path: Path) -> None:
    output = tmp_path / "explanation"
    write(output, report)
    write(output, report)
    assert json.loads((output / FIGURES).read_text()) == report
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(output, report | {"seed": float("nan")})
    assert json.loads((output / FIGURES).read_text()) == report
    assert [each.name for each in tmp_path.iterdir()] == ["explanation"]


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds something else than an explanation"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("names", "arguments", "message"),
    [
        (("p1", "p2"), [], "learnt from or was fitted to all 2 people given"),
        (("ann",), ["--windows", "0"], "--windows 0: at least one window must be explained"),
        (("ann",), ["--bundle", "nowhere"], "no model bundle at nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(
    bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    arguments: list[str],
    message: str,
) -> None:
    output = tmp_path / "out"
    seated = people(tmp_path / "seated", *names)
    given = ["--bundle", str(bundle), "--recordings", str(seated), "--output", str(output)]
    assert main(["explain", *given, *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not output.exists()
