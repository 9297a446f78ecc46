"""`python -m tests.benchmarks.historical`: a million asked moments, every feature, from files of both writers."""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.columns import USER_BASELINE, VIEWS, WINDOW_FEATURES, Kind
from feature_repo.folders import offline_folder
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import GENERATION, day_folder
from feature_repo.store import apply, open_store
from schemas.windows import HOP_MS, WINDOW_MS

DAY_MS: Final = 86_400_000
FIRST_MS: Final = 1_772_323_200_000
"""2026-03-01T00:00:00Z."""
HOPS_PER_FILE: Final = 12
"""A file of each of the stream's two writers a minute."""
WRITERS: Final = 2
AT_ONCE: Final = 100_000
ALLOWED_S: Final = 60.0


@dataclass(frozen=True)
class Stored:
    """What lies in the offline store: some hours of every day of some users, every second day recomputed."""

    folder: Path
    users: int = 100
    days: int = 4
    hops: int = 3024

    @property
    def windows(self) -> int:
        return self.users * self.days * self.hops

    def names(self) -> list[str]:
        return [f"user-{number}" for number in range(self.users)]

    def ends_ms(self, day: int) -> np.ndarray:
        return FIRST_MS + day * DAY_MS + WINDOW_MS + np.arange(self.hops) * HOP_MS


def write(stored: Stored) -> None:
    """Writes the files as the stream and the nightly job do."""
    apply("local", stored.folder)
    rng = np.random.default_rng(1)
    for day in range(stored.days):
        _write_day(stored, day, rng)


def _write_day(stored: Stored, day: int, rng: np.random.Generator) -> None:
    name = str(np.datetime64(FIRST_MS + day * DAY_MS, "ms").astype("datetime64[D]"))
    windows, baseline = (day_folder(offline_folder(stored.folder, v), name) for v in (WINDOW_FEATURES, USER_BASELINE))
    ends_ms = stored.ends_ms(day)
    for first in range(0, stored.hops, HOPS_PER_FILE):
        for writer in range(WRITERS):
            who = np.array(stored.names()[writer::WRITERS])
            rows = _rows(WINDOW_FEATURES, who, ends_ms[first : first + HOPS_PER_FILE], rng)
            _save(rows, windows / f"part-{writer}-{first:05d}")
    if day % 2:
        step = AT_ONCE // stored.users
        for first in range(0, stored.hops, step):
            rows = _rows(WINDOW_FEATURES, np.array(stored.names()), ends_ms[first : first + step], rng)
            _save(rows, windows / f"{GENERATION}000001" / f"at-{first:05d}.parquet")
    _save(_rows(USER_BASELINE, np.array(stored.names()), ends_ms[:1], rng), baseline / "part-0")


def _rows(view: str, users: np.ndarray, ends_ms: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """A row of every user at every instant, in order of time."""
    count = len(users) * len(ends_ms)
    columns: dict[str, Any] = {
        column.name: rng.normal(size=count) if column.kind is Kind.FLOAT64 else rng.integers(900, 1000, count)
        for column in VIEWS[view]
    }
    keys = {"user_id": np.tile(users, len(ends_ms)), "event_timestamp": np.repeat(ends_ms, len(users))}
    keys["event_timestamp"] = keys["event_timestamp"].astype("datetime64[ms]")
    return pa.table({**keys, **columns}, schema=arrow_schema(view))


def _save(rows: pa.Table, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, file, use_dictionary=False, compression="snappy")


def moments(stored: Stored, count: int) -> pd.DataFrame:
    """So many moments of random users, all within what is stored."""
    rng = np.random.default_rng(2)
    day, within = rng.integers(0, stored.days, count), rng.integers(0, stored.hops * HOP_MS, count)
    at_ms = FIRST_MS + day * DAY_MS + WINDOW_MS + within
    users = np.array(stored.names(), dtype=object)[rng.integers(0, stored.users, count)]
    return pd.DataFrame({"user_id": users, "event_timestamp": pd.to_datetime(at_ms, unit="ms", utc=True)})


def retrieve(folder: Path, asked: pd.DataFrame, *, arrow: bool) -> Any:  # noqa: ANN401
    store = open_store("local", folder)
    job = store.get_historical_features(asked, store.get_feature_service("emotion_model"))
    return job.to_arrow() if arrow else job.to_df()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began_s = time.monotonic()
    return work(), time.monotonic() - began_s


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.historical", description=__doc__)
    parser.add_argument("--asked", type=int, default=1_000_000, help="moments asked for")
    parser.add_argument("--arrow", action="store_true", help="as an Arrow table, not a data frame")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stored = Stored(Path(folder) / "feast")
        writer = get_context("spawn").Process(target=write, args=(stored,))
        writer.start()
        writer.join()
        assert writer.exitcode == 0
        files = sum(each.is_file() for each in offline_folder(stored.folder, WINDOW_FEATURES).rglob("*"))
        asked = moments(stored, given.asked)
        began_cpu_s = time.process_time()
        found, seconds = timed(lambda: retrieve(stored.folder, asked, arrow=given.arrow))
        cpu_s = time.process_time() - began_cpu_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"stored {stored.windows:,} windows in {files:,} files; asked {given.asked:,} moments")
    print(
        f"got {found.shape[0]:,} rows x {found.shape[1]} columns in {seconds:.1f} s ({cpu_s:.1f} s of CPU),"
        f" peak {peak_mib:,.0f} MiB"
    )
    return 0 if seconds <= ALLOWED_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
