"""Whatever commands show fits eighty columns, however long the names, and loses no word; `watch` has its own tests."""

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Column, Table

from feature_repo.columns import VIEWS, WINDOW_FEATURES
from models.metrics.report import report_lines
from models.registry.version import Entry, Version
from models.study.folds import HoldOut
from models.study.run import StudyConfig, evaluate_study
from pipelines.baselines.enrolment import Enrolment, Enrolments
from pipelines.core.flink_rest import Job, Slots
from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import ColumnDifferences, ComparedRows, RowComparison, Window, Worst
from pipelines.parity.terms import ParityTerms
from pipelines.parity.verdict import Verdict
from pipelines.reports.tables import (
    backfill,
    enrolment,
    evaluation,
    explanation,
    exports,
    home,
    live_models,
    parity,
    status,
)
from pipelines.reports.tables.fitting import Part, facts, folded, show
from pipelines.rollout.comparison import Figures, ModelAgreement, ModelComparison
from pipelines.rollout.reports import Latency
from pipelines.serving.look_ups import as_table
from pipelines.stack.home import mark
from pipelines.stack.lag import GroupLag
from pipelines.stack.status import ServerState, Status
from pipelines.stack.topics import TopicState
from pipelines.training.registry_text import lines, table
from schemas.records import ModelReport
from schemas.roles import ModelStatus, Role
from tests.unit.models.studies import Honest, study

WIDTH = 80
USER = "participant-0042-of-the-second-study@clinic.example.org"
MODEL = "ensemble-with-personal-baselines-and-abstention"
VERSION = "0123456789ab"
WORKER = "3@taskmanager-7c9f8d6b5-x2x4z.streaming.example.org:12345"
FEATURE = "heart_rate_variability_low_to_high_frequency_ratio_of_the_minute"
BIG = 123_456_789


def printed(parts: Iterable[Part], width: int = WIDTH, *, terminal: bool = True) -> list[str]:
    file = io.StringIO()
    plain = {"markup": False, "emoji": False, "highlight": False, "color_system": None}
    show(parts, Console(file=file, width=width, force_terminal=terminal, **plain))  # type: ignore[arg-type]
    return file.getvalue().splitlines()


def of_status() -> Iterable[Part]:
    servers = tuple(
        ServerState(name, 1_234_567, 65_535, True, 12_345_678.0, 12_345.0, workers, 123_456.0)
        for name, workers in (("jobmanager", 0), ("taskmanager", 128), ("kafka", 0))
    )
    address = ",".join(f"broker-{n}.kafka.streaming.example.org:19092" for n in range(3))
    topics = tuple(TopicState(f"eqm.{name}.v1", 128, BIG * 1000) for name in ("readings", "model-reports"))
    jobs = (Job("f" * 32, "eqm features of the second study, all clinics", "RESTARTING", float(BIG)),)
    behind = (
        GroupLag("eqm.readings.v1", "eqm-features", (BIG,) * 128),
        GroupLag("eqm.features.v1", "eqm-emotions", (0,)),
    )
    about = Status(servers, address, topics, address, Slots(4, 128, 64), jobs, "production", True, behind, BIG * 1000)
    return status.parts(about)


DAY = {
    "day": "2026-02-28",
    "state": "recompute",
    "readings": BIG,
    "late": BIG,
    "users": BIG,
    "windows": BIG,
    "touched_by_late": BIG,
    "same": BIG,
    "changed": BIG,
    "new": BIG,
    "kept": BIG,
    "superseded": BIG,
}


def of_backfill(*, dry: bool) -> Iterable[Part]:
    done = {
        "compacted": [{"day": "2026-02-28", "before": BIG, "after": BIG}] * 7,
        "changes": "/data/eqm/backfill/changes.csv",
        "online_rows": BIG,
        "baselines": [{"users": BIG}] * 7,
    }
    return backfill.parts({"dry_run": dry, "left_out": {"absurd_timestamp": BIG}, "days": [DAY, DAY], **done})


def of_parity() -> Iterable[Part]:
    worst = Worst(math.inf, Window(1_772_323_200_000, USER), None, 0.12345678901234567)
    column = ColumnDifferences(BIG, BIG, 0.0, worst)
    rows = ComparedRows(BIG, worst.window)
    found = RowComparison(BIG, rows, rows, rows, rows, (column,) * len(VECTOR_NAMES))
    return parity.parts(Verdict("2026-02-28", "2026-03-01", ParityTerms(), found))


