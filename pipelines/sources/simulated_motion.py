"""Wrist movement of a simulated person: bouts, restlessness, and what an accelerometer and a gyroscope see of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.sources.episodes import CONTROL_HZ, Controls, wandering

BOUTS_PER_MIN: Final = 0.7
BOUT_S: Final = (3.0, 12.0)
SWING_HZ: Final = (0.8, 2.5)
SWING_G: Final = (0.1, 0.6)
TREMOR_G: Final = 0.012
GYRO_PER_G: Final = 120.0
"""Degrees per second that come with a swing of 1 g."""


@dataclass(frozen=True, eq=False)
class Motion:
    """At 10 Hz: how much of a bout is on (0 to 1), acceleration in g and angular rate in deg/s (samples × 3)."""

    bout: NDArray[np.float64]
    acc_g: NDArray[np.float64]
    gyro_dps: NDArray[np.float64]


def motion(course: Controls, rng: Generator) -> Motion:
    """Movement whose bouts and restlessness follow the `motion` course."""
    level = np.exp(course["motion"])
    size = len(level)
    swing = np.zeros((size, 3))
    bout = np.zeros(size)
    for start in np.flatnonzero(rng.random(size) < BOUTS_PER_MIN / 60 / CONTROL_HZ * level):
        envelope = np.hanning(round(rng.uniform(*BOUT_S) * CONTROL_HZ) + 2)[1:-1][: size - start]
        at = slice(start, start + len(envelope))
        bout[at] = np.maximum(bout[at], envelope)
        swing[at] += envelope[:, None] * _swing(len(envelope), rng)
    tremor = rng.normal(0, TREMOR_G, (size, 3)) * np.sqrt(level)[:, None]
    return Motion(bout, _gravity(size, rng) + swing + tremor, _turning(swing + tremor, rng))


def _swing(size: int, rng: Generator) -> NDArray[np.float64]:
    phase = 2 * np.pi * (rng.uniform(*SWING_HZ) * np.arange(size) / CONTROL_HZ + rng.random(3)[:, None])
    return np.asarray((rng.uniform(*SWING_G) * rng.normal(0, 0.6, 3)[:, None] * np.sin(phase)).T)


def _gravity(size: int, rng: Generator) -> NDArray[np.float64]:
    held = rng.normal(0, 1, 3)
    turned = np.stack([wandering(size, rng, spread=0.15, tau_s=90) for _ in range(3)], axis=1)
    posture = held / np.linalg.norm(held) + turned
    return np.asarray(posture / np.linalg.norm(posture, axis=1, keepdims=True))


def _turning(swing: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    return np.roll(swing, 1, axis=1) * GYRO_PER_G + rng.normal(0, 0.4, swing.shape)
