"""Interpolating quadratic splines through many short series."""

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints


def quadratic_splines(time_ms: Ints, value: Floats, offsets: Ints, *, step_ms: int) -> tuple[Floats, Ints]:
    """Values of each series' spline at 0, step, 2 step, ... ms after its first point, up to its last or just beyond.

    `time_ms` int64 and `value` float64, series i at `offsets[i]:offsets[i + 1]`; times rise, at least 4 points each.
    The spline has degree 2 and its knots midway between points, without the first and last midpoint; it is the one
    `scipy.interpolate.interp1d(kind="quadratic")` draws. Beyond its last point a series stays at its last value.
    Returns the curves, one after the other, and where each begins and ends; one of T ms has ceil(T / step) + 1 values.
    de Boor 1978, doi:10.1007/978-1-4612-6333-3.

    >>> time_ms, value = np.array([7, 17, 27, 37, 47]), np.array([0.0, 1.0, 4.0, 9.0, 16.0])
    >>> curve, ends = quadratic_splines(time_ms, value, np.array([0, 5]), step_ms=15)
    >>> curve.round(9).tolist(), ends.tolist()
    ([0.0, 2.25, 9.0, 16.0], [0, 4])
    """
    span_ms = time_ms[offsets[1:] - 1] - time_ms[offsets[:-1]]
    ends = np.concatenate(([0], np.cumsum(-(-span_ms // step_ms) + 1)))
    return _drawn(time_ms, value, offsets, ends, step_ms), ends


@compiled
def _drawn(time_ms: Ints, value: Floats, offsets: Ints, ends: Ints, step_ms: int) -> Floats:
    curve = np.empty(ends[-1])
    for series in range(len(offsets) - 1):
        first, end = offsets[series], offsets[series + 1]
        at_ms = (time_ms[first:end] - time_ms[first]).astype(np.float64)
        knot = _knots(at_ms)
        _draw(knot, _weights(at_ms, knot, value[first:end]), step_ms, curve[ends[series] : ends[series + 1]])
    return curve


@compiled
def _knots(at_ms: Floats) -> Floats:
    """Three knots at the first point, the inner midpoints, three at the last point."""
    points = len(at_ms)
    knot = np.empty(points + 3)
    for place in range(3):
        knot[place], knot[points + place] = at_ms[0], at_ms[points - 1]
    for point in range(1, points - 2):
        knot[point + 2] = (at_ms[point] + at_ms[point + 1]) / 2
    return knot


@compiled
def _basis(x: float, knot: Floats, span: int) -> tuple[float, float, float]:
    """The three quadratic B-splines that are not 0 at x, which lies between knots `span` and `span + 1`."""
    low, high = knot[span], knot[span + 1]
    left = (high - x) ** 2 / ((high - knot[span - 1]) * (high - low))
    right = (x - low) ** 2 / ((knot[span + 2] - low) * (high - low))
    return left, 1 - left - right, right


@compiled
def _weights(at_ms: Floats, knot: Floats, value: Floats) -> Floats:
    """What makes the spline pass through all points: a system of three diagonals, by Gaussian elimination.

    It is totally positive, so no pivot is sought. The first and the last point are weights themselves.
    """
    points = len(at_ms)
    on, above, weight = np.ones(points), np.zeros(points), value.copy()
    for point in range(1, points - 1):
        below, on[point], above[point] = _basis(at_ms[point], knot, point + 1)
        factor = below / on[point - 1]
        on[point] -= factor * above[point - 1]
        weight[point] -= factor * weight[point - 1]
    for point in range(points - 2, -1, -1):
        weight[point] = (weight[point] - above[point] * weight[point + 1]) / on[point]
    return weight


@compiled
def _draw(knot: Floats, weight: Floats, step_ms: int, curve: Floats) -> None:
    span, last = 2, len(weight) - 1
    for step in range(len(curve)):
        x = min(float(step * step_ms), knot[-1])
        while span < last and knot[span + 1] <= x:
            span += 1
        left, middle, right = _basis(x, knot, span)
        curve[step] = left * weight[span - 2] + middle * weight[span - 1] + right * weight[span]
