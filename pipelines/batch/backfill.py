"""History recomputed day by day: offline rows healed, whole or not at all, then the online store refreshed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from feature_repo.partitions import day_folder, generations, streamed
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, Days, day_before, start_ms
from pipelines.archive.listing import archive_files, read_listed
from pipelines.archive.survey import Survey, bins, check, occupied, survey
from pipelines.batch.engine import for_each, pipeline_options, run
from pipelines.batch.generation import changes, counted, fingerprint, is_made_from, settle, stage
from pipelines.batch.healing import HealBin

OPEN_MS: Final = 120_000
"""A window that ended less than this ago may still be open in the stream; it may hold readings and rows for longer."""


@dataclass(frozen=True)
class BackfillRequest:
    """What is to be recomputed, from where, into where."""

    days: Days
    offline: Path
    now_ms: int
    phases: int
    """In so many do users' windows end."""
    archive: Path = Path()
    max_user_share: float = 0.5
    held_ms: int = 0
    """For so long the stream may hold readings and rows before they are in files."""
    again: bool = False
    """Recompute also what was made from the same files."""
    beam: tuple[str, ...] = ()
    """Beam's own options."""

    @property
    def open_ms(self) -> int:
        """Not all is in the archive of windows that ended less than this ago."""
        return OPEN_MS + self.held_ms


@dataclass(frozen=True)
class DayPlan:
    """One day: what is there, and what will be done."""

    survey: Survey
    place: Path
    """Its offline folder."""
    bins: tuple[Bin, ...]
    """Empty: nothing is to be done."""
    made_from: str
    """Fingerprint of the archive's files, and of how windows are made of them."""
    streamed: tuple[Path, ...]
    """The stream's files, whose rows the new generation will hold."""

    @property
    def staging(self) -> str:
        """Names the work: what a crash left is only gone on with where nothing has changed since."""
        return fingerprint((*self.streamed, *generations(self.place)), self.made_from)

    @property
    def state(self) -> str:
        """What will be done."""
        return "recompute" if self.bins else "unchanged"


@dataclass(frozen=True)
class DayResult:
    """What became of a day."""

    plan: DayPlan
    counts: Counter[str] = field(default_factory=Counter)
    """Rows that are `same`, `new`, `changed` or `kept`, and such as are `superseded`."""
    changes: tuple[Path, ...] = ()
    """Parquet files that list all but the same."""


def plan(request: BackfillRequest) -> list[DayPlan]:
    """Surveys the archive and decides; days in which there is nothing are left out.

    Raises InputError where something is surely wrong; writes nothing.
    """
    days = occupied(request.days, request.archive, request.offline)
    surveys = [survey(request.archive, day, request.phases) for day in days]
    check(request.days, surveys, now_ms=request.now_ms, max_user_share=request.max_user_share)
    plans = [read_listed(partial(_day, request, found)) for found in surveys]
    return [each for each in plans if each.bins or each.survey.windows]


def recompute(request: BackfillRequest, plans: Sequence[DayPlan]) -> list[DayResult]:
    """Recomputes all bins, then publishes day by day. After a crash: days are old or new, finished bins are kept."""
    to_do = [part for each in plans for part in each.bins]
    staging = {each.survey.day: stage(each.place, each.staging) for each in plans if each.bins}
    if to_do:
        work = HealBin(request.archive, request.offline, staging, request.now_ms - request.open_ms, request.phases)
        run(pipeline_options(request.beam, items=len(to_do)), for_each(work, to_do))
    return [_settled(each, staging[each.survey.day]) if each.bins else DayResult(each) for each in plans]


def _settled(done: DayPlan, staging: Path) -> DayResult:
    generation = settle(done.place, staging, done.made_from, done.streamed)
    return DayResult(done, counted(generation), tuple(changes(generation)))


def _day(request: BackfillRequest, found: Survey) -> DayPlan:
    place = day_folder(request.offline, found.day)
    files = [file for day in (day_before(found.day), found.day) for file in archive_files(request.archive, day)]
    closes_ms = start_ms(found.day) + DAY_MS + request.open_ms
    # Not how many phases there are but how they are found is in the schemas, which a fingerprint always covers.
    made_from = fingerprint(files, (min(request.now_ms, closes_ms), request.phases))
    done = is_made_from(place, made_from) and not request.again
    idle = done or not (found.windows or streamed(place))
    return DayPlan(found, place, () if idle else tuple(bins(found)), made_from, tuple(streamed(place)))
