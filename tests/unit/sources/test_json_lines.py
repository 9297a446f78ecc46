import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.core.errors import InputError
from pipelines.replay.messages import in_event_time
from pipelines.sources.json_lines import readings, recordings
from pipelines.sources.recording import Recording, stream, to_samples

GOOD = {"timestamp": 1_644_228_000_000, "user_id": "ann", "sensor_id": "wrist", "measurements": {"hr": 70}}


def written(path: Path, *lines: str | dict[str, object]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_columns_per_user_sensor_and_channels(tmp_path: Path) -> None:
    path = written(
        tmp_path / "day.jsonl",
        {**GOOD, "measurements": {"gsr": 0.5, "hr": 71.5}},
        {**GOOD, "user_id": "bob"},
        {**GOOD, "timestamp": "2022-02-07T09:59:59.5Z"},
        GOOD,
        {**GOOD, "measurements": {"hr": None}},
        "",
    )
    ann, bob = recordings(path)
    assert (ann.user_id, bob.user_id) == ("ann", "bob")
    assert [each.channels for each in ann.streams] == [("hr", "gsr"), ("hr",)]
    assert ann.streams[0].values.tolist() == [[71.5, 0.5]]
    assert ann.streams[1].timestamp_ms.tolist() == [1_644_227_999_500, 1_644_228_000_000]


def test_what_replay_writes_reads_back(tmp_path: Path) -> None:
    times = 1_644_228_000_000 + 250 * np.arange(500)
    values = np.random.default_rng(0).normal(0.5, 0.1, (500, 2))
    sent = Recording("ann", (stream("wrist", ("gsr", "acc_x"), times, values),))
    path = tmp_path / "day.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.writelines(value + b"\n" for *_, value in in_event_time([sent]))
    assert to_samples(recordings(path)[0]).tobytes() == to_samples(sent).tobytes()


def test_reads_no_further_than_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", GOOD, GOOD, "not json")
    assert len(list(itertools.islice(readings(path), 2))) == 2


def test_a_value_out_of_range_is_left_to_the_stream(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", {**GOOD, "measurements": {"temp": 234.95, "hr": 70}})
    assert recordings(path)[0].streams[0].values.tolist() == [[70.0, 234.95]]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("not json", "Invalid JSON"),
        ('{"timestamp":1644228000000,', "Invalid JSON"),
        ("[1]", "the line"),
        ({**GOOD, "mood": "good"}, "mood: Extra inputs"),
        ({**GOOD, "user_id": ""}, "user_id"),
        ({**GOOD, "measurements": {"hr": "70"}}, "measurements.hr"),
        ({**GOOD, "measurements": {"temp": 234.95, "glucose": 5.4}}, "measurements.glucose"),
        ({**GOOD, "timestamp": "2022-02-07T10:00:00+01:00"}, "not in UTC"),
        ({**GOOD, "timestamp": 0}, "timestamp"),
        ('{"timestamp":1644228000000,"user_id":"a","sensor_id":"b","measurements":{"hr":NaN}}', "line 2"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, line: str | dict[str, object], problem: str) -> None:
    path = written(tmp_path / "day.jsonl", GOOD, line)
    with pytest.raises(InputError) as error:
        recordings(path)
    assert f"{path}, line 2: " in str(error.value)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_a_cut_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 1000)[:-20])
    with pytest.raises(InputError, match="copy or pack the file again"):
        recordings(path)
