"""Windows sent pane by pane are the windows."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.features.compute import compute_each, compute_windows
from pipelines.features.pane_cache import FollowedPanes, SentWindow, framed
from pipelines.features.windowing import Windows, windows
from pipelines.signals.series.samples import channels, from_sources, pack, sources, timestamps_ms
from schemas.windows import HOP_MS, WINDOW_MS

START_MS = 1_700_000_000_000
SENSORS = ["ankle", "chest", "wrist"]
Seconds = st.lists(st.integers(0, 400), min_size=1, max_size=60)


def drawn(seconds: list[int], phase_ms: int = 0) -> Windows:
    at_ms = START_MS + np.array(seconds, dtype=np.int64) * 1000
    place = np.arange(len(seconds))
    return windows(pack(at_ms, place % 12, np.linspace(20, 40, len(seconds)), place * 7 % 5 % 3), phase_ms)


def sent(user: str, formed: Windows, restores: set[int]) -> Iterator[SentWindow]:
    """As the stream sends them: whole after a pause and after each restore, else what is new."""
    previous_ms = None
    for row, start_ms in enumerate(formed.window_start_ms.tolist()):
        samples = formed.samples[formed.offsets[row] : formed.offsets[row + 1]]
        fresh = previous_ms != start_ms - HOP_MS or row in restores
        frames = dict(panes(samples, start_ms % HOP_MS))
        size = sum(map(len, frames.values()))
        last_ms = start_ms + WINDOW_MS - HOP_MS
        new = b"".join(frames.values()) if fresh else frames.get(last_ms, b"")
        previous_ms = start_ms
        yield SentWindow(user, start_ms, fresh, size, new)


def panes(samples: NDArray[np.void], phase_ms: int) -> Iterator[tuple[int, bytes]]:
    """Framed as the JVM does: in each pane sensors are numbered as they come."""
    pane_ms = (timestamps_ms(samples) - phase_ms) // HOP_MS * HOP_MS + phase_ms
    for start_ms in np.unique(pane_ms).tolist():
        mine = samples[pane_ms == start_ms]
        order = list(dict.fromkeys(sources(mine)[::-1].tolist()))
        numbers = np.zeros(len(SENSORS), dtype=np.int64)
        numbers[order] = np.arange(len(order))
        yield start_ms, framed(start_ms, [SENSORS[each] for each in order], from_sources(mine, numbers))


def named(samples: NDArray[np.void], sensors: list[str]) -> list[tuple[int, int, str, float]]:
    names = [sensors[each] for each in sources(samples)]
    return sorted(zip(timestamps_ms(samples), channels(samples), names, samples["value"], strict=True))


@given(Seconds, Seconds, st.sets(st.integers(0, 100)))
@settings(deadline=None)
def test_panes_put_together_are_the_windows(ann: list[int], ben: list[int], restores: set[int]) -> None:
    followed = FollowedPanes()
    for user, formed in (("ann", drawn(ann, 1_750)), ("ben", drawn(ben, 3_250))):
        for row, window in enumerate(sent(user, formed, restores)):
            expected = formed.samples[formed.offsets[row] : formed.offsets[row + 1]]
            found = followed.samples(window)
            held = sorted({SENSORS[each] for each in sources(expected)})
            assert named(found, held) == named(expected, SENSORS)


@given(Seconds)
def test_nothing_is_kept_of_users_who_are_gone(seconds: list[int]) -> None:
    followed = FollowedPanes()
    for window in sent("ann", drawn(seconds), set()):
        followed.samples(window)
    assert not followed._kept


def test_features_of_panes_are_those_of_the_whole() -> None:
    formed, followed = drawn(list(range(200))), FollowedPanes()
    pieces = [followed.samples(window) for window in sent("ann", formed, {40})]
    whole = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    np.testing.assert_array_equal(compute_each(formed.window_start_ms, pieces).vector(), whole.vector())


def test_a_window_with_a_missing_pane_is_refused() -> None:
    first, second, *_ = sent("ann", drawn(list(range(100))), set())
    followed = FollowedPanes()
    with pytest.raises(ValueError, match=r"window of user 'ann' from \d+: \d+ of its \d+ bytes are known"):
        followed.samples(second)
    followed.samples(first)
    followed.samples(second)
