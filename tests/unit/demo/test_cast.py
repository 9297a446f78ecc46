"""Who is shown was never trained on, and comes after all that was."""

from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.core.settings import Settings
from pipelines.demo import cast as casting
from pipelines.replay.people import simulated
from pipelines.sources.recording import Recording
from schemas.windows import HOP_MS, WINDOW_MS

PEOPLE = simulated(8, minutes=2, start="2025-01-01T00:00:00Z", seed=1)


def times(recordings: list[Recording]) -> list[int]:
    return [int(at) for each in recordings for stream in each.streams for at in stream.timestamp_ms[[0, -1]]]


def test_recorded_people_are_split_and_shown_later() -> None:
    found = casting._recorded(PEOPLE)
    assert not {each.user_id for each in found.training} & set(found.shown_users)
    assert {each.user_id for each in found.training} | set(found.shown_users) == {each.user_id for each in PEOPLE}
    assert min(times(found.shown)) >= max(times(found.training)) + WINDOW_MS
    assert min(times(found.shown)) % HOP_MS == 0
    assert not found.simulated


def test_labels_move_with_their_recording() -> None:
    found = casting._recorded(PEOPLE)
    shown = found.shown[0]
    before = next(each for each in PEOPLE if each.user_id == shown.user_id)
    moved_ms = casting._first_ms(shown) - casting._first_ms(before)
    assert [each.start_ms - moved_ms for each in shown.labels] == [each.start_ms for each in before.labels]


def test_too_few_people_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs 5"):
        casting._recorded(PEOPLE[:3])
    with pytest.raises(InputError):
        casting.cast(Settings(recordings=tmp_path))


def test_simulated_people_are_as_many_as_said() -> None:
    found = casting.cast(Settings())
    assert (len(found.training), len(found.shown)) == (casting.TRAINING_PEOPLE, casting.SHOWN_PEOPLE)
    assert min(times(found.shown)) > max(times(found.training))
