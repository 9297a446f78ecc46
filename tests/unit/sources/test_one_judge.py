"""A message, the same as a line of a file, and the file replayed: one judgement, and the same readings."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.replay.messages import in_event_time
from pipelines.sources.json_lines import recordings
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode
from pipelines.sources.recording import Recording, judged
from schemas.channels import CHANNEL_NAMES, CHANNELS
from schemas.reasons import Quarantined
from schemas.windows import LATEST_MS

START_MS = 1_644_228_000_000
Placed = Counter[tuple[str, str, int, tuple[tuple[str, float], ...]]]
"""Readings, however often each."""

NUMBERS = st.sampled_from(sorted({none for channel in CHANNELS for none in channel.none})) | st.floats(-70, 350)
BEATS = st.lists(st.floats(200, 4000) | st.sampled_from([0, 65_535, 9000, 255]), max_size=5)
MESSAGES = st.fixed_dictionaries(
    {
        "timestamp": st.integers(START_MS, START_MS + 60_000),
        "user_id": st.sampled_from(["ann", "Zoë"]),
        "sensor_id": st.sampled_from(["wrist", "belt"]),
        "measurements": st.dictionaries(st.sampled_from(CHANNEL_NAMES), st.none() | NUMBERS, max_size=3)
        | st.fixed_dictionaries({"ibi": BEATS}, optional={"hr": NUMBERS, "gsr": NUMBERS}),
    }
)
LEFT_TO_OTHERS = {Quarantined.NO_MEASUREMENTS, Quarantined.OUT_OF_RANGE}


def sent(messages: list[tuple[str, bytes]]) -> tuple[Placed, Counter[Quarantined]]:
    """What the stream archives of messages, and its reasons for the others."""
    found: Placed = Counter()
    reasons: Counter[Quarantined] = Counter()
    for user, value in messages:
        try:
            found.update(map(placed, decode(user.encode(), value, LATEST_MS)))
        except RejectedError as fault:
            reasons[fault.reason] += 1
    return found, reasons


def placed(reading: Decoded) -> tuple[str, str, int, tuple[tuple[str, float], ...]]:
    return reading.user_id, reading.sensor_id, reading.timestamp_ms, tuple(sorted(reading.measurements.items()))


def kept(people: list[Recording]) -> Placed:
    found: Placed = Counter()
    for person in people:
        for stream in person.streams:
            for at_ms, row in zip(stream.timestamp_ms.tolist(), stream.values.tolist(), strict=True):
                measured = {name: value for name, value in zip(stream.channels, row, strict=True) if value == value}
                found[placed(Decoded(person.user_id, stream.sensor_id, at_ms, measured))] += 1
    return found


@given(st.lists(MESSAGES, min_size=1, max_size=12))
def test_a_file_gives_what_its_messages_and_its_replay_give(
    tmp_path_factory: pytest.TempPathFactory, messages: list[dict]
) -> None:
    path: Path = tmp_path_factory.mktemp("files", numbered=True) / "day.jsonl"
    lines = [(message["user_id"], json.dumps(message).encode()) for message in messages]
    path.write_bytes(b"\n".join(line for _, line in lines))
    people = recordings(path)
    judgements = [judged(person) for person in people]
    replayed = [(user, value) for user, _, _, value in in_event_time(people)]

    direct, reasons = sent(lines)
    again, reasons_again = sent(replayed)
    left_out = sum((counts for _, counts in judgements), Counter())
    assert kept([person for person, _ in judgements]) == direct == again
    assert reasons_again == +left_out
    assert set(reasons) <= LEFT_TO_OTHERS
    assert reasons[Quarantined.OUT_OF_RANGE] == left_out[Quarantined.OUT_OF_RANGE]
    assert reasons[Quarantined.NO_MEASUREMENTS] >= left_out[Quarantined.NO_MEASUREMENTS], "lines without a number"