def of_evaluation() -> Iterable[Part]:
    learners = [Honest(), replace(Honest(), name="student_of_the_ensemble_pruned")]
    config = StudyConfig(HoldOut(folds=2), train_stride_s=10, score_stride_s=10, draws=50)
    return evaluation.parts(evaluate_study(study(), learners, config, lambda done, total: None))


def of_explanation() -> Iterable[Part]:
    figure = {"drop": -0.123456, "spread": 0.123456}
    permuted = [{"name": FEATURE, "auroc": figure, "balanced_accuracy": figure}] * 3
    sizes = [{"name": FEATURE, "mean_absolute": {"exercise_on_a_bicycle": 0.123456}}]
    kinds = {"families": permuted, "features": permuted}
    return explanation.parts(
        {
            "people": ["a"] * 33,
            "on": "recorded people",
            "cautions": ["One caution after another. " * 9],
            "permutation": {**kinds, "windows": BIG, "auroc": 0.9, "balanced_accuracy": 0.9},
            "shap": {"families": sizes, "features": sizes, "windows": BIG},
        }
    )


def of_exports() -> Iterable[Part]:
    line = {
        "bundle": f"{MODEL} {VERSION}",
        "what": "gradient_boosted_trees_small",
        "format": "int8-weights-float32",
        "balanced_accuracy": 0.1234,
        "auroc": 0.1234,
        "same_label": 0.1234,
        "arithmetic": "in another way " * 9,
        "size": {"bytes": BIG * 10, "gzip_bytes": BIG * 10},
        "windows_per_s": 123_456.0,
        "windows_per_s_in_chunks": 1_234_567.0,
    }
    return exports.parts({"lines": [line, line], "windows": BIG, "people": ["a"], "on": "simulated people"})


def of_live() -> Iterable[Part]:
    report = ModelReport(
        worker=WORKER,
        at_ms=1_772_323_200_000,
        role=Role.SHARE,
        name=MODEL,
        version=VERSION,
        status=ModelStatus.REFUSED,
        detail=f"bundle /data/eqm/models/live/{MODEL}-{VERSION}: files under saved_model/ differ; announce it again",
        share=0.125,
        windows=BIG,
        p50_ms=1234.5678,
        p99_ms=1234.5678,
    )
    return [live_models.live_table({WORKER: [report, report]})]


def of_comparison() -> Iterable[Part]:
    side = Figures(
        *(MODEL, VERSION, "recorded people", BIG, BIG, 0.12345),
        *(Latency(BIG, 1234.5, 1234.5), BIG, BIG, 0.123, 0.123, 0.123),
    )
    agreement = ModelAgreement(BIG, BIG, 0.5, 0.5)
    return live_models.comparison_parts([ModelComparison("shadow", side, side, agreement)])


ENTRY = Entry(
    Version(
        name=MODEL,
        number=1234,
        bundle=VERSION,
        aliases=("challenger", "champion"),
        run="0123456789abcdef" * 2,
        trained_on="simulated people",
        labels=("calm", "stress", "exercise", "amusement", "boredom", "frustration", "happiness", "sadness"),
        data_hash="0123456789abcdef",
        card_hash="0123456789abcdef",
        schema_hash="0123456789abcdef",
        replaces=1233,
    ),
    {"networks.bilstm_attention.augmentation.most_dropped_channels": "(" + "0.12345, " * 20 + ")"},
    {"simulated_people/members/gradient_boosted_trees/balanced_accuracy": 0.123456},
)


def of_row() -> Iterable[Part]:
    # Not at the top: Feast changes what is warned of when Kafka's client is imported.
    from feature_repo.online import OnlineRow

    values = {column.name: BIG * 1.2345 for column in VIEWS[WINDOW_FEATURES]}
    return [as_table(OnlineRow(USER, 1_772_323_200_000, values), WINDOW_FEATURES)]


def of_enrolments() -> Iterable[Part]:
    done = Enrolment(USER, 0, BIG, 123, BIG, BIG, 1234, 1234, "/data/enrolled.parquet", online=False)
    return enrolment.parts(Enrolments((done, done), {USER: f"the archive has 3 windows of {USER}, 12 are needed"}))


def of_training() -> Iterable[Part]:
    figures = {"balanced_accuracy": 0.5, "macro_f1": None, "auroc": 0.5, "ece": 0.5}
    of_label = {"recall": 0.5, "precision": 0.5, "f1": 0.5, "auroc": 0.5, "windows": 1_234_567}
    return report_lines(
        {
            "trained_on": "recorded people",
            "built_in_settings": True,
            "windows": BIG,
            "people": {"train": [USER] * 3, "validation": [USER], "test": [USER] * 4},
            "chance_balanced_accuracy": 0.5,
            "windows_before_baseline": BIG,
            "members": {MODEL: figures},
            "ensemble": figures | {"per_class": {"calm": of_label, "exercise_on_a_bicycle": of_label}},
            "per_person": {USER: figures},
            "abstention": {"stated_risk": 0.1, "min_confidence": 0.5, "coverage": 0.5, "risk": 0.1},
        }
    )


