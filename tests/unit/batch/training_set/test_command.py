"""`eqm training-set`, from the command line to the exit code."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from models.core.data_card import DataCard
from pipelines.cli.main import main
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY
from tests.unit.batch.training_set.conftest import Home, half_and_half, no_examples


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [f"{x.user_id},{x.label},{x.start_ms},{x.end_ms}" for mine in half_and_half().values() for x in mine]
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(["user_id,label,start_ms,end_ms", *rows]))
    return file


@pytest.fixture(autouse=True)
def _quick_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("pipelines.batch.training_set.examples_job")
    module.transform_examples = no_examples  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def run(home: Home, labels: Path, *flags: str) -> int:
    given = ["--from", FIRST_DAY, "--to", SECOND_DAY, "--labels", str(labels), "--output", str(home.output), *flags]
    return main(["--home", str(home.folder), "training-set", *given])


def test_json_is_the_card(home: Home, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, labels, "--json", "--beam", "--runner=DirectRunner") == 0
    card = DataCard.model_validate_json(capsys.readouterr().out)
    assert card == DataCard.model_validate(json.loads((home.output / "card.json").read_text()))


@pytest.mark.parametrize(
    ("line", "said"),
    [("ann,calm,9,soon", "line 2: start_ms '9' is not between"), ("ann,calm,1644224400000,1644224700000", "none")],
)
def test_what_cannot_be_done_is_one_line(
    home: Home, labels: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    labels.write_text(f"user_id,label,start_ms,end_ms\n{line}\n")
    assert run(home, labels) == 1
    shown = capsys.readouterr().err.strip()
    assert said in shown
    assert shown.startswith("eqm: ")
    assert "\n" not in shown
    assert not home.output.exists()
