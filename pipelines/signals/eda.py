"""Electrodermal activity: the level and the responses on it."""

from typing import Final

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.grid import resampled
from pipelines.signals.series.segments import Floats, Series
from pipelines.signals.series.statistics import statistics

STEP_MS: Final = 250
MAX_GAP_MS: Final = 2_000
BLOCK_MS: Final = 10_000
BLOCK: Final = BLOCK_MS // STEP_MS
SMOOTHED: Final = 5
MIN_SMOOTHED: Final = 40
MIN_AMPLITUDE_US: Final = 0.05
MAX_RISE_MS: Final = 5_000
RISING_US: Final = MIN_AMPLITUDE_US * STEP_MS / MAX_RISE_MS
"""Least climb per step: that of the slowest response. Without it a response on a rising level would have no trough."""

TIE_US: Final = 1e-9


def eda(gsr: Series) -> dict[str, Floats]:
    """Skin conductance level (µS) and its slope (µS/s), number and amplitude sum (µS) of responses; (windows,) each.

    `gsr` holds plausible samples (µS), drawn at 4 Hz; nothing is interpolated over gaps above 2 s. See
    `level_blocks` and `responses`. Level NaN without one 10-s block, slope without two, responses without 10 s
    of smoothed signal. Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x.

    >>> time_ms = np.arange(0, 60_000, 250)
    >>> bump = 2 + 0.5 * np.exp(-(((time_ms - 30_000) / 1_500.0) ** 2))
    >>> one = eda(Series(time_ms, bump, np.array([0, 240])))
    >>> [round(one[name].item(), 3) for name in ("eda_scl", "eda_scr_count", "eda_scr_amplitude_sum")]
    [2.0, 1.0, 0.47]
    """
    curve = resampled(gsr, step_ms=STEP_MS, max_gap_ms=MAX_GAP_MS)
    level = statistics(level_blocks(curve))
    count, amplitude_us = responses(curve)
    return {
        "eda_scl": level["mean"],
        "eda_scl_slope": level["slope"],
        "eda_scr_count": count,
        "eda_scr_amplitude_sum": amplitude_us,
    }


def level_blocks(curve: Floats) -> Series:
    """The level (µS) in each 10-s block: its median, which responses hardly move; stamped at its middle.

    `curve` (windows, 240) at 4 Hz with NaN in gaps; a block needs half its values, else it is left out.

    >>> level_blocks(np.full((1, 240), 3.0)).value.tolist()
    [3.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    """
    blocks = np.sort(curve.reshape(len(curve), curve.shape[1] // BLOCK, BLOCK), axis=2)
    count = BLOCK - np.isnan(blocks).sum(axis=2)
    middle = np.stack(((count - 1).clip(min=0) // 2, (count // 2).clip(max=BLOCK - 1)), axis=2)
    pair = np.take_along_axis(blocks, middle, axis=2)
    median = pair[..., 0] + (pair[..., 1] - pair[..., 0]) / 2
    keep = 2 * count >= BLOCK
    centre_ms = np.broadcast_to(np.arange(blocks.shape[1]) * BLOCK_MS + BLOCK_MS // 2, keep.shape)
    return Series(centre_ms[keep], median[keep], np.concatenate(([0], np.cumsum(keep.sum(axis=1)))))


def responses(curve: Floats) -> tuple[Floats, Floats]:
    """Number of skin conductance responses and the sum of their amplitudes (µS), float64 (windows,) each.

    `curve` (windows, 240), µS at 4 Hz with NaN in gaps, is smoothed by a moving mean of 5 values, NaN beside
    gaps. A response is an unbroken climb of that, at 0.01 µS/s or more, by at least 0.05 µS in at most 5 s from its
    trough to its peak, both in the window and no gap between: a climb cut by an edge or gap belongs to no window.
    Both numbers are 0 where the signal climbs nowhere so, and NaN with fewer than 40 smoothed values (10 s).
    Amplitude criterion and rise times: Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x.

    >>> count, amplitude_us = responses(np.full((1, 240), 3.0))
    >>> count.item(), amplitude_us.item()
    (0.0, 0.0)
    """
    count, amplitude_us = _responses(curve)
    return count, amplitude_us


@compiled
def _responses(curve: Floats) -> Floats:
    found = np.full((2, len(curve)), np.nan)
    for window in range(len(curve)):
        smooth, known = _smoothed(curve[window])
        if known >= MIN_SMOOTHED:
            found[0, window], found[1, window] = _rises(smooth)
    return found


@compiled
def _smoothed(curve: Floats) -> tuple[Floats, int]:
    """A moving mean, and how many of its values are known."""
    smooth = np.zeros(len(curve) - SMOOTHED + 1)
    known = 0
    for at in range(len(smooth)):
        for value in curve[at : at + SMOOTHED]:
            smooth[at] += value / SMOOTHED
        known += not np.isnan(smooth[at])
    return smooth, known


@compiled
def _rises(smooth: Floats) -> tuple[int, float]:
    """How many climbs count as responses, and the sum of their amplitudes."""
    count, total_us = 0, 0.0
    trough = 0
    for peak in range(len(smooth)):
        if peak + 1 < len(smooth) and smooth[peak + 1] - smooth[peak] >= RISING_US - TIE_US:
            continue
        whole = trough > 0 and peak + 1 < len(smooth)
        whole = whole and not np.isnan(smooth[trough - 1]) and not np.isnan(smooth[peak + 1])
        climb_us = smooth[peak] - smooth[trough]
        if whole and (peak - trough) * STEP_MS <= MAX_RISE_MS and climb_us >= MIN_AMPLITUDE_US - TIE_US:
            count += 1
            total_us += climb_us
        trough = peak + 1
    return count, total_us
