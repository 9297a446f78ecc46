"""The figures as text."""

from collections.abc import Mapping
from typing import Any

from tests.benchmarks.inputs import PER_WINDOW
from tests.benchmarks.ratios import (
    LIMIT,
    VARIANTS,
    Parts,
    case_name,
    fastest_peer,
    of_predictor,
    over,
    rates,
    targets,
    users_per_core,
)

Machine = Mapping[str, Any]

LATENCY = {
    "p50": "p50",
    "p99": "p99",
    "p99_9": "p99.9",
    "max": "max",
    "windows": "windows",
    "missing": "missing",
    "checkpoint_ms": "checkpoint",
}
"""Columns by what they are in a case; cases that were kept from before a column came show none."""


def table(machine: Machine, parts: Parts) -> str:
    """All that was measured, then the targets."""
    blocks = [about(machine), throughput(parts, machine["cores"]), latency(parts), cost(parts), memory(parts)]
    return "\n\n".join([block for block in blocks if block] + ["\n".join(each.line() for each in targets(parts))])


def about(machine: Machine) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    size = f"{machine['cores']} cores, {machine['memory_gib']} GiB"
    return f"{machine['processor']}, {size}, {machine['system']}\n{versions}"


def throughput(parts: Parts, cores: int) -> str:
    found, peer = rates(parts), fastest_peer(parts)
    if not found:
        return ""
    heads = ("readings/s", "windows/s", "of limit", "x peer", "of predictor", "users/core")
    lines = [f"{'':<36}" + "".join(f"{head:>14}" for head in heads)]
    for name, rate in found.items():
        cells = (
            *(f"{rate:,.0f}", f"{rate / PER_WINDOW:,.0f}" if name != LIMIT else "-"),
            *(_percent(over(parts, name, LIMIT)), _times(over(parts, name, peer)), _percent(of_predictor(parts, name))),
            f"{users_per_core(rate, cores):,.0f}",
        )
        lines.append(f"{VARIANTS[name]:<36}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def latency(parts: Parts) -> str:
    part = parts.get("latency")
    if part is None:
        return ""
    lines = [
        "window can close -> committed event, ms; checkpoint: from one to the next",
        f"{'':<46}" + "".join(f"{head:>14}" for head in LATENCY.values()),
    ]
    for case in part["cases"]:
        name = case_name(case)
        found = [case.get(each) for each in LATENCY]
        cells = ["-" if value is None else f"{value:,.0f}" for value in found]
        lines.append(f"{name:<46}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def cost(parts: Parts) -> str:
    part = parts.get("cost")
    if part is None:
        return ""
    kinds = sorted({kind for each in part["levels"] for kind in each["cores"]})
    heads = [*(f"{kind[:12]}" for kind in kinds), "all cores", "us/reading", "resident MiB", "state KiB"]
    lines = [
        f"cost against load: cores used, stream job, student, {part['delivery']}",
        f"{'':<14}" + "".join(f"{head:>14}" for head in heads),
    ]
    lines += [_level(each, kinds) for each in part["levels"]]
    per_user = (
        f"{part['resident_kib_per_user']:,.0f} KiB resident, {part['state_bytes_per_user'] / 1024:,.1f} KiB state"
    )
    return "\n".join([*lines, f"each user adds {per_user}"])


def _level(level: Mapping[str, Any], kinds: list[str]) -> str:
    cells = [f"{level['cores'].get(kind, 0.0):.3f}" for kind in kinds]
    cells += [f"{sum(level['cores'].values()):.3f}", f"{level['cpu_us_per_reading']:,.1f}"]
    cells += [f"{sum(level['resident_mib'].values()):,.0f}", f"{level['state_bytes'] / 1024:,.0f}"]
    return f"{level['users']:>8,} users" + "".join(f"{cell:>14}" for cell in cells)


def memory(parts: Parts) -> str:
    return str(parts["memory"]["line"]) if "memory" in parts else ""


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"
