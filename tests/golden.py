"""Golden numbers of each feature family: they may move only together with the family's revision.

`python -m tests.golden` writes them anew, and refuses for a family whose numbers moved under the same revision.
"""

import json
import math
import sys
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.features.compute import WindowFeatures, compute_windows
from pipelines.features.windowing import windows
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import (
    COVERAGE,
    EVIDENCE,
    EVIDENCE_NAMES,
    FAMILIES,
    FEATURES,
    QUALITY,
    SEQUENCE,
)
from tests.recorded import RECORDED_HOUR
from tests.unit.signals import drawn
from tests.unit.signals.recorded import recorded_samples

FILE: Final = Path(__file__).parent / "data" / "golden_features.json"
DRAWN: Final = range(100, 124)
EVERY: Final = 101
"""Windows of the recorded hour between two golden ones."""

Numbers = dict[str, dict[str, list[float | None]]]
"""By family, by name: one number a window, None where it is missing."""


def computed() -> Numbers:
    """What the present code makes of the golden windows."""
    hour = windows(recorded_samples(RECORDED_HOUR), 0)
    chosen = [
        compute_windows(hour.window_start_ms[[row]], hour.samples[low:high], np.array([0, high - low]))
        for row, (low, high) in enumerate(zip(hour.offsets[:-1].tolist(), hour.offsets[1:].tolist(), strict=True))
        if row % EVERY == EVERY // 2
    ]
    parts = [compute_windows(*drawn.batch(DRAWN)), *chosen]
    found: Numbers = {family.name: {} for family in FAMILIES}
    for name, values in _columns(parts).items():
        family, _, column = name.partition(" ")
        found[family][column] = [None if math.isnan(each) else float(f"{each:.12g}") for each in values]
    return found


def _columns(parts: list[WindowFeatures]) -> dict[str, list[float]]:
    def column(name: str, place: int) -> list[float]:
        return [float(each) for part in parts for each in getattr(part, name)[:, place]]

    found = {f"{feature.family.name} {feature.name}": column("features", n) for n, feature in enumerate(FEATURES)}
    for family, name in ((COVERAGE, "coverage"), (QUALITY, "quality")):
        found |= {f"{family.name} {channel}": column(name, n) for n, channel in enumerate(CHANNEL_NAMES)}
    found |= {f"{EVIDENCE.name} {name}": column("evidence", n) for n, name in enumerate(EVIDENCE_NAMES)}
    second = np.arange(1.0, 61.0)
    for place, channel in enumerate(SEQUENCE_CHANNELS):
        rows = np.concatenate([part.sequence[:, :, place] for part in parts]).astype(np.float64)
        found[f"{SEQUENCE.name} {channel}, by second"] = (np.nan_to_num(rows) * second).sum(axis=1).tolist()
    return found


def moved(golden: Numbers, found: Numbers, family: str) -> list[str]:
    """Which of a family's numbers are not the golden ones any longer."""
    names = [name for name in {**golden[family], **found[family]} if not _equal(golden, found, family, name)]
    return sorted(names)


def _equal(golden: Numbers, found: Numbers, family: str, name: str) -> bool:
    one, other = golden[family].get(name), found[family].get(name)
    if one is None or other is None or len(one) != len(other):
        return False
    return all(
        a is b is None or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9))
        for a, b in zip(one, other, strict=True)
    )


def read() -> tuple[dict[str, int], Numbers]:
    """Revisions and numbers as they are kept."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    return kept["revisions"], kept["numbers"]


def main() -> None:
    found, revisions = computed(), {family.name: family.revision for family in FAMILIES}
    if FILE.exists():
        old_revisions, golden = read()
        same = [name for name in revisions if old_revisions.get(name) == revisions[name]]
        if kept := [f"{name}: {', '.join(moved(golden, found, name))}" for name in same if moved(golden, found, name)]:
            sys.exit(f"numbers moved without a new revision in schemas/feature_table.py; {'; '.join(kept)}")
    lines = {"revisions": revisions, "numbers": found}
    FILE.write_text(_text(lines), encoding="utf-8")


def _text(kept: dict[str, dict[str, int] | Numbers]) -> str:
    """A line for each name, so that a change can be read."""
    numbers = ",\n".join(
        f" {json.dumps(family)}: {{\n"
        + ",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in each.items())
        + "\n }"
        for family, each in kept["numbers"].items()
        if isinstance(each, dict)
    )
    return f'{{"revisions": {json.dumps(kept["revisions"])},\n"numbers": {{\n{numbers}\n}}}}\n'


if __name__ == "__main__":
    main()
