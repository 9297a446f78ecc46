"""Skin conductance and temperature of a simulated person."""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

from pipelines.sources.episodes import CONTROL_HZ, Controls, lagged, wandering
from pipelines.sources.people import Person
from pipelines.sources.responses import SCR_LATENCY_S, Lag

RISE_S: Final = 0.75
DECAY_S: Final = 2.0
"""Time constants of one response (Benedek & Kaernbach 2010, doi:10.1016/j.jneumeth.2010.04.028)."""
CONTACT_LOST: Final = 0.15
"""Share of bouts in which the electrodes lose the skin."""
LOWEST_US, HIGHEST_US = 0.005, 60.0
COLDEST_C, HOTTEST_C = 22.0, 40.0


def conductance(course: Controls, bout: NDArray[np.float64], who: Person, rng: Generator) -> NDArray[np.float64]:
    """Skin conductance (µS) at 10 Hz: level, responses to a convolved drive, and artefacts of motion."""
    size = len(bout)
    level = who.scl_us * np.exp(course["scl"] + wandering(size, rng, spread=0.08, tau_s=90))
    pressure = lagged(bout * rng.normal(0, 0.15, size), Lag(0, 0.5, "electrode")) * level
    noisy = level + responses(course, who, rng) + pressure + rng.normal(0, 0.003, size)
    return np.asarray(np.clip(noisy * ~_lost(bout, rng), LOWEST_US, HIGHEST_US))


def responses(course: Controls, who: Person, rng: Generator) -> NDArray[np.float64]:
    """The phasic part (µS): bursts at a varying rate, each answered 1-3 s later by rise and decay (Bateman)."""
    size = len(course["scr_rate"])
    per_min = np.clip(who.scr_per_min + course["scr_rate"], 0.3, 20)
    at = np.flatnonzero(rng.random(size) < per_min / 60 / CONTROL_HZ)
    peak_us = who.scr_us * np.exp(course["scr_size"][at]) * rng.lognormal(0, 0.5, len(at))
    onset = at + np.rint(rng.uniform(*SCR_LATENCY_S, len(at)) * CONTROL_HZ).astype(np.int64)
    drive = np.zeros(size)
    np.add.at(drive, onset[onset < size], peak_us[onset < size])
    return np.asarray(signal.fftconvolve(drive, bateman())[:size].clip(min=0))


def bateman() -> NDArray[np.float64]:
    """One skin conductance response at 10 Hz, peak 1.

    >>> round(float(bateman().max()), 12), int(bateman().argmax())
    (1.0, 12)
    """
    seconds = np.arange(0, 10 * DECAY_S, 1 / CONTROL_HZ)
    shape = np.exp(-seconds / DECAY_S) - np.exp(-seconds / RISE_S)
    return np.asarray(shape / shape.max())


def temperature(course: Controls, who: Person, rng: Generator) -> NDArray[np.float64]:
    """Skin temperature (°C) at 10 Hz."""
    drift = wandering(len(course["temp"]), rng, spread=0.2, tau_s=120)
    return np.clip(who.temp_c + course["temp"] + drift, COLDEST_C, HOTTEST_C)


def _lost(bout: NDArray[np.float64], rng: Generator) -> NDArray[np.bool_]:
    moving = np.concatenate([[False], bout > 0.5])
    number = np.cumsum(moving[1:] & ~moving[:-1])
    loses = rng.random(int(number[-1]) + 1) < CONTACT_LOST
    return np.asarray(loses[number] & moving[1:])
