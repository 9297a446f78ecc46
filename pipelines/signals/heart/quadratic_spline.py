"""Interpolating quadratic splines through many short series at once."""

import numpy as np

from pipelines.signals.series.segments import Floats, Ints


def quadratic_spline(time_ms: Ints, value: Floats, count: Ints, *, step_ms: int) -> Floats:
    """Values of the spline at time 0, step, 2 step, ... ms of each series, up to the longest series' end.

    `time_ms` int64 and `value` float64 (series, points), padded after `count` (series,) points by anything; times
    rise from 0, at least 4 points each. The spline has degree 2 and its knots midway between points, without the
    first and last midpoint; it is the one `scipy.interpolate.interp1d(kind="quadratic")` draws. Beyond its last
    point a series stays at its last value. Returns (series, ceil(longest / step) + 1).
    de Boor 1978, doi:10.1007/978-1-4612-6333-3.

    >>> curve = np.array([[0.0, 1.0, 4.0, 9.0, 16.0]])
    >>> quadratic_spline(np.array([[0, 10, 20, 30, 40]]), curve, np.array([5]), step_ms=15).round(9).tolist()
    [[0.0, 2.25, 9.0, 16.0]]
    """
    last = count - 1
    inside = np.arange(time_ms.shape[1]) <= last[:, None]
    end_ms = np.take_along_axis(time_ms, last[:, None], axis=1)
    time_ms = np.where(inside, time_ms, end_ms)
    knot = _knots(time_ms.astype(np.float64), last)
    weight = _solved(_collocation(time_ms, knot, last), np.where(inside, value, 0.0))
    grid_ms = np.arange(0, end_ms.max() + step_ms, step_ms, dtype=np.float64)
    span = _spans(time_ms, last, width=len(grid_ms), step_ms=step_ms)
    left, middle, right = _basis(np.minimum(grid_ms, end_ms), knot, span)
    near = [np.take_along_axis(weight, span + shift, axis=1) for shift in (-2, -1, 0)]
    curve: Floats = left * near[0] + middle * near[1] + right * near[2]
    return curve


def _knots(x: Floats, last: Ints) -> Floats:
    """Three knots at the first point, the inner midpoints, then the last point to the end."""
    middle = (x[:, 1:] + x[:, :-1]) / 2
    end = np.take_along_axis(x, last[:, None], axis=1)
    inner = np.where(np.arange(1, middle.shape[1]) < last[:, None] - 1, middle[:, 1:], end)
    edge = np.ones((1, 3))
    return np.concatenate((x[:, :1] * edge, inner, end * edge), axis=1)


def _basis(x: Floats, knot: Floats, span: Ints) -> tuple[Floats, Floats, Floats]:
    """The three quadratic B-splines that are not 0 at x, which lies between knots `span` and `span + 1`."""
    before, low, high, after = (np.take_along_axis(knot, span + shift, axis=1) for shift in (-1, 0, 1, 2))
    width = high - low
    left = (high - x) ** 2 / ((high - before) * width)
    right = (x - low) ** 2 / ((after - low) * width)
    return left, 1 - left - right, right


def _collocation(time_ms: Ints, knot: Floats, last: Ints) -> tuple[Floats, Floats, Floats]:
    """The diagonals (below, on, above) of the system that makes the spline pass through all points."""
    point = np.arange(time_ms.shape[1])
    inner = (point > 0) & (point < last[:, None])
    span = np.where(inner, point + 1, 2)
    left, middle, right = _basis(np.where(inner, time_ms, time_ms[:, :1]), knot, span)
    return np.where(inner, left, 0.0), np.where(inner, middle, 1.0), np.where(inner, right, 0.0)


def _solved(diagonals: tuple[Floats, Floats, Floats], value: Floats) -> Floats:
    """Gaussian elimination along the points, all series abreast; the system is totally positive: no pivots."""
    below, on, above = (np.ascontiguousarray(diagonal.T) for diagonal in diagonals)
    result = value.T.copy()
    for point in range(1, len(on)):
        factor = below[point] / on[point - 1]
        on[point] -= factor * above[point - 1]
        result[point] -= factor * result[point - 1]
    result[-1] /= on[-1]
    for point in range(len(on) - 2, -1, -1):
        result[point] = (result[point] - above[point] * result[point + 1]) / on[point]
    return np.ascontiguousarray(result.T)


def _spans(time_ms: Ints, last: Ints, *, width: int, step_ms: int) -> Ints:
    """For each grid time the knot it lies behind: 2 more than the number of inner midpoints passed."""
    twice_middle = time_ms[:, 1:-1] + time_ms[:, 2:]
    inner = np.arange(1, time_ms.shape[1] - 1) < last[:, None] - 1
    row = np.broadcast_to(np.arange(len(time_ms))[:, None], inner.shape)
    first_behind = -(-twice_middle // (2 * step_ms))
    passed = np.bincount((row * width + first_behind)[inner], minlength=len(time_ms) * width)
    return 2 + passed.reshape(-1, width).cumsum(axis=1)
