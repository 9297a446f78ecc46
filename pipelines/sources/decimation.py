"""Bringing a fast signal down to a rate that the stream carries, without aliasing."""

from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

MAX_HZ: Final = 10.0
TAPS_PER_FACTOR: Final = 20


def decimated(
    values: NDArray[np.float64], rate_hz: float, *, max_hz: float = MAX_HZ
) -> tuple[NDArray[np.float64], float]:
    """Low-pass `values` (samples × channels) and keep every q-th sample, q = ceil(rate / max_hz).

    Exactly: h = windowed-sinc FIR of 20 q + 1 taps, Hamming window, -6 dB at the new Nyquist frequency
    (`scipy.signal.firwin(20 * q + 1, 1 / q)`, unit gain at 0 Hz); the signal is prolonged at both ends with its first
    and last value; y[k] = Σ_j h[j] x[k q + 10 q - j], so without delay; the first sample stays the first. q = 1 returns
    the input. n samples become ceil(n / q); none stay none. A NaN spoils the samples within 10 q of it.
    Source: Oppenheim & Schafer, Discrete-Time Signal Processing, sections 4.6 and 7.5.

    >>> slow, rate_hz = decimated(np.full((64, 1), 0.5), 32.0)
    >>> slow.shape, rate_hz, round(float(slow[0, 0]), 12)
    ((16, 1), 8.0, 0.5)
    """
    factor = ceil(rate_hz / max_hz)
    if factor == 1 or len(values) == 0:
        return values, rate_hz / factor
    taps = signal.firwin(TAPS_PER_FACTOR * factor + 1, 1 / factor, window="hamming")
    slow = signal.resample_poly(values, 1, factor, axis=0, window=taps, padtype="edge")
    return np.asarray(slow, dtype=np.float64), rate_hz / factor
