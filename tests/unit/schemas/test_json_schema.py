"""The committed JSON Schemas are those of the records, and say what the records say."""

import json

import jsonschema
import pytest

from pipelines.sources.reading_decoder import RejectedError, decode
from schemas.channels import CHANNELS
from schemas.json_schema import FOLDER, file_of, rendered
from schemas.records import RECORDS, Reading, Record
from schemas.windows import LATEST_MS

GOOD = {"timestamp": 1_700_000_000_000, "user_id": "ann", "sensor_id": "wrist", "measurements": {"hr": 61}}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_committed_schema_is_current(record: type[Record]) -> None:
    assert file_of(record).read_text(encoding="utf-8") == rendered(record), "run `python -m schemas.json_schema`"


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {file_of(record).name for record in RECORDS}


BAD = (
    {"timestamp": 0},
    {"timestamp": "2023-11-14T22:13:20+01:00"},
    {"timestamp": "2023-11-14T22:13:20,5Z"},
    {"timestamp": "1700000000000"},
    {"timestamp": 1_700_000_000_000.5},
    {"user_id": ""},
    {"user_id": "x" * 129},
    {"user_id": "ann\x1b[2J"},
    {"sensor_id": "wrist\u2028"},
    {"sensor_id": "\u202ewrist"},
    {"sensor_id": "wri\nst"},
    {"colour": "red"},
    {"measurements": {"hr": "sixty"}},
    {"measurements": {"hr": "61"}},
    {"measurements": {"hr": True}},
    {"measurements": {"ibi": ["800"]}},
    {"measurements": {"hr": 1e9}},
    {"measurements": {"hr": 19}},
    {"measurements": {"hr": [61]}},
    {"measurements": {"temp": -1}},
    {"measurements": {"ibi": [800, None]}},
    {"measurements": {"ibi": [800, 199]}},
    {"measurements": {"ibi": [800] * 257}},
    {"measurements": {"heart": 61}},
)
GOOD_CHANGES = (
    {},
    {"timestamp": "2023-11-14T22:13:20Z"},
    {"timestamp": "2023-11-14t22:13+00:00"},
    {"user_id": "👩\u200d🚀"},
    {"measurements": {"hr": None, "gsr": 0}},
    {"measurements": {"hr": 255, "gsr": 0.42}},
    {"measurements": {"hr": 0, "temp": 0}},
    {"measurements": {"ibi": [800, 65_535, 810.5]}},
    {"measurements": {"ibi": [800] * 256}},
)


@pytest.mark.parametrize("change", BAD)
def test_schema_record_and_decoder_refuse_the_same(change: dict[str, object]) -> None:
    schema = jsonschema.Draft202012Validator(Reading.model_json_schema())
    message = {**GOOD, **change}
    assert not schema.is_valid(message)
    with pytest.raises(ValueError):
        Reading.model_validate_json(json.dumps(message))
    with pytest.raises(RejectedError):
        decode(str(message["user_id"]).encode(), json.dumps(message).encode(), LATEST_MS)


@pytest.mark.parametrize("change", GOOD_CHANGES)
def test_schema_record_and_decoder_accept_the_same(change: dict[str, object]) -> None:
    schema = jsonschema.Draft202012Validator(Reading.model_json_schema())
    message = {**GOOD, **change}
    assert schema.is_valid(message)
    assert Reading.model_validate_json(json.dumps(message)).user_id == message["user_id"]
    assert decode(str(message["user_id"]).encode(), json.dumps(message).encode(), LATEST_MS)[-1].sensor_id == "wrist"


def test_channel_names_are_unique_and_ranges_nested() -> None:
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)
    for channel in CHANNELS:
        assert channel.valid[0] <= channel.plausible[0] < channel.plausible[1] <= channel.valid[1]


def test_no_value_is_none_that_a_worn_device_measures() -> None:
    for channel in CHANNELS:
        assert not [none for none in channel.none if channel.plausible[0] <= none <= channel.plausible[1]], channel.name


def test_only_a_duration_can_be_successive() -> None:
    assert {(channel.name, channel.unit) for channel in CHANNELS if channel.successive} == {("ibi", "ms")}
