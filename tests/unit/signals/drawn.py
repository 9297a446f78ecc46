"""Windows drawn for tests: every channel absent, short, regular, ragged or dirty, and how results are compared."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.features.compute import WindowFeatures
from pipelines.signals.heart.beats import on_arrival
from pipelines.signals.series.samples import channels, pack, sources, timestamps_ms
from pipelines.signals.series.segments import Series
from schemas.channels import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS
from tests import naive

START_MS = 1_700_000_000_000
WINDOW_MS = 60_000
Random = np.random.Generator
Points = tuple[NDArray[np.int64], NDArray[np.float64]]


def absent(random: Random) -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


def one(random: Random) -> NDArray[np.int64]:
    return random.integers(0, WINDOW_MS, 1)


def few(random: Random) -> NDArray[np.int64]:
    return np.unique(random.integers(0, WINDOW_MS, random.integers(2, 9)))


def regular(random: Random) -> NDArray[np.int64]:
    return np.arange(0, WINDOW_MS, random.choice([100, 125, 250, 1000]))


def ragged(random: Random) -> NDArray[np.int64]:
    """Jittered, with samples and whole stretches missing."""
    period = int(random.choice([125, 250, 1000]))
    times = np.arange(0, WINDOW_MS, period) + random.integers(0, period // 2, -(-WINDOW_MS // period))
    gap_ms, length_ms = random.integers(0, WINDOW_MS, 2)
    keep = (random.random(len(times)) > 0.1) & ((times < gap_ms) | (times > gap_ms + length_ms))
    return times[keep & (times < WINDOW_MS)]


TIMES: tuple[Callable[[Random], NDArray[np.int64]], ...] = (absent, one, few, regular, ragged)


def values(name: str, times: NDArray[np.int64], random: Random) -> NDArray[np.float64]:
    """A level with waves and noise, coarse or fine, at times constant, with some samples at the sensor's limits."""
    channel = CHANNELS[CHANNEL_INDEX[name]]
    low, high = channel.plausible if random.random() < 0.8 else channel.valid
    if random.random() < 0.15:
        return np.full(len(times), low + random.random() * (high - low))
    wave = np.sin(2 * np.pi * random.uniform(0.02, 2.0) * times / 1000) * random.choice([0.0, 0.02, 0.2])
    noise = random.standard_normal(len(times)) * random.choice([0.0, 0.001, 0.05])
    drawn = low + (high - low) * np.clip(0.3 + wave + noise, 0, 1)
    dirty = random.random(len(times)) < random.choice([0.0, 0.02])
    drawn[dirty] = random.choice([channel.valid[0], channel.valid[1]])
    return np.round(drawn, random.choice([1, 3, 12]))


def beats(random: Random) -> Points:
    """Intervals with respiratory waves; now and then beats are missed, or an interval is absurd."""
    mean_ms = random.uniform(350, 1300)
    wave = np.sin(2 * np.pi * random.uniform(0.05, 0.4) * np.arange(300) * mean_ms / 1000)
    ibi_ms = np.round(mean_ms * (1 + 0.06 * wave + 0.01 * random.standard_normal(300)), random.choice([0, 6]))
    ibi_ms[random.random(300) < random.choice([0.0, 0.0, 0.03])] = random.choice([210.0, 3_900.0])
    stamp_ms = np.floor(np.cumsum(ibi_ms) + random.integers(0, 2_000)).astype(np.int64)
    keep = (stamp_ms < WINDOW_MS) & (random.random(300) >= random.choice([0.0, 0.0, 0.02, 0.3]))
    return stamp_ms[keep], ibi_ms[keep]


SENSORS = ("ankle", "chest", "wrist")


