"""Scored windows to smoothed emotion events: what both the stream and tests call. Knows no model and no feature.

The mean is over event time, but made when a window arrives: no event waits for another user's watermark. See
docs/decisions/0002-smoothing-in-order-of-arrival.md.
"""

from collections.abc import Sequence

import numpy as np

from models.core.arrays import Floats, Ints
from models.ensemble.events import Speaker, emotion_events, event_bytes
from models.ensemble.smoothing import smooth_each
from pipelines.inference.wire_format import NOTHING, by_speaker, ends_and_answers, label_set_id, parted

Event = tuple[bytes, bytes | None]
"""A window's event, and that of the shadow."""


def events(user_ids: Sequence[str], scored: Sequence[bytes], recent: Sequence[Sequence[bytes]]) -> list[Event]:
    """The events of scored windows; `recent` holds the answers to each user's last windows, this one among them.

    Their order does not matter. Answers of another label set take no part in the mean: it begins anew.
    """
    now = [parted(blob) for blob in scored]
    last = [[parted(blob) for blob in blobs] for blobs in recent]
    served = _of_side(user_ids, [pair[0] for pair in now], [[pair[0] for pair in pairs] for pairs in last])
    shadowed = [row for row, pair in enumerate(now) if pair[1]]
    beside = _of_side(
        [user_ids[row] for row in shadowed],
        [now[row][1] for row in shadowed],
        [[pair[1] for pair in last[row] if pair[1]] for row in shadowed],
    )
    by_row = dict(zip(shadowed, beside, strict=True))
    return [(event, by_row.get(row)) for row, event in enumerate(served)]


def _of_side(users: Sequence[str], scored: Sequence[bytes], recent: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Of the serving models alone, or of their shadow."""
    found = [NOTHING] * len(scored)
    for speaker, which, answers in by_speaker(scored):
        smoothed = _smoothed(speaker, answers.window_end_ms, [recent[row] for row in which])
        made = emotion_events(speaker, [users[row] for row in which], answers, smoothed=smoothed)
        for row, event in zip(which, made, strict=True):
            found[row] = event_bytes(event)
    return found


def _smoothed(speaker: Speaker, now_end_ms: Ints, recent: Sequence[Sequence[bytes]]) -> Floats:
    ours = label_set_id(speaker.labels)
    alike = [[blob for blob in blobs if blob.startswith(ours)] for blobs in recent]
    moment = np.repeat(np.arange(len(alike)), [len(blobs) for blobs in alike])
    ends, answers = ends_and_answers([blob for blobs in alike for blob in blobs], len(speaker.labels))
    return smooth_each(moment, ends, answers, now_end_ms)
