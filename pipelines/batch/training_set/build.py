"""A training set from labels, offline feature rows and the archive."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions

from models.core.data_card import CARD, DataCard
from models.datasets.training_set import ROWS
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, day_of
from pipelines.archive.survey import plan_bins
from pipelines.batch.engine import for_each, pipeline_options, run
from pipelines.batch.training_set.sequences import AddSequences
from pipelines.core.errors import InputError, StackError
from pipelines.datasets.card import describe, write_card
from pipelines.datasets.look_up import Retrieve, stage_known
from pipelines.datasets.reasons import LabelsByUser
from pipelines.datasets.request import TrainingSetRequest
from pipelines.datasets.rows import AT_ONCE, write_rows
from pipelines.datasets.selection import choose, require_some
from pipelines.datasets.splits import check
from schemas.whole import whole_folder_and_work
from schemas.windows import WINDOW_MS

STEPS: Final = 5

Examples = Callable[[Path, Path, PipelineOptions], object]
"""Makes examples in the second folder of the rows in the first."""


def build(
    request: TrainingSetRequest,
    labels: LabelsByUser,
    retrieve: Retrieve,
    examples: Examples,
    progress: Callable[[int], None],
) -> DataCard:
    """Writes the whole set, or nothing; the same input gives the same bytes. `progress` gets how many `STEPS` are done.

    Raises an `EqmError` where labels, rows or readings cannot be read, or no honest set can come of them.
    """
    _refuse_other(request.output)
    with whole_folder_and_work(request.output) as (fresh, work):
        chosen = choose(request, labels)
        progress(1)
        dropped = chosen.dropped + stage_known(retrieve, chosen.windows, work / "known")
        progress(2)
        dropped += _add_sequences(request, chosen.windows, work)
        progress(3)
        tally = write_rows(work / "parts", fresh / ROWS)
        _require_all(chosen.candidates, tally.rows + dropped.total(), work)
        require_some(tally.rows, chosen.candidates, dropped)
        check(tally.windows(chosen.label_names))
        card = describe(request, chosen, tally, dropped, fresh / ROWS)
        write_card(card, fresh)
        progress(4)
        examples(fresh / ROWS, fresh, pipeline_options(request.beam, items=tally.rows // AT_ONCE))
    progress(STEPS)
    return card


def _refuse_other(folder: Path) -> None:
    """Raises InputError where something stands that is no training set."""
    if folder.is_symlink() or (folder.exists() and not (folder / CARD).is_file()):
        raise InputError(f"{folder} exists and is no training set; choose another place, nothing was written")


def _add_sequences(request: TrainingSetRequest, windows: pa.Table, work: Path) -> Counter[str]:
    """The Beam step; returns what it left out."""
    parts = work / "parts"
    parts.mkdir()
    bins = _bins(request.archive, windows)
    build = for_each(AddSequences(request.archive, work / "known", parts), bins)
    run(pipeline_options(request.beam, items=len(bins)), build)
    notes = (Counter(json.loads(note.read_text(encoding="utf-8"))) for note in sorted(parts.glob("*.json")))
    return sum(notes, Counter())


def _require_all(candidates: int, counted: int, work: Path) -> None:
    if candidates != counted:
        raise StackError(
            f"{candidates - counted:,} of {candidates:,} windows are neither kept nor left out: every worker must see"
            f" {work.parent}"
        )


def _bins(archive: Path, windows: pa.Table) -> list[Bin]:
    """The bins in which a window ends."""
    ends_ms = np.sort(windows["window_start_ms"].to_numpy()) + WINDOW_MS
    days = [day_of(number * DAY_MS) for number in np.unique(ends_ms // DAY_MS).tolist()]
    spans = ((part, np.searchsorted(ends_ms, (part.first_ms, part.last_ms))) for part in plan_bins(archive, days))
    return [part for part, (first, last) in spans if last > first]
