"""One person's demo on one time axis: signals, probabilities, what was said, what was true."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from models.core.manifest import Manifest
from pipelines.core.settings import Settings
from pipelines.demo.cast import Cast
from pipelines.labels.window_labels import UNLABELLED, contradicted, window_labels
from pipelines.reports.pages.tracks import PersonTrack
from schemas.records import EmotionEvent
from schemas.windows import WINDOW_MS

SIGNALS = ("hr_mean", "gsr_mean", "temp_mean", "acc_mag_std")
"""Features drawn as signals."""

LEAST_SHARE = 0.5
"""The truth of a window is the label that covers at least this share of it."""


def tracks(settings: Settings, cast: Cast, manifest: Manifest, events: Sequence[EmotionEvent]) -> list[PersonTrack]:
    """The shown people's tracks, sorted by name."""
    return [_track(settings, cast, manifest, _of(user, events)) for user in cast.shown_users]


def _of(user: str, events: Sequence[EmotionEvent]) -> list[EmotionEvent]:
    return sorted((event for event in events if event.user_id == user), key=lambda event: event.window_end_ms)


def _track(settings: Settings, cast: Cast, manifest: Manifest, events: Sequence[EmotionEvent]) -> PersonTrack:
    user, names = events[0].user_id, manifest.labels
    ends = np.array([event.window_end_ms for event in events], dtype=np.int64)
    truth, contradictory = truth_of(cast, user, names, ends)
    return PersonTrack(
        user_id=user,
        window_end_ms=ends,
        signals=_signals(settings, user, ends),
        probabilities=_matrix([event.raw for event in events], names),
        smoothed=_matrix([event.probabilities for event in events], names),
        members={name: _matrix([event.members[name] for event in events], names) for name in manifest.member_names},
        emotion=[event.emotion for event in events],
        abstained=np.array([event.abstained for event in events]),
        truth=truth,
        contradicted=contradictory,
    )


def truth_of(
    cast: Cast, user: str, names: Sequence[str], window_end_ms: NDArray[np.int64]
) -> tuple[list[str | None], int]:
    """The label of each of a user's windows, None where it has none; and how many touch a contradiction."""
    labels = [label for person in cast.shown if person.user_id == user for label in person.labels]
    index, why = window_labels(labels, names, window_end_ms - WINDOW_MS, least_share=LEAST_SHARE)
    return [None if each == UNLABELLED else names[each] for each in index], contradicted(why)


def _matrix(answers: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[answer[name] for name in names] for answer in answers])


def _signals(settings: Settings, user: str, ends: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    store = ds.dataset(settings.features_folder, format="parquet", partitioning="hive")
    rows = store.to_table(columns=["window_start_ms", *SIGNALS], filter=pc.field("user_id") == user)
    place = {int(start) + WINDOW_MS: row for row, start in enumerate(rows["window_start_ms"].to_numpy())}
    order = [place[int(end)] for end in ends]
    return {name: rows[name].to_numpy()[order] for name in SIGNALS}
