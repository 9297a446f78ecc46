"""Whether the programs beside ours compute the same: their features against those of the features job.

All users' windows end at once here: the others know of no phases.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipelines.core.topic_reader import committed
from pipelines.features.record_lines import feature_lines
from pipelines.features.records import parse_feature_record
from schemas.topics import FEATURES
from schemas.windows import LATENESS_MS
from tests.benchmarks import peers
from tests.benchmarks.bench import Bench
from tests.benchmarks.inputs import RATE_HZ, START_MS, STEP_MS, Input
from tests.benchmarks.throughput import features_path, load, per_reading_job
from tests.integration import streaming

TOLERANCE = 1e-6
"""Records hold float32: sums in another order may end at its neighbour."""

GIVEN = Input(users=20, readings=20 * RATE_HZ * 120)

Records = dict[tuple[str, int], dict[str, Any]]
"""By user and window start."""


def compared(bench: Bench) -> dict[str, str]:
    """What is different, by program; empty where nothing is."""
    programs: dict[str, Callable[[], None]] = {
        "PyFlink, per reading": lambda: _job(bench),
        "Quix Streams": lambda: _peer(bench, peers.QUIX),
        "Bytewax": lambda: _peer(bench, peers.BYTEWAX),
    }
    _given(bench)
    streaming.finished(bench.settings, features_path(bench.settings.model_copy(update={"window_phases": 1})))
    ours = _records(bench)
    found = {}
    for name, run in programs.items():
        _given(bench)
        run()
        found[name] = difference(ours, _records(bench), last_ms())
        print(f"{name}: {found[name] or 'the same windows and features'}", flush=True)
    return found


def last_ms() -> int:
    """Event time of the input's last reading."""
    return START_MS + (GIVEN.readings // GIVEN.users - 1) * STEP_MS


def difference(ours: Records, theirs: Records, last: int) -> str:
    """The first difference. Windows that only the end of the input closes may be missing."""
    for key, record in ours.items():
        if key not in theirs:
            if record["window_end_ms"] + LATENESS_MS <= last:
                return f"no window {key}"
            continue
        where = unequal(record, theirs[key])
        if where:
            return f"window {key}: {where}"
    more = theirs.keys() - ours.keys()
    return f"one window too many: {min(more)}" if more else ""


def unequal(one: object, other: object, where: str = "") -> str:
    """Where two records differ by more than the tolerance.

    >>> unequal({"a": [1.0, None]}, {"a": [1.0 + 1e-12, None]}), unequal({"a": [1.0, 2]}, {"a": [1.0, None]})
    ('', '.a.1')
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return _first(unequal(one[name], other[name], f"{where}.{name}") for name in one)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _first(unequal(a, b, f"{where}.{at}") for at, (a, b) in enumerate(zip(one, other, strict=True)))
    numbers = isinstance(one, float | int) and isinstance(other, float | int)
    same = math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE) if numbers else one == other  # type: ignore[arg-type]
    return "" if same else where


def _first(found: Iterable[str]) -> str:
    return next(filter(None, found), "")


def _given(bench: Bench) -> None:
    streaming.fresh(bench.settings)
    load(bench.settings, GIVEN.readings, users=GIVEN.users)


def _job(bench: Bench) -> None:
    streaming.finished(bench.settings, per_reading_job(bench.settings))


def _peer(bench: Bench, peer: peers.Peer) -> None:
    with peers.running(bench, peer) as started:
        peers.last_record_s(bench.settings, peer, started)


def _records(bench: Bench) -> Records:
    """A program that delivers at least once may write a window again, but not another one."""
    found: Records = {}
    for message in committed(bench.settings.bootstrap_servers, FEATURES.name):
        record: Mapping[str, Any] = json.loads(feature_lines(parse_feature_record(message.value))[0])
        key = (record["user_id"], record["window_start_ms"])
        repeated = unequal(found.setdefault(key, dict(record)), record)
        assert not repeated, f"{key} stands twice, with another {repeated}"
    return found
