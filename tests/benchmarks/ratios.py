"""What the figures of the parts mean beside each other, and whether they reach what is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.benchmarks.inputs import RATE_HZ

LIMIT, FEATURES, ENSEMBLE, STUDENT, TWO = "limit", "features", "ensemble", "student", "student-two"
PEERS: Final = ("per-reading", "seed", "quix", "bytewax")
VARIANTS: Final = {
    LIMIT: "the limit: decoded into nothing",
    FEATURES: "EQM, features path",
    STUDENT: "EQM, one job, student",
    TWO: "EQM, two jobs, student",
    ENSEMBLE: "EQM, one job, ensemble of seven",
    "per-reading": "PyFlink, per reading",
    "quix": "Quix Streams",
    "bytewax": "Bytewax",
    "seed": "consumer per user, model.predict",
}
"""Parts that have readings per second, and what they are called."""

Parts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Target:
    """What is wanted, and what was reached; None: it was not measured."""

    what: str
    reached: float | None
    wanted: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        if self.reached is None:
            return False
        return self.reached <= self.wanted if self.at_most else self.reached >= self.wanted

    def line(self) -> str:
        """
        >>> Target("share", 0.5, 0.4).line(), Target("p99, ms", None, 500, at_most=True).line()
        ('met           share: 0.5 (at least 0.4)', 'not measured  p99, ms (at most 500)')
        """
        bound = f"({'at most' if self.at_most else 'at least'} {self.wanted:g})"
        if self.reached is None:
            return f"{'not measured':<14}{self.what} {bound}"
        return f"{'met' if self.met else 'MISSED':<14}{self.what}: {self.reached:.3g} {bound}"


def rates(parts: Parts) -> dict[str, float]:
    """Readings per second of the variants that were measured."""
    return {name: float(parts[name]["readings_per_s"]) for name in VARIANTS if name in parts}


def fastest_peer(parts: Parts) -> str | None:
    found = {name: rate for name, rate in rates(parts).items() if name in PEERS}
    return max(found, key=found.__getitem__) if found else None


def over(parts: Parts, name: str, base: str | None) -> float | None:
    """One variant's rate in those of another.

    >>> over({"features": {"readings_per_s": 40.0}, "limit": {"readings_per_s": 100.0}}, "features", "limit")
    0.4
    """
    found = rates(parts)
    return found[name] / found[base] if base and {name, base} <= found.keys() else None


def of_predictor(parts: Parts, name: str) -> float | None:
    """Which share of what the networks alone reach a full path reaches; None for what has no networks."""
    part = parts.get(name, {})
    alone = part.get("predictor_windows_per_s")
    return part["windows_per_s"] / alone if alone else None


def cpu_over(parts: Parts, name: str, base: str) -> float | None:
    """Processor time a window of one full path in that of another.

    >>> cpu_over({"one": {"cpu_us_per_window": {"a": 1.0}}, "two": {"cpu_us_per_window": {"a": 4.0}}}, "one", "two")
    0.25
    """
    spent = [sum(parts.get(each, {}).get("cpu_us_per_window", {}).values()) for each in (name, base)]
    return spent[0] / spent[1] if all(spent) else None


def users_per_core(readings_per_s: float, cores: int) -> float:
    """Users at 4 Hz that a core carries.

    >>> users_per_core(80_000, cores=2)
    10000.0
    """
    return readings_per_s / RATE_HZ / cores


def case_name(case: Mapping[str, Any]) -> str:
    """
    >>> case_name({"users": 100, "heavy": 1000, "delivery": "at-least-once", "bundle": "student"})
    '100 users, one 1,000-fold, at-least-once, student'
    """
    skewed = f", one {case['heavy']:,}-fold" if case["heavy"] > 1 else ""
    return f"{case['users']:,} users{skewed}, {case['delivery']}, {case['bundle']}"


def targets(parts: Parts) -> list[Target]:
    return [
        Target("student, windows/s, one job over two", over(parts, STUDENT, TWO), 2.5),
        Target("student, processor time a window, one job over two", cpu_over(parts, STUDENT, TWO), 0.45, at_most=True),
        Target("features path, share of the limit", over(parts, FEATURES, LIMIT), 0.13),
        Target("features path, times the fastest Python peer", over(parts, FEATURES, fastest_peer(parts)), 12),
        Target("full path with the ensemble, share of the predictor's rate", of_predictor(parts, ENSEMBLE), 0.8),
        Target("p99 latency, ms, at-least-once, 1,000 users, student", _p99(parts, 1_000, 1), 300, at_most=True),
        Target("the same, 100 users, one sending 1,000 times as much", _p99(parts, 100, 1_000), 2_000, at_most=True),
    ]


def _p99(parts: Parts, users: int, heavy: int) -> float | None:
    """None, too, where an event is missing: its latency is not known."""
    for case in parts.get("latency", {}).get("cases", ()):
        found = case["bundle"], case["delivery"], case["users"], case["heavy"]
        if found == (STUDENT, "at-least-once", users, heavy):
            return None if case["missing"] or not case["windows"] else float(case["p99"])
    return None
