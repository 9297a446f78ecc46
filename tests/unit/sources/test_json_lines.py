import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.core.errors import InputError
from pipelines.replay.messages import in_event_time
from pipelines.sources.json_lines import readings, recordings
from pipelines.sources.recording import Recording, judged, stream, to_samples
from schemas.reasons import Quarantined

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


@pytest.mark.parametrize(
    ("measurements", "values"),
    [
        ({"temp": 234.95, "hr": 70}, [[70.0, 234.95]]),
        ({"hr": 255, "gsr": 0.42}, [[255.0, 0.42]]),
        ({"hr": 0}, [[0.0]]),
        ({"ibi": 65_535, "hr": None}, [[65_535.0]]),
    ],
)
def test_a_number_is_left_to_the_stream_to_judge(
    tmp_path: Path, measurements: dict[str, float | None], values: list[list[float]]
) -> None:
    path = written(tmp_path / "day.jsonl", {**GOOD, "measurements": measurements})
    assert recordings(path)[0].streams[0].values.tolist() == values


def test_a_number_beyond_all_ranges_is_left_to_the_stream_too(tmp_path: Path) -> None:
    path = written(tmp_path / "day.jsonl", json.dumps(GOOD).replace("70", "-1e400"))
    (found,) = recordings(path)
    assert judged(found)[1] == {Quarantined.OUT_OF_RANGE: 1}


@pytest.mark.parametrize("ibi", [[800, 9000, 810], [800] * 300, [9000]])
def test_a_refused_list_is_one_refused_reading(tmp_path: Path, ibi: list[float]) -> None:
    path = written(tmp_path / "day.jsonl", GOOD, {**GOOD, "measurements": {"ibi": ibi, "hr": 71}})
    kept, left_out = judged(recordings(path)[0])
    assert left_out == {Quarantined.OUT_OF_RANGE: 1}
    assert [each.values.tolist() for each in kept.streams] == [[[70.0]], []]


def test_a_list_is_its_beats(tmp_path: Path) -> None:
    """Those before an unknown one have no place in time; without any, the others of the message count."""
    lists = ([800, 820.5], [800, 65_535, 810], [], [800, 0])
    path = written(
        tmp_path / "day.jsonl",
        *(
            {**GOOD, "timestamp": 1_644_228_000_000 + at * 10_000, "measurements": {"ibi": ibi, "hr": 70}}
            for at, ibi in enumerate(lists)
        ),
    )
    beats, both, alone = recordings(path)[0].streams
    assert (beats.channels, both.channels, alone.channels) == (("ibi",), ("hr", "ibi"), ("hr",))
    assert (beats.timestamp_ms - 1_644_228_000_000).tolist() == [-820]
    assert both.values.tolist() == [[70, 820.5], [70, 810]]
    assert (alone.timestamp_ms - 1_644_228_000_000).tolist() == [20_000, 30_000]


@pytest.mark.parametrize("measurements", [{}, {"hr": None}, {"ibi": []}, {"ibi": [800, -1]}])
def test_a_line_that_measures_nothing_is_skipped(tmp_path: Path, measurements: dict[str, object]) -> None:
    path = written(tmp_path / "day.jsonl", {**GOOD, "measurements": measurements}, GOOD)
    assert len(list(readings(path))) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("not json", "malformed_json: Expecting value"),
        ('{"timestamp":1644228000000,', "malformed_json"),
        (json.dumps(GOOD).replace("70", "NaN"), "malformed_json: NaN"),
        (json.dumps(GOOD).replace("70", "070"), "malformed_json"),
        ("[1]", "not_an_object"),
        ({**GOOD, "mood": "good"}, "unknown_field: mood"),
        ({**GOOD, "measurements": {"temp": 234.95, "glucose": 5.4}}, "unknown_field: measurements.glucose"),
        (
            json.dumps(GOOD).replace('"user_id": "ann"', '"user_id": "ann", "user_id": "ann"'),
            "duplicate_field: user_id",
        ),
        (json.dumps(GOOD).replace('"hr": 70', '"hr": 70, "hr": 70'), "duplicate_field: measurements.hr"),
        ({**GOOD, "measurements": {"hr": "70"}}, "wrong_type: measurements.hr"),
        ({**GOOD, "timestamp": 1_644_228_000_000.0}, "wrong_type: timestamp"),
        ({"timestamp": 1_644_228_000_000}, "missing_field: user_id"),
        ({**GOOD, "user_id": ""}, "bad_user_id"),
        ({**GOOD, "user_id": "ann\x1b[2J"}, "bad_user_id"),
        ({**GOOD, "sensor_id": "a\u2028"}, "bad_sensor_id"),
        ({**GOOD, "timestamp": "2022-02-07T10:00:00+01:00"}, "bad_timestamp: '2022-02-07T10:00:00+01:00'"),
        ({**GOOD, "timestamp": "1650000000"}, "bad_timestamp"),
        ({**GOOD, "timestamp": "2022-04-15T05:20:00,5Z"}, "bad_timestamp"),
        ({**GOOD, "timestamp": 0}, "absurd_timestamp: 0"),
        ({**GOOD, "timestamp": 10**400}, "absurd_timestamp"),
    ],
)
def test_errors_name_file_line_and_the_stream_s_reason(
    tmp_path: Path, line: str | dict[str, object], problem: str
) -> None:
    path = written(tmp_path / "day.jsonl", GOOD, line)
    with pytest.raises(InputError) as error:
        recordings(path)
    assert f"{path}, line 2: {problem}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "line", [{**GOOD, "x" * 50_000: 1}, {**GOOD, "timestamp": "2" * 50_000}, {**GOOD, "timestamp": 10**900}]
)
def test_an_error_is_short_whatever_the_line_holds(tmp_path: Path, line: dict[str, object]) -> None:
    with pytest.raises(InputError) as error:
        recordings(written(tmp_path / "day.jsonl", line))
    assert len(str(error.value)) < len(str(tmp_path)) + 300


def test_bytes_that_are_no_text_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl"
    path.write_bytes(json.dumps(GOOD).encode().replace(b"wrist", b"wr\xc0\x80ist") + b"\n")
    with pytest.raises(InputError, match=r"day\.jsonl, line 1: malformed_json"):
        recordings(path)


def test_a_cut_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "day.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 1000)[:-20])
    with pytest.raises(InputError, match="copy or pack the file again"):
        recordings(path)
