"""Strikes at random moments, and how long each took to get over."""

import json
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas.windows import LATENESS_MS
from tests.integration import streaming
from tests.recovery.kills import Strike
from tests.recovery.stage import Stage
from tests.recovery.watching import Watch

AT_ONCE = 0.2
"""Share of strikes that come while the last one is not yet got over."""
PAUSE_S = 6.0
REPORT = Path("build/recovery/recovery.json")


@dataclass(frozen=True)
class Struck:
    """A strike, and the seconds to the next committed event of a window that could not have closed before."""

    kind: str
    delivery: str
    checkpoint_ms: int
    seconds: float


def strike_all(stage: Stage, strikes: Sequence[Strike], seed: int) -> tuple[list[Struck], list[Strike]]:
    """Strikes one after the other while the replay lasts. Returns what was done, and the strikes left for another."""
    chance, left, done = random.Random(seed), list(strikes), []
    with Watch(stage.settings) as watch:
        while left and stage.replay.poll() is None:
            time.sleep(chance.uniform(0, PAUSE_S))
            strike = left.pop(0)
            moment = (strike.__name__, time.monotonic(), stage.sent_until_ms() - LATENESS_MS)
            print(f"{strike.__name__} at {moment[2]} ms of event time", file=sys.stderr)
            strike(stage, chance)
            done.append(moment)
            if chance.random() >= AT_ONCE:
                streaming.wait(lambda at=moment: watch.next_s(at[1], at[2]) is not None or _sent(stage))
        stage.hurry()
        stage.complete()
        time.sleep(1)
        times = [(name, watch.next_s(at_s, end_ms)) for name, at_s, end_ms in done]
    how = stage.settings.delivery, stage.settings.checkpoint_interval_ms
    return [Struck(name, *how, round(s, 2)) for name, s in times if s is not None], left


def _sent(stage: Stage) -> bool:
    """The replay is over: no further event need come."""
    return stage.replay.poll() is not None


def report(seed: int, struck: Sequence[Struck]) -> None:
    """Seconds by kind, as a table and a file."""
    by_kind = defaultdict(list)
    for each in struck:
        by_kind[each.kind, each.delivery, each.checkpoint_ms].append(each.seconds)
    print(f"\nseed {seed}, {len(struck)} strikes", file=sys.stderr)
    print(f"{'kind':16} {'delivery':15} {'checkpoint':>10} {'n':>3} {'median s':>9} {'max s':>7}", file=sys.stderr)
    for (kind, delivery, checkpoint_ms), seconds in sorted(by_kind.items()):
        figures = f"{checkpoint_ms:7,} ms {len(seconds):3} {statistics.median(seconds):9.1f} {max(seconds):7.1f}"
        print(f"{kind:16} {delivery:15} {figures}", file=sys.stderr)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    found = {"seed": seed, "strikes": [asdict(each) for each in struck]}
    REPORT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
