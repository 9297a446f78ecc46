"""The Beam job of a comparison: every bin alone, then the sum, which comes back as a file."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam

from pipelines.archive.bins import Bin
from pipelines.batch.engine import for_each
from pipelines.batch.offline import stored_rows
from pipelines.batch.recomputed import recomputed_rows
from pipelines.parity.comparison import Comparison, compare, total
from pipelines.parity.terms import Terms
from schemas.whole import whole_file


@dataclass(frozen=True)
class CompareBin:
    """Compares a bin's stored rows with what its readings give."""

    archive: Path
    features: Path
    terms: Terms

    def __call__(self, part: Bin) -> Comparison:
        recomputed = recomputed_rows(self.archive, part, late=self.terms.late)
        return compare(stored_rows(self.features, part), recomputed, tolerance=self.terms.tolerance)


@dataclass(frozen=True)
class Keep:
    """Writes a comparison to a file, whole, however often it is tried."""

    file: Path

    def __call__(self, found: Comparison) -> None:
        with whole_file(self.file) as unfinished:
            unfinished.write_bytes(pickle.dumps(found))


def comparing(work: CompareBin, parts: Sequence[Bin], result: Path) -> Callable[[beam.Pipeline], object]:
    """What adds the job to a pipeline; `result` must lie where both the workers and the caller see it."""
    compared = for_each(work, parts)

    def build(pipeline: beam.Pipeline) -> object:
        return compared(pipeline) | "total" >> beam.CombineGlobally(total) | "keep" >> beam.Map(Keep(result))

    return build


def kept(result: Path) -> Comparison:
    """What `Keep` wrote."""
    found: Comparison = pickle.loads(result.read_bytes())
    return found
