"""`eqm submit` and `eqm stop`: what cannot be right is one clear line, before a job is touched."""

import pytest

from pipelines.cli.main import main
from pipelines.core.flink_rest import Job
from pipelines.streaming import submission


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "--other-shape"],
        ["submit", "--other-shape", "--resume"],
        ["submit", "emotions", "--other-shape", "--savepoint", "file:///s"],
    ],
)
def test_a_savepoint_of_another_shape_must_be_named(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """The emotions job takes over nothing: what it reads comes from the features job."""
    assert main(arguments) == 1
    assert "--other-shape says what a --savepoint of the stream job or the features job is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], "no stream job runs at 127.0.0.1:18081"),
        (
            ["features", "emotions"],
            "no stream job runs at 127.0.0.1:18081; the features job does: `eqm stop features`; the emotions job does: "
            "`eqm stop emotions`",
        ),
    ],
)
def test_where_another_job_runs_the_line_names_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, runs: list[str], said: str
) -> None:
    job = Job("f" * 32, "any", "RUNNING", 1.0)
    monkeypatch.setattr(submission, "running", lambda _, kind: [job] if kind in runs else [])
    assert main(["stop"]) == 1
    assert capsys.readouterr().err.strip() == f"eqm: {said}"
