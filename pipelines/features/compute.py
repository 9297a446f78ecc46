"""The feature table, computed: one function turns a batch of windows into everything the stream carries on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.canonical import MAX_WINDOWS, canonical_series, check_offsets
from pipelines.signals.eda import eda
from pipelines.signals.grid import second_means
from pipelines.signals.hrv_frequency import hrv_frequency
from pipelines.signals.hrv_time import hrv_time
from pipelines.signals.motion import magnitude, motion
from pipelines.signals.quality import coverage, interval_coverage, quality
from pipelines.signals.samples import SAMPLE
from pipelines.signals.segments import Floats, Ints, Series
from pipelines.signals.spo2 import desaturation
from pipelines.signals.statistics import statistics
from schemas.channels import CHANNEL_INDEX, CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.windows import WINDOW_S

SAMPLES_AT_ONCE: Final = 1 << 16
"""Samples worked on together. More no longer stay in cache, and their arrays are new memory from the system each time;
fewer would spend the time on calls, not arithmetic."""

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class WindowFeatures:
    """What is known of n windows. Missing is NaN; coverage and quality are 0 for an absent channel."""

    features: Floats
    """(n, features), in the order of `FEATURES`."""
    coverage: Floats
    """(n, channels), in the order of `CHANNELS`: share of the window with samples."""
    quality: Floats
    """(n, channels): share of the seconds with samples whose samples are all good."""
    sequence: NDArray[np.float32]
    """(n, 60, sequence channels): mean per second."""
    samples: Ints
    """(n,): distinct values measured, over all channels."""

    def rows(self, which: slice) -> "WindowFeatures":
        """Some of the windows."""
        return WindowFeatures(**{name: values[which] for name, values in vars(self).items()})

    def vector(self) -> Floats:
        """(n, `VECTOR_NAMES`): features, coverage and quality side by side, as rows are stored."""
        return np.concatenate([self.features, self.coverage, self.quality], axis=1)


VECTOR_NAMES: Final = (
    *FEATURE_NAMES,
    *(f"{what}_{channel.name}" for what in ("coverage", "quality") for channel in CHANNELS),
)
"""The numbers of a window, in the order in which they are computed and stored."""


def compute_windows(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> WindowFeatures:
    """Features, coverage, quality and sequence of n windows.

    `window_start_ms` int64 (n,); `samples` array of `SAMPLE`; window i has `samples[offsets[i]:offsets[i + 1]]`, in
    any order, possibly repeated, possibly none. A window's result depends on its own distinct samples alone.
    Raises ValueError for offsets that do not fit, a sample outside its window, or an unknown channel.

    >>> from pipelines.signals.samples import pack
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
    return compute_pieces(window_start_ms, [[blob] for blob in blobs])


def compute_pieces(window_start_ms: Ints, pieces: Sequence[Sequence[bytes]]) -> WindowFeatures:
    """The same of windows whose packed samples come in any number of pieces.

    >>> compute_pieces(np.array([0]), [[]]).samples.tolist()
    [0]
    """
    lengths = np.fromiter((sum(map(len, parts)) for parts in pieces), dtype=np.int64, count=len(pieces))
    if (lengths % SAMPLE.itemsize).any():
        raise ValueError(f"packed samples must be a multiple of {SAMPLE.itemsize} bytes long")
    offsets = np.concatenate(([0], np.cumsum(lengths // SAMPLE.itemsize)))
    return _together(
        _chunk(window_start_ms[rows], _joined(pieces[rows]), _within(offsets, rows)) for rows in _chunks(offsets)
    )


def _joined(pieces: Sequence[Sequence[bytes]]) -> NDArray[np.void]:
    return np.frombuffer(b"".join(chain.from_iterable(pieces)), dtype=SAMPLE)


def _together(parts: Iterable[WindowFeatures]) -> WindowFeatures:
    listed = list(parts)
    names = ("features", "coverage", "quality", "sequence", "samples")
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
    together = canonical_series(window_start_ms, samples, offsets)
    series = together.parts(len(CHANNELS))
    acceleration = magnitude(*(series[CHANNEL_INDEX[axis]] for axis in ("acc_x", "acc_y", "acc_z")))
    columns = feature_columns(together, series, acceleration)
    covered = _by_channel(coverage(together))
    covered[CHANNEL_INDEX["ibi"]] = interval_coverage(series[CHANNEL_INDEX["ibi"]])
    return WindowFeatures(
        features=np.array([columns[name] for name in FEATURE_NAMES]).T.copy(),
        coverage=covered.T.copy(),
        quality=_by_channel(quality(together, CHANNELS)).T.copy(),
        sequence=_sequence(series, acceleration),
        samples=_by_channel(together.count).sum(axis=0),
    )


def feature_columns(together: Series, series: Sequence[Series], acceleration: Series) -> dict[str, Floats]:
    """Every feature by name, (windows,) each. HRV, skin conductance and desaturation read plausible samples only.

    `together` holds the channels one after the other, `series` each by itself.
    """
    columns = {
        f"{channel.name}_{statistic}": values
        for statistic, all_values in statistics(together).items()
        for channel, values in zip(CHANNELS, _by_channel(all_values), strict=True)
    }
    plausible = {
        name: series[CHANNEL_INDEX[name]].within(CHANNELS[CHANNEL_INDEX[name]].plausible)
        for name in ("ibi", "gsr", "spo2")
    }
    return {
        **columns,
        **hrv_time(series[CHANNEL_INDEX["ibi"]], plausible["ibi"]),
        **hrv_frequency(plausible["ibi"]),
        **eda(plausible["gsr"]),
        **motion(acceleration),
        "spo2_desaturation": desaturation(plausible["spo2"]),
    }


def _by_channel(values: NDArray[Number]) -> NDArray[Number]:
    return values.reshape(len(CHANNELS), -1)


def _sequence(series: Sequence[Series], acceleration: Series) -> NDArray[np.float32]:
    found = np.empty((acceleration.windows, WINDOW_S, len(SEQUENCE_CHANNELS)), dtype=np.float32)
    for place, name in enumerate(SEQUENCE_CHANNELS):
        found[:, :, place] = second_means(acceleration if name == "acc_mag" else series[CHANNEL_INDEX[name]])
    return found
