"""Parts are merged on disk: what is measured again takes the place of its own earlier figures alone."""

from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.results import Results
from tests.unit.benchmarks.test_ratios import MACHINE

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_parts_are_kept_only_if_asked(tmp_path: Path) -> None:
    results = Results(tmp_path / "bench")
    results.begin(MACHINE, keep=False)
    results.add("limit", {"readings_per_s": 2.0}, AT)
    results.begin(MACHINE, keep=True)
    results.add("features", {"readings_per_s": 1.0}, AT)
    assert set(results.parts()) == {"limit", "features"}
    results.begin(MACHINE, keep=False)
    assert results.parts() == {}


def test_a_part_measured_again_loses_its_earlier_figures(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.begin(MACHINE, keep=False)
    results.add("limit", {"readings_per_s": 2.0, "old": 1}, AT)
    results.add("limit", {"readings_per_s": 3.0}, AT)
    assert results.parts() == {"limit": {"readings_per_s": 3.0, "measured_at": "2026-01-01T00:00:00+00:00"}}
    results.remove("limit")
    assert results.parts() == {}


def test_table_and_picture_lie_beside_the_figures(tmp_path: Path) -> None:
    results = Results(tmp_path)
    results.begin(MACHINE, keep=False)
    results.add("limit", {"readings_per_s": 2.0}, AT)
    assert results.show() + "\n" == (tmp_path / "bench.txt").read_text()
    assert (tmp_path / "bench.svg").read_text().startswith("<svg")
