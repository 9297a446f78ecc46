"""Streamed rows against recomputed ones, over whole days: every bin alone, summed, judged, and written down."""

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apache_beam as beam

from pipelines.archive.bins import Bin
from pipelines.archive.days import Days
from pipelines.archive.survey import occupied, plan_bins
from pipelines.batch.bin_rows import recomputed_rows, stored_rows
from pipelines.batch.engine import for_each, pipeline_options, run
from pipelines.core.errors import InputError, SettingsError, StackError
from pipelines.parity.comparison import RowComparison, compare, total
from pipelines.parity.terms import ParityTerms
from pipelines.parity.verdict import Verdict
from pipelines.reports.pages.parity import rendered
from schemas.whole import whole_file, whole_folder_and_work


@dataclass(frozen=True)
class CompareBin:
    """Compares a bin's stored rows with what its readings give."""

    archive: Path
    features: Path
    terms: ParityTerms
    phases: int

    def __call__(self, part: Bin) -> RowComparison:
        recomputed = recomputed_rows(self.archive, part, self.phases, late=self.terms.late)
        return compare(stored_rows(self.features, part), recomputed, tolerance=self.terms.tolerance)


@dataclass(frozen=True)
class Keep:
    """Writes a comparison to a file, whole, however often it is tried."""

    file: Path

    def __call__(self, found: RowComparison) -> None:
        with whole_file(self.file) as unfinished:
            unfinished.write_bytes(pickle.dumps(found))


def comparing(work: CompareBin, parts: Sequence[Bin], result: Path) -> Callable[[beam.Pipeline], object]:
    """What adds the job to a pipeline; `result` must lie where both the workers and the caller see it."""
    compared = for_each(work, parts)

    def build(pipeline: beam.Pipeline) -> object:
        return compared(pipeline) | "total" >> beam.CombineGlobally(total) | "keep" >> beam.Map(Keep(result))

    return build


def kept(result: Path) -> RowComparison:
    """What `Keep` wrote."""
    found: RowComparison = pickle.loads(result.read_bytes())
    return found


SUMMARY: Final = "parity.json"
PAGE: Final = "report.html"


@dataclass(frozen=True)
class Places:
    """Absolute folders: archived readings, stored feature rows, and where the outcome goes."""

    archive: Path
    features: Path
    output: Path


def parity(places: Places, days: Days, terms: ParityTerms, phases: int, *, beam: Sequence[str] = ()) -> Verdict:
    """Compares, and writes `parity.json` and `report.html` together or not at all.

    Users' windows end in so many phases; `beam` are Beam's own options.

    An earlier outcome at that place is replaced; a folder with anything else in it is refused.
    """
    if not places.archive.is_dir():
        raise InputError(f"no archive at {places.archive}: run the features job first, or name another with --archive")
    with _working(places.output) as (fresh, work):
        compare_bin = CompareBin(places.archive, places.features, terms, phases)
        found = _compared(compare_bin, days, work / "result", beam)
        if not found.rows:
            raise InputError(
                f"nothing to compare from {days.first} to {days.last}: no window can be made of the readings in"
                f" {places.archive}, and none stands in {places.features}; choose other days"
            )
        verdict = Verdict(days.first.isoformat(), days.last.isoformat(), terms, found)
        _write(verdict, fresh)
    return verdict


def _compared(work: CompareBin, days: Days, result: Path, beam: Sequence[str]) -> RowComparison:
    parts = plan_bins(work.archive, occupied(days, work.archive, work.features))
    if not parts:
        return RowComparison()
    run(pipeline_options(beam, items=len(parts)), comparing(work, parts, result))
    if not result.is_file():
        raise StackError(
            f"the Beam job ended, but its result is not in {result.parent}: choose an --output that its workers share"
        )
    return kept(result)


def _write(verdict: Verdict, folder: Path) -> None:
    (folder / SUMMARY).write_text(json.dumps(verdict.as_json(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / PAGE).write_text(rendered(verdict), encoding="utf-8")


@contextmanager
def _working(output: Path) -> Iterator[tuple[Path, Path]]:
    """The outcome's folder, there as a whole or not at all, and one for work; both beside a writable place."""
    with ExitStack() as stack:
        try:
            if output.exists() and {each.name for each in output.iterdir()} - {SUMMARY, PAGE}:
                raise SettingsError(f"{output} holds other files than {SUMMARY} and {PAGE}: choose another --output")
            places = stack.enter_context(whole_folder_and_work(output))
        except OSError as fault:
            raise SettingsError(f"--output {output} cannot be written: {fault}") from fault
        yield places
