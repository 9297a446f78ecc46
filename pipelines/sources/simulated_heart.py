"""The heart of a simulated person: beats from an integral pulse frequency modulator, and what a wrist device reports.

Model: beats fall where the integral of the heart rate passes a whole number (Mateo & Laguna 2000,
doi:10.1109/10.855925); respiratory and low-frequency modulation of the period as bands of the Task Force 1996,
doi:10.1161/01.CIR.93.5.1043.
"""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.sources.episodes import CONTROL_HZ, Controls, wandering
from pipelines.sources.people import Person
from schemas.channels import CHANNEL_INDEX, CHANNELS

LOW_FREQUENCY_HZ: Final = 0.1
LOW_FREQUENCY_SHARE: Final = 0.5
AVERAGED_S: Final = 6.0
"""Span over which the device averages the rate that it reports."""
UNREPORTED: Final = 0.45
MISSED: Final = 0.06
SPURIOUS: Final = 0.06
"""Shares of beats that, in full motion, the device drops, misses (a double interval) or invents (two short ones)."""
VALID_IBI_MS: Final = CHANNELS[CHANNEL_INDEX["ibi"]].valid
VALID_HR_BPM: Final = CHANNELS[CHANNEL_INDEX["hr"]].valid

Series = tuple[NDArray[np.float64], NDArray[np.float64]]


def phase(course: Controls, bout: NDArray[np.float64], who: Person, rng: Generator) -> NDArray[np.float64]:
    """Beats since the start, at 10 Hz."""
    size = len(bout)
    hr_bpm = who.hr_bpm + course["hr"] + 4 * bout + wandering(size, rng, spread=1.5, tau_s=40)
    breath_hz = who.breathing_hz * np.exp(course["breathing"] + wandering(size, rng, spread=0.05, tau_s=10))
    slow_hz = LOW_FREQUENCY_HZ * np.exp(wandering(size, rng, spread=0.1, tau_s=20))
    modulation_ms = who.rsa_ms * np.exp(course["rsa"]) * _wave(breath_hz, rng)
    modulation_ms += LOW_FREQUENCY_SHARE * who.rsa_ms * _wave(slow_hz, rng)
    period_ms = np.clip(60_000 / np.clip(hr_bpm, 40, 180) + modulation_ms, 300, 1800)
    return np.cumsum(1000 / period_ms / CONTROL_HZ)


def intervals(beats: NDArray[np.float64], bout: NDArray[np.float64], rng: Generator) -> Series:
    """Times (s) and inter-beat intervals (ms, whole) that the device reports; each stands at its second beat."""
    seconds = (np.arange(len(beats)) + 1) / CONTROL_HZ
    true_s = np.interp(np.arange(np.ceil(beats[0]), beats[-1]), beats, seconds)
    seen_s = _misread(true_s, np.interp(true_s, seconds, bout), rng)
    times_s, ibi_ms = seen_s[1:], np.rint(np.diff(seen_s) * 1000)
    reported = rng.random(len(times_s)) >= UNREPORTED * np.interp(times_s, seconds, bout)
    kept = reported & (ibi_ms >= VALID_IBI_MS[0]) & (ibi_ms <= VALID_IBI_MS[1])
    return times_s[kept], ibi_ms[kept]


def rate(beats: NDArray[np.float64], bout: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Heart rate (bpm) as the device reports it, at 10 Hz: a trailing mean, disturbed by motion."""
    span = np.minimum(np.arange(1, len(beats) + 1), round(AVERAGED_S * CONTROL_HZ))
    since = np.concatenate([[0.0], beats])[np.arange(1, len(beats) + 1) - span]
    hr_bpm = 60 * CONTROL_HZ * (beats - since) / span + bout * wandering(len(beats), rng, spread=4, tau_s=3)
    return np.asarray(np.clip(hr_bpm, *VALID_HR_BPM))


def _wave(hz: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * (rng.random() + np.cumsum(hz) / CONTROL_HZ)))


def _misread(beat_s: NDArray[np.float64], bout: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    chance = rng.random(len(beat_s))
    seen = chance >= MISSED * bout
    invents = np.flatnonzero((chance > 1 - SPURIOUS * bout)[1:]) + 1
    invented = beat_s[invents] - rng.uniform(0.3, 0.7, len(invents)) * (beat_s[invents] - beat_s[invents - 1])
    return np.sort(np.concatenate([beat_s[seen], invented]))