SHOWN: dict[str, Callable[[], Iterable[Part]]] = {
    "status": of_status,
    "backfill": lambda: of_backfill(dry=False),
    "backfill, dry": lambda: of_backfill(dry=True),
    "parity": of_parity,
    "evaluation": of_evaluation,
    "explanation": of_explanation,
    "exports": of_exports,
    "live models": of_live,
    "comparison": of_comparison,
    "models": lambda: [table([ENTRY, ENTRY])],
    "model": lambda: lines(ENTRY),
    "features": of_row,
    "enrolments": of_enrolments,
    "training": of_training,
}


def cells(parts: Iterable[Part]) -> list[str]:
    """All words in the cells of tables that are text."""
    tables = [part for part in parts if isinstance(part, Table)]
    found = [cell for made in tables for column in made.columns for cell in column.cells]
    return [word for cell in found if isinstance(cell, str) for word in cell.split()]


@pytest.mark.parametrize("name", SHOWN)
def test_no_line_is_longer_than_eighty_columns_and_no_cell_loses_a_word(name: str) -> None:
    parts = list(SHOWN[name]())
    found = printed(parts)
    assert max(map(len, found)) <= WIDTH
    assert "…" not in "".join(found)
    together = "".join("".join(found).split())
    assert [word for word in cells(parts) if word not in together] == []


def test_what_would_be_wiped_fits(tmp_path: Path) -> None:
    (tmp_path / "archive" / "day=2026-01-01").mkdir(parents=True)
    (tmp_path / "feast").mkdir()
    for number in range(20):
        (tmp_path / f"notes of study {number}.txt").touch()
    mark(tmp_path)
    assert max(map(len, home.lines(tmp_path)[1:])) <= WIDTH


def test_a_table_that_fits_stays_one() -> None:
    narrow = Table("user", Column("windows", justify="right"), box=None, pad_edge=False)
    narrow.add_row("ann", "12")
    assert printed([narrow]) == ["user  windows", "ann        12"]


def test_a_table_that_does_not_fit_becomes_a_list() -> None:
    wide = Table("user", "windows", "emotion", title="all of them")
    wide.add_row("ann", "12", "calm and quiet")
    wide.add_row("b" * 30, "", "stress")
    assert printed([wide], width=20) == [
        "all of them",
        "user ann",
        "  windows  12",
        "  emotion",
        "    calm and quiet",
        f"user {'b' * 15}",
        "b" * 15,
        "  emotion  stress",
    ]


def test_text_is_folded_between_words_and_a_path_stays_whole() -> None:
    path = "/a/very/long/path/of/a/file"
    assert folded(f"  wrote the figures to {path}", 20) == ["  wrote the figures", "    to", f"    {path}"]


def test_where_no_terminal_is_text_stays_one_line_and_tables_fit_all_the_same() -> None:
    wide = Table("user", "windows", "emotion")
    wide.add_row("ann", "12", "calm")
    found = printed(["one sentence " * 9, wide], width=20, terminal=False)
    assert found == ["one sentence " * 9, "user ann", "  windows  12", "  emotion  calm"]


def test_facts_stand_in_one_column() -> None:
    assert facts([("model", "eqm"), ("trained on", "recorded people")], 40) == [
        "model       eqm",
        "trained on  recorded people",
    ]


text = st.text(st.sampled_from("ab é-"), min_size=1, max_size=30)


@settings(max_examples=50)
@example([["a", "a", "aaaa", "aaaaaa", "a"], ["aa", " aaaaa-", "a", "a", "aa"]])
@given(st.integers(1, 8).flatmap(lambda n: st.lists(st.lists(text, min_size=n, max_size=n), min_size=2, max_size=4)))
def test_any_table_fits_and_keeps_every_letter(rows: Sequence[Sequence[str]]) -> None:
    made = Table(*(cell.strip() or "x" for cell in rows[0]), box=None)
    for row in rows[1:]:
        made.add_row(*row)
    found = printed([made], width=30)
    assert max(map(len, found), default=0) <= 30
    letters = sorted("".join(cell for row in rows[1:] for cell in row).replace(" ", ""))
    shown = sorted("".join(found).replace(" ", ""))
    for letter in set(letters):
        assert shown.count(letter) >= letters.count(letter)
