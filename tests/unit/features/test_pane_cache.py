"""Windows sent pane by pane are the windows."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.features.compute import compute_pieces, compute_windows
from pipelines.features.pane_cache import FollowedPanes, SentWindow
from pipelines.features.windowing import Windows, windows
from pipelines.signals.samples import pack
from schemas.windows import HOP_MS, WINDOW_MS

START_MS = 1_700_000_000_000
Seconds = st.lists(st.integers(0, 400), min_size=1, max_size=60)


def drawn(seconds: list[int]) -> Windows:
    at_ms = START_MS + np.array(seconds, dtype=np.int64) * 1000
    return windows(pack(at_ms, np.arange(len(seconds)) % 12, np.linspace(20, 40, len(seconds))))


def sent(user: str, formed: Windows, restores: set[int]) -> Iterator[SentWindow]:
    """As the stream sends them: whole after a pause and after each restore, else what is new."""
    previous_ms = None
    for row, start_ms in enumerate(formed.window_start_ms.tolist()):
        samples = formed.samples[formed.offsets[row] : formed.offsets[row + 1]]
        fresh = previous_ms != start_ms - HOP_MS or row in restores
        new = samples if fresh else samples[samples["key"] // 16 >= start_ms + WINDOW_MS - HOP_MS]
        previous_ms = start_ms
        yield SentWindow(user, start_ms, fresh, samples.nbytes, new.tobytes())


def together(pieces: list[bytes]) -> NDArray[np.void]:
    return np.sort(np.frombuffer(b"".join(pieces), dtype=pack(*np.zeros((3, 0), int)).dtype))


@given(Seconds, Seconds, st.sets(st.integers(0, 100)))
@settings(deadline=None)
def test_panes_put_together_are_the_windows(ann: list[int], ben: list[int], restores: set[int]) -> None:
    followed = FollowedPanes()
    for user, formed in (("ann", drawn(ann)), ("ben", drawn(ben))):
        for row, window in enumerate(sent(user, formed, restores)):
            expected = formed.samples[formed.offsets[row] : formed.offsets[row + 1]]
            np.testing.assert_array_equal(together(followed.samples(window)), np.sort(expected))


@given(Seconds)
def test_nothing_is_kept_of_users_who_are_gone(seconds: list[int]) -> None:
    followed = FollowedPanes()
    for window in sent("ann", drawn(seconds), set()):
        followed.samples(window)
    assert not followed._kept


def test_features_of_pieces_are_those_of_the_whole() -> None:
    formed = drawn(list(range(200)))
    pieces = [[part.tobytes() for part in np.array_split(formed.samples[low:high], 3)] for low, high in bounds(formed)]
    whole = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    np.testing.assert_array_equal(compute_pieces(formed.window_start_ms, pieces).vector(), whole.vector())


def bounds(formed: Windows) -> Iterator[tuple[int, int]]:
    return zip(formed.offsets[:-1].tolist(), formed.offsets[1:].tolist(), strict=True)


def test_a_window_with_a_missing_pane_is_refused() -> None:
    first, second, *_ = sent("ann", drawn(list(range(100))), set())
    followed = FollowedPanes()
    with pytest.raises(ValueError, match=r"window of user 'ann' from \d+: 80 of its 160 bytes are known"):
        followed.samples(second)
    followed.samples(first)
    followed.samples(second)
