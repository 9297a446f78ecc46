"""The feature table, computed: one function turns a batch of windows into everything the stream carries on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.canonical import MAX_WINDOWS, canonical_series, check_offsets
from pipelines.signals.eda import eda
from pipelines.signals.heart.beats import laid_out
from pipelines.signals.heart.hrv_frequency import hrv_frequency
from pipelines.signals.heart.hrv_time import hrv_time
from pipelines.signals.heart.interval_correction import corrected
from pipelines.signals.motion import magnitude, motion
from pipelines.signals.quality import coverage, interval_coverage, interval_quality, quality, usable
from pipelines.signals.series.grid import second_means
from pipelines.signals.series.samples import SAMPLE, joined
from pipelines.signals.series.segments import Floats, Ints, Series
from pipelines.signals.series.statistics import statistics
from pipelines.signals.spo2 import desaturation
from schemas.channels import CHANNEL_INDEX, CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.windows import WINDOW_S

SAMPLES_AT_ONCE: Final = 1 << 16
"""Samples worked on together. More no longer stay in cache, and their arrays are new memory from the system each time;
fewer would spend the time on calls, not arithmetic."""

IBI: Final = CHANNEL_INDEX["ibi"]

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class WindowFeatures:
    """What is known of n windows. Missing is NaN; coverage and quality are 0 for an absent channel."""

    features: Floats
    """(n, features), in the order of `FEATURES`."""
    coverage: Floats
    """(n, channels), in the order of `CHANNELS`: share of the window with samples."""
    quality: Floats
    """(n, channels): share of the window for which good samples speak."""
    evidence: Floats
    """(n, figures), in the order of `EVIDENCE_FIGURES`."""
    sequence: NDArray[np.float32]
    """(n, 60, sequence channels): mean per second."""
    samples: Ints
    """(n,): distinct values measured, over all channels and sensors."""

    def rows(self, which: slice) -> "WindowFeatures":
        """Some of the windows."""
        return WindowFeatures(**{name: values[which] for name, values in vars(self).items()})

    def vector(self) -> Floats:
        """(n, `VECTOR_NAMES`): features, coverage, quality and evidence side by side, as rows are stored."""
        return np.concatenate([self.features, self.coverage, self.quality, self.evidence], axis=1)


VECTOR_NAMES: Final = (
    *FEATURE_NAMES,
    *(f"{what}_{channel.name}" for what in ("coverage", "quality") for channel in CHANNELS),
    *EVIDENCE_NAMES,
)
"""The numbers of a window, in the order in which they are computed and stored."""


def compute_windows(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> WindowFeatures:
    """Features, coverage, quality and sequence of n windows.

    `window_start_ms` int64 (n,); `samples` array of `SAMPLE`; window i has `samples[offsets[i]:offsets[i + 1]]`, in
    any order, possibly repeated, possibly none. A window's result depends on its own distinct samples alone.
    Raises ValueError for offsets that do not fit, a sample outside its window, or an unknown channel.

    >>> from pipelines.signals.series.samples import pack
    >>> from schemas.feature_table import FEATURE_INDEX
    >>> two = pack(np.array([60_000, 61_000]), np.array([0, 0]), np.array([60.0, 70.0]))
    >>> found = compute_windows(np.array([60_000]), two, np.array([0, 2]))
    >>> found.features[0, FEATURE_INDEX["hr_mean"]].item(), found.features[0, FEATURE_INDEX["gsr_mean"]].item()
    (65.0, nan)
    """
    check_offsets(window_start_ms, samples, offsets)
    return _together(
        _chunk(window_start_ms[rows], samples[offsets[rows.start] : offsets[rows.stop]], _within(offsets, rows))
        for rows in _chunks(offsets)
    )


def compute_blobs(window_start_ms: Ints, blobs: Sequence[bytes]) -> WindowFeatures:
    """`compute_windows` of one byte string of packed samples per window; each a multiple of 16 bytes long.

    >>> compute_blobs(np.array([0]), [b""]).features.shape == (1, len(FEATURE_NAMES))
    True
    """
    if any(len(blob) % SAMPLE.itemsize for blob in blobs):
        raise ValueError(f"packed samples must be a multiple of {SAMPLE.itemsize} bytes long")
    return compute_each(window_start_ms, [np.frombuffer(blob, dtype=SAMPLE) for blob in blobs])


def compute_each(window_start_ms: Ints, samples: Sequence[NDArray[np.void]]) -> WindowFeatures:
    """`compute_windows` of one array of samples per window.

    >>> compute_each(np.array([0]), [np.empty(0, dtype=SAMPLE)]).samples.tolist()
    [0]
    """
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in samples], dtype=np.int64)))
    return _together(
        _chunk(window_start_ms[rows], joined(samples[rows]), _within(offsets, rows)) for rows in _chunks(offsets)
    )


def _together(parts: Iterable[WindowFeatures]) -> WindowFeatures:
    listed = list(parts)
    names = ("features", "coverage", "quality", "evidence", "sequence", "samples")
    return WindowFeatures(**{name: np.concatenate([getattr(part, name) for part in listed]) for name in names})


def _chunks(offsets: Ints) -> Iterator[slice]:
    """Runs of whole windows; one empty run when there is no window, so that results keep their shapes."""
    windows, start = len(offsets) - 1, 0
    while True:
        filled = int(np.searchsorted(offsets, offsets[start] + SAMPLES_AT_ONCE, side="right")) - 1
        stop = min(max(filled, start + 1), start + MAX_WINDOWS, windows)
        yield slice(start, stop)
        if stop >= windows:
            return
        start = stop


def _within(offsets: Ints, rows: slice) -> Ints:
    part: Ints = offsets[rows.start : rows.stop + 1] - offsets[rows.start]
    return part


def _chunk(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> WindowFeatures:
    measured = canonical_series(window_start_ms, samples, offsets)
    beats = laid_out(measured.series.parts(len(CHANNELS))[IBI])
    intervals = corrected(beats)
    used = usable(measured.series, CHANNELS)
    parts = used.parts(len(CHANNELS))
    acceleration = magnitude(*(parts[CHANNEL_INDEX[axis]] for axis in ("acc_x", "acc_y", "acc_z")))
    columns = feature_columns(used, Intervals(beats, intervals.ibi), acceleration)
    covered, good = _by_channel(coverage(measured.series)), _by_channel(quality(measured.series, CHANNELS))
    covered[IBI], good[IBI] = interval_coverage(beats), interval_quality(beats, intervals.share)
    return WindowFeatures(
        features=np.array([columns[name] for name in FEATURE_NAMES]).T.copy(),
        coverage=covered.T.copy(),
        quality=good.T.copy(),
        evidence=np.stack([intervals.share, measured.unused_sources.astype(np.float64)], axis=1),
        sequence=_sequence(parts, acceleration),
        samples=measured.samples,
    )


@dataclass(frozen=True)
class Intervals:
    """Inter-beat intervals (ms), each stamped at its second beat."""

    given: Series
    corrected: Series
    """The same without artefacts of detection."""


def feature_columns(used: Series, beats: Intervals, acceleration: Series) -> dict[str, Floats]:
    """Every feature by name, (windows,) each. `used` holds the channels one after the other, plausible samples only."""
    columns = {
        f"{channel.name}_{statistic}": values
        for statistic, all_values in statistics(used).items()
        for channel, values in zip(CHANNELS, _by_channel(all_values), strict=True)
    }
    parts = used.parts(len(CHANNELS))
    nn = beats.corrected.within(CHANNELS[IBI].plausible)
    return {
        **columns,
        **hrv_time(beats.given, parts[IBI], nn),
        **hrv_frequency(nn),
        **eda(parts[CHANNEL_INDEX["gsr"]]),
        **motion(acceleration),
        "spo2_desaturation": desaturation(parts[CHANNEL_INDEX["spo2"]]),
    }


def _by_channel(values: NDArray[Number]) -> NDArray[Number]:
    return values.reshape(len(CHANNELS), -1)


def _sequence(series: Sequence[Series], acceleration: Series) -> NDArray[np.float32]:
    found = np.empty((acceleration.windows, WINDOW_S, len(SEQUENCE_CHANNELS)), dtype=np.float32)
    for place, name in enumerate(SEQUENCE_CHANNELS):
        found[:, :, place] = second_means(acceleration if name == "acc_mag" else series[CHANNEL_INDEX[name]])
    return found