def window(seed: int, start_ms: int = START_MS, *, stamped_at_beats: bool = False) -> NDArray[np.void]:
    """Packed samples of one window, all channels, in time order; of one sensor, or some of others.

    `stamped_at_beats`: no two beats of a sensor have one stamp, and none looks as if it were stamped on arrival.
    """
    random = np.random.default_rng(seed)
    parts = [pack(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    axes_ms = TIMES[random.integers(len(TIMES))](random)
    for index, name in enumerate(CHANNEL_NAMES):
        times = (
            axes_ms if name.startswith("acc") and random.random() < 0.8 else TIMES[random.integers(len(TIMES))](random)
        )
        points = beats(random) if name == "ibi" and random.random() < 0.9 else (times, values(name, times, random))
        parts.append(pack(start_ms + points[0], np.full(len(points[0]), index), points[1]))
    samples = np.concatenate([*parts, contradicted(np.concatenate(parts), random)])
    samples = worn_twice(samples, start_ms, random)
    if stamped_at_beats:
        samples = np.delete(samples, not_stamped_at_beats(samples))
    return samples[np.argsort(timestamps_ms(samples), kind="stable")]


def not_stamped_at_beats(samples: NDArray[np.void]) -> NDArray[np.int64]:
    """Places of beats that share a stamp with an earlier one, and of all of a sensor that seems to stamp on arrival."""
    beat = np.flatnonzero(channels(samples) == CHANNEL_INDEX["ibi"])
    kept = beat[np.unique(samples["key"][beat], return_index=True)[1]]
    for source in range(len(SENSORS)):
        mine = kept[sources(samples[kept]) == source]
        if on_arrival(timestamps_ms(samples[mine]), samples["value"][mine].copy()):
            kept = np.setdiff1d(kept, mine)
    return np.setdiff1d(beat, kept)


def worn_twice(samples: NDArray[np.void], start_ms: int, random: Random) -> NDArray[np.void]:
    """The samples with some channels given by several sensors: parted among them, or the same a little later."""
    source = np.zeros(len(samples), dtype=np.int64)
    for channel in np.flatnonzero(random.random(12) < random.choice([0.0, 0.3])):
        mine = channels(samples) == channel
        source[mine] = random.integers(0, 3, mine.sum()) if random.random() < 0.5 else 2
    samples = pack(timestamps_ms(samples), channels(samples), samples["value"], source)
    again = samples[np.isin(channels(samples), np.flatnonzero(random.random(12) < random.choice([0.0, 0.2])))]
    later = np.minimum(timestamps_ms(again) + random.integers(0, 400), start_ms + WINDOW_MS - 1)
    return np.concatenate((samples, pack(later, channels(again), again["value"] * 0.98, 1)))


def contradicted(samples: NDArray[np.void], random: Random) -> NDArray[np.void]:
    """Some samples again, some of them with another value."""
    again = samples[random.random(len(samples)) < random.choice([0.0, 0.01, 0.2])]
    again["value"] *= random.choice([1.0, 0.99, 0.9], len(again))
    return again


def batch(
    seeds: Sequence[int], *, stamped_at_beats: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.void], NDArray[np.int64]]:
    """Arguments of `compute_windows`."""
    starts_ms = START_MS + np.arange(len(seeds), dtype=np.int64) * 5_000
    parts = [
        window(seed, int(start_ms), stamped_at_beats=stamped_at_beats)
        for seed, start_ms in zip(seeds, starts_ms, strict=True)
    ]
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
    return starts_ms, np.concatenate([*parts, window(0)[:0]]), offsets


seeds = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4)


def listed(samples: NDArray[np.void]) -> list[naive.Sample]:
    """Packed samples as the naive functions read them."""
    names = [CHANNEL_NAMES[index] for index in channels(samples)]
    sensors = [SENSORS[index] for index in sources(samples)]
    return list(zip(timestamps_ms(samples).tolist(), names, samples["value"].tolist(), sensors, strict=True))


def series(*signals: Sequence[tuple[int, float]]) -> Series:
    """One signal per window."""
    points = [point for signal in signals for point in signal]
    offsets = np.cumsum([0, *map(len, signals)])
    times = np.array([ms for ms, _ in points], dtype=np.int64)
    return Series(times, np.array([value for _, value in points], dtype=np.float64), offsets)


def agrees(found: Mapping[str, Any], expected: Mapping[str, float], *, relative: float = 1e-9) -> None:
    """Asserts the same names, NaN in the same places, and equal numbers; window 0 of array-valued results."""
    assert found.keys() == expected.keys()
    for name, number in expected.items():
        actual = float(np.ravel(found[name])[0])
        close = math.isclose(actual, number, rel_tol=relative, abs_tol=1e-10)
        assert close or (math.isnan(actual) and math.isnan(number)), f"{name}: {actual!r} instead of {number!r}"


def identical(left: WindowFeatures, right: WindowFeatures) -> bool:
    """To the last bit."""
    names = ("features", "coverage", "quality", "sequence")
    return all(np.array_equal(getattr(left, name), getattr(right, name), equal_nan=True) for name in names)
