"""`eqm models`, from the command line to the exit code."""

import json

import pytest

from pipelines.cli.main import main
from pipelines.core.settings import Settings
from tests.release.thorough.registry.bundles import ALL, NONE, SOME
from tests.release.thorough.registry.conftest import Register


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that happens to run here must hear nothing of tests."""
    monkeypatch.setenv("EQM_BOOTSTRAP", "127.0.0.1:9")


def run(settings: Settings, *arguments: str) -> int:
    return main(["--home", str(settings.home), "models", *arguments])


def test_list_and_show_say_whose_figures_they_are(
    settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    registered(SOME)
    registered(ALL)
    assert run(settings, "list") == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "eqm" in line]
    assert ["champion" in rows[0], "challenger" in rows[1]] == [True, True]
    assert all("simulated people" in row and "0.750" in row and "0.125" in row for row in rows)
    assert run(settings, "show", "challenger") == 0
    shown = capsys.readouterr().out
    assert "simulated_people/ensemble/balanced_accuracy" in shown
    assert "trees.iterations" in shown


def test_json_is_for_machines(settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str]) -> None:
    registered(SOME)
    registered(ALL)
    assert run(settings, "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert run(settings, "show", "2", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert listed[1] == shown
    assert shown["metrics"]["simulated_people/ensemble/ece"] == 0.125
    assert run(settings, "promote", "2", "--json") == 0
    promoted = json.loads(capsys.readouterr().out)
    assert (promoted["version"], promoted["aliases"], promoted["replaced"]) == (2, ["champion"], 1)
    assert promoted["comparison"]["difference"]["value"] > 0
    assert promoted["comparison"]["on"] == "simulated people"
    assert run(settings, "rollback", "--json") == 0
    back = json.loads(capsys.readouterr().out)
    assert (back["version"], back["replaced"], back["comparison"]) == (1, 2, None)


def test_what_is_refused_is_one_line_and_exit_code_one(
    settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(ALL)
    registered(NONE)
    for arguments, said in (
        (("promote", "2"), "eqm: version 2 of eqm (000000000000) is worse than the champion, version 1"),
        (("rollback",), "has replaced no champion"),
        (("show", "9"), "model eqm has no version 9"),
        (("announce", "9"), "model eqm has no version 9"),
        (("announce", "champion"), "no broker answers at 127.0.0.1:9"),
        (("announce", "champion", "--role", "share"), "a share of users is for the role share alone"),
        (("announce", "champion", "--share", "0.5"), "a share of users is for the role share alone"),
        (("retire", "shadow"), "no broker answers at 127.0.0.1:9"),
    ):
        assert run(settings, *arguments) == 1
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("command", [("show", "1"), ("promote", "1"), ("announce", "1")])
def test_the_only_model_needs_no_name_and_one_of_several_does(
    settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(settings, *command) == 1
    assert "no model is registered in" in capsys.readouterr().err
    registered(SOME, name="resting-aware")
    run(settings, *command)
    said = capsys.readouterr()
    assert "resting-aware" in said.out or "no broker answers" in said.err
    registered(ALL, name="eqm")
    assert run(settings, *command) == 1
    error = capsys.readouterr().err
    assert error.endswith("has the models eqm, resting-aware: choose one with --name\n")
    assert error.count("\n") == 1
    run(settings, *command, "--name", "resting-aware")
    said = capsys.readouterr()
    assert "resting-aware" in said.out or "no broker answers" in said.err


def test_rollback_names_the_models_where_there_are_several(
    settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(SOME, name="resting-aware")
    assert run(settings, "rollback") == 1
    assert "version 1 of resting-aware" in capsys.readouterr().err
    registered(ALL)
    assert run(settings, "rollback") == 1
    assert "has the models eqm, resting-aware" in capsys.readouterr().err


def test_promotion_and_rollback_say_what_is_in_use(
    settings: Settings, registered: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(SOME)
    registered(ALL)
    assert run(settings, "promote", "challenger") == 0
    said = capsys.readouterr().out
    assert said.startswith("version 2 of eqm (00000000003c) is champion: balanced accuracy")
    assert f"{settings.current_bundle} holds it" in said
    assert "no broker answers at 127.0.0.1:9: no running job was told" in said
    assert run(settings, "rollback") == 0
    assert "version 1 of eqm (000000000002) is champion: it was champion before" in capsys.readouterr().out
