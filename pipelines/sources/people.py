"""Simulated people: resting levels that differ more than states do, and how strongly each one responds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from pipelines.sources.responses import FIELDS

GAIN_SPREAD: Final = 0.2
"""Standard deviation of the log of a person's gain per kind of response."""


@dataclass(frozen=True)
class Person:
    """Resting levels, and a factor per kind of response.

    Ranges: heart rate and its variability after Nunan et al. 2010, doi:10.1111/j.1540-8159.2010.02841.x; skin
    conductance and the rate of its spontaneous responses after Boucsein et al. 2012,
    doi:10.1111/j.1469-8986.2012.01384.x.
    """

    hr_bpm: float
    rsa_ms: float
    """Amplitude of the respiratory modulation of the heart period."""
    breathing_hz: float
    scl_us: float
    scr_per_min: float
    scr_us: float
    temp_c: float
    spo2_percent: float
    gains: dict[str, float]


def random_person(rng: Generator) -> Person:
    """A person; the generator's state decides who."""
    return Person(
        hr_bpm=float(np.clip(rng.normal(68, 5), 54, 84)),
        rsa_ms=float(np.clip(rng.lognormal(np.log(40), 0.3), 15, 90)),
        breathing_hz=float(np.clip(rng.normal(0.25, 0.03), 0.18, 0.32)),
        scl_us=float(np.clip(rng.lognormal(np.log(3.5), 0.3), 0.8, 12)),
        scr_per_min=float(np.clip(rng.normal(3, 0.8), 1.5, 5)),
        scr_us=float(np.clip(rng.lognormal(np.log(0.25), 0.35), 0.08, 0.8)),
        temp_c=float(np.clip(rng.normal(33.2, 0.55), 31, 35)),
        spo2_percent=float(np.clip(rng.normal(97.5, 0.6), 95.5, 99)),
        gains={name: float(rng.lognormal(0, GAIN_SPREAD)) for name in FIELDS},
    )
