"""Who is in the demo: people to train on, and people the model has never seen, shown afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.core.errors import InputError
from pipelines.core.settings import Settings
from pipelines.recordings.discover import recordings
from pipelines.replay.people import simulated
from pipelines.sources.recording import Recording, shifted
from schemas.windows import HOP_MS, WINDOW_MS

TRAINING_PEOPLE = 40
TRAINING_MINUTES = 8.0
SHOWN_PEOPLE = 5
SHOWN_MINUTES = 10.0
START = "2026-01-01T00:00:00Z"
SEED = 11
LEAST_PEOPLE = 5


@dataclass(frozen=True)
class Cast:
    """Recordings to train on, and recordings to show; all of the second begin together, after the last of the first."""

    training: list[Recording]
    shown: list[Recording]
    simulated: bool

    @property
    def shown_users(self) -> list[str]:
        return sorted({recording.user_id for recording in self.shown})

    @property
    def shown_ms(self) -> int:
        """Event time from the first to the last reading shown."""
        return max(map(_last_ms, self.shown)) - min(map(_first_ms, self.shown))


def cast(settings: Settings) -> Cast:
    """Simulated people, or those of the recordings folder."""
    if settings.recordings is None:
        training = simulated(TRAINING_PEOPLE, minutes=TRAINING_MINUTES, start=START, seed=SEED)
        shown = simulated(SHOWN_PEOPLE, minutes=SHOWN_MINUTES, start=START, seed=SEED, first=TRAINING_PEOPLE)
        return Cast(training, _after(training, shown), simulated=True)
    return _recorded(recordings([settings.recordings]))


def _recorded(found: Sequence[Recording]) -> Cast:
    people = sorted({recording.user_id for recording in found if recording.labels})
    if len(people) < LEAST_PEOPLE:
        raise InputError(f"{len(people)} people with labels.csv found; the demo needs {LEAST_PEOPLE} to train and show")
    unseen = set(people[-max(1, min(SHOWN_PEOPLE, len(people) // 4)) :])
    training = [recording for recording in found if recording.user_id not in unseen]
    shown = [recording for recording in found if recording.user_id in unseen]
    return Cast(training, _after(training, shown), simulated=False)


def _after(training: Sequence[Recording], shown: Sequence[Recording]) -> list[Recording]:
    """Each shown person's recordings moved, one behind the other, to begin when all training readings are over."""
    begin_ms = max(_last_ms(recording) for recording in training) + 2 * WINDOW_MS
    begin_ms -= begin_ms % HOP_MS
    next_ms: dict[str, int] = {}
    moved = []
    for recording in sorted(shown, key=_first_ms):
        start_ms = next_ms.get(recording.user_id, begin_ms)
        moved.append(shifted(recording, start_ms - _first_ms(recording)))
        next_ms[recording.user_id] = _last_ms(moved[-1]) + 2 * WINDOW_MS
    return moved


def _first_ms(recording: Recording) -> int:
    return min(int(stream.timestamp_ms[0]) for stream in recording.streams if len(stream.timestamp_ms))


def _last_ms(recording: Recording) -> int:
    return max(int(stream.timestamp_ms[-1]) for stream in recording.streams if len(stream.timestamp_ms))
