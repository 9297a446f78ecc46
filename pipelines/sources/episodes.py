"""When a simulated person feels what, and the responses that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

from pipelines.sources.people import Person
from pipelines.sources.responses import FIELDS, LAGS, RESPONSES, Lag

CONTROL_HZ: Final = 10
SHORTEST_S: Final = 40
LONGEST_S: Final = 120
INTENSITY_SPREAD: Final = 0.2
EPISODE_SPREAD: Final = {
    "hr": 2.0,
    "rsa": 0.12,
    "breathing": 0.05,
    "scl": 0.08,
    "scr_rate": 0.8,
    "scr_size": 0.12,
    "temp": 0.15,
    "motion": 0.3,
}
"""Standard deviation of what an episode adds to the table by itself, in the units of `Response`."""

Controls = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Episode:
    """A label from `start_s` to `end_s` of a run, and how strongly it is felt (1 as in the table)."""

    label: str
    start_s: int
    end_s: int
    intensity: float


def episodes(labels: Sequence[str], duration_s: int, rng: Generator) -> tuple[Episode, ...]:
    """Episodes of 40-120 s without a gap from 0 to `duration_s` (the last is cut there).

    Every round has all labels in a new order, no label follows itself. The first round is shortened to fit into the
    run where that is possible, so that a run of 40 s per label shows them all.
    """
    found: list[Episode] = []
    start_s = 0
    while start_s < duration_s:
        order = _order(labels, found[-1].label if found else None, rng)
        lengths = rng.integers(SHORTEST_S, LONGEST_S + 1, len(order), dtype=np.int64)
        for label, length_s in zip(order, lengths if found else _fitted(lengths, duration_s), strict=True):
            end_s = min(start_s + int(length_s), duration_s)
            if start_s < end_s:
                found.append(Episode(label, start_s, end_s, float(rng.lognormal(0, INTENSITY_SPREAD))))
            start_s = end_s
    return tuple(found)


def controls(plan: Sequence[Episode], who: Person, rng: Generator) -> Controls:
    """Per kind of response its course over the run at 10 Hz, as a change from rest."""
    lengths = [(episode.end_s - episode.start_s) * CONTROL_HZ for episode in plan]
    return {name: lagged(np.repeat(_levels(plan, who, name, rng), lengths), LAGS[name]) for name in FIELDS}


def lagged(target: NDArray[np.float64], lag: Lag) -> NDArray[np.float64]:
    """The target (10 Hz) after its dead time and first-order approach, settled on its first value at the start.

    >>> lagged(np.array([0.0, 1.0, 1.0]), Lag(0.1, 1e-9, "")).tolist()
    [0.0, 0.0, 1.0]
    """
    delay = round(lag.delay_s * CONTROL_HZ)
    late = np.concatenate([np.full(delay, target[0]), target])[: len(target)]
    keep = np.exp(-1 / (lag.tau_s * CONTROL_HZ))
    course, _ = signal.lfilter([1 - keep], [1, -keep], late, zi=[keep * late[0]])
    return np.asarray(course, dtype=np.float64)


def wandering(size: int, rng: Generator, *, spread: float, tau_s: float) -> NDArray[np.float64]:
    """A slow random course at 10 Hz (Ornstein-Uhlenbeck) about zero, stationary from the start."""
    keep = np.exp(-1 / (tau_s * CONTROL_HZ))
    noise = rng.normal(0, spread * np.sqrt(1 - keep**2), size)
    course, _ = signal.lfilter([1], [1, -keep], noise, zi=[keep * rng.normal(0, spread)])
    return np.asarray(course, dtype=np.float64)


def _order(labels: Sequence[str], last: str | None, rng: Generator) -> list[str]:
    order = [labels[index] for index in rng.permutation(len(labels))]
    return order[1:] + order[:1] if order[0] == last else order


def _fitted(lengths: NDArray[np.int64], duration_s: int) -> NDArray[np.int64]:
    over = lengths - SHORTEST_S
    share = (duration_s - SHORTEST_S * len(lengths)) / max(int(over.sum()), 1)
    return np.asarray(SHORTEST_S + np.floor(over * np.clip(share, 0, 1)), dtype=np.int64)


def _levels(plan: Sequence[Episode], who: Person, name: str, rng: Generator) -> NDArray[np.float64]:
    listed = np.array([getattr(RESPONSES[episode.label], name) * episode.intensity for episode in plan])
    return listed * who.gains[name] + rng.normal(0, EPISODE_SPREAD[name], len(plan))
