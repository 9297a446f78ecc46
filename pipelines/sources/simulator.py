"""Simulated people wearing one wrist device: real rates, gaps, motion artefacts and the true label of every moment.

A stand-in where no recording is at hand. What it shows of emotions is what `responses` puts in, so figures reached on
simulated people say that a pipeline works, never how well emotions can be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.core.errors import SettingsError
from pipelines.sources import simulated_heart, simulated_motion, simulated_skin
from pipelines.sources.episodes import CONTROL_HZ, Episode, controls, episodes, wandering
from pipelines.sources.people import Person, random_person
from pipelines.sources.recording import Recording, Stream, stream
from pipelines.sources.responses import RESPONSES
from schemas.labels import EMOTIONS
from schemas.records import Label

SOURCE: Final = "simulator"
SENSOR_GAP_EVERY_S, SENSOR_GAP_S = 300.0, (3.0, 15.0)
DEVICE_GAP_EVERY_S, DEVICE_GAP_S = 900.0, (5.0, 25.0)


@dataclass(frozen=True)
class Sensor:
    """One sensor of the device: its rate and how finely it resolves (decimal places)."""

    sensor_id: str
    channels: tuple[str, ...]
    rate_hz: float
    decimals: int


SENSORS: Final = (
    Sensor("sim-acc", ("acc_x", "acc_y", "acc_z"), 10, 4),
    Sensor("sim-gyro", ("gyro_x", "gyro_y", "gyro_z"), 10, 2),
    Sensor("sim-eda", ("gsr",), 4, 4),
    Sensor("sim-temp", ("temp",), 4, 2),
    Sensor("sim-hr", ("hr",), 1, 1),
    Sensor("sim-spo2", ("spo2",), 1, 0),
)
IBI_SENSOR: Final = "sim-ibi"

Gaps = list[tuple[float, float]]


def simulate_person(
    person: int, seed: int, duration_s: int, start_ms: int, labels: Sequence[str] = EMOTIONS
) -> Recording:
    """A person's recording; the same person, seed, duration and labels give the same one, moved to `start_ms`.

    Labels cover [start, start + duration) without a gap. Values lie inside every channel's valid range. Raises
    `SettingsError` for a label without a response or a duration below a second.
    """
    unknown = [label for label in labels if label not in RESPONSES]
    if unknown or not labels or duration_s < 1:
        wanted = f"{duration_s} s of {', '.join(unknown or labels) or 'no label'}"
        raise SettingsError(f"cannot simulate {wanted}; give labels of {', '.join(RESPONSES)} and 1 s or more")
    rng = np.random.default_rng([seed, person])
    who = random_person(rng)
    plan = episodes(labels, duration_s, rng)
    streams = _streams(plan, who, rng)
    user_id = f"sim-{person:03d}"
    moved = tuple(Stream(s.sensor_id, s.channels, s.timestamp_ms + start_ms, s.values) for s in streams)
    return Recording(user_id, moved, tuple(_label(user_id, episode, start_ms) for episode in plan))


def _streams(plan: Sequence[Episode], who: Person, rng: Generator) -> list[Stream]:
    course = controls(plan, who, rng)
    moved = simulated_motion.motion(course, rng)
    beats = simulated_heart.phase(course, moved.bout, who, rng)
    signals = {
        "sim-acc": moved.acc_g,
        "sim-gyro": moved.gyro_dps,
        "sim-eda": simulated_skin.conductance(course, moved.bout, who, rng)[:, None],
        "sim-temp": simulated_skin.temperature(course, who, rng)[:, None],
        "sim-hr": simulated_heart.rate(beats, moved.bout, rng)[:, None],
        "sim-spo2": _saturation(len(beats), who, rng)[:, None],
    }
    off = _gaps(plan[-1].end_s, DEVICE_GAP_EVERY_S, DEVICE_GAP_S, rng)
    sampled = [_sampled(sensor, signals[sensor.sensor_id], off, rng) for sensor in SENSORS]
    times_s, ibi_ms = simulated_heart.intervals(beats, moved.bout, rng)
    return [*sampled, _outside(IBI_SENSOR, ("ibi",), times_s, ibi_ms[:, None], off)]


def _sampled(sensor: Sensor, values: NDArray[np.float64], off: Gaps, rng: Generator) -> Stream:
    """The signal (10 Hz) at the sensor's own instants, which begin at a random moment of its first period."""
    duration_s = len(values) / CONTROL_HZ
    instants_s = np.arange(rng.random() / sensor.rate_hz, duration_s, 1 / sensor.rate_hz)
    nearest = np.minimum((instants_s * CONTROL_HZ).astype(np.int64), len(values) - 1)
    own = _gaps(duration_s, SENSOR_GAP_EVERY_S, SENSOR_GAP_S, rng)
    rounded = np.round(values[nearest], sensor.decimals)
    return _outside(sensor.sensor_id, sensor.channels, instants_s, rounded, off + own)


def _outside(
    sensor_id: str, channels: tuple[str, ...], times_s: NDArray[np.float64], values: NDArray[np.float64], gaps: Gaps
) -> Stream:
    on = np.ones(len(times_s), dtype=bool)
    for begin_s, end_s in gaps:
        on &= (times_s < begin_s) | (times_s >= end_s)
    times_ms = np.floor(times_s[on] * 1000).astype(np.int64)
    return stream(sensor_id, channels, times_ms, values[on])


def _gaps(duration_s: float, every_s: float, length_s: tuple[float, float], rng: Generator) -> Gaps:
    begins_s = rng.uniform(0, duration_s, rng.poisson(duration_s / every_s))
    return [(begin_s, begin_s + rng.uniform(*length_s)) for begin_s in begins_s.tolist()]


def _saturation(size: int, who: Person, rng: Generator) -> NDArray[np.float64]:
    return np.clip(who.spo2_percent + wandering(size, rng, spread=0.6, tau_s=30), 90, 100)


def _label(user_id: str, episode: Episode, start_ms: int) -> Label:
    start, end = (start_ms + second * 1000 for second in (episode.start_s, episode.end_s))
    return Label(user_id=user_id, label=episode.label, start_ms=start, end_ms=end, source=SOURCE)
