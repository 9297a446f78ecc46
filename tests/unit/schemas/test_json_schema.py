"""The committed JSON Schemas are those of the records, and say what the records say."""

import json

import jsonschema
import pytest

from schemas.channels import CHANNELS
from schemas.json_schema import FOLDER, file_of, rendered
from schemas.records import RECORDS, Reading, Record

GOOD = {"timestamp": 1_700_000_000_000, "user_id": "ann", "sensor_id": "wrist", "measurements": {"hr": 61}}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_committed_schema_is_current(record: type[Record]) -> None:
    assert file_of(record).read_text(encoding="utf-8") == rendered(record), "run `python -m schemas.json_schema`"


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {file_of(record).name for record in RECORDS}


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": 0},
        {"user_id": ""},
        {"colour": "red"},
        {"measurements": {"hr": "sixty"}},
        {"measurements": {"hr": 1e9}},
        {"measurements": {"heart": 61}},
    ],
)
def test_schema_and_record_refuse_the_same(change: dict[str, object]) -> None:
    schema = jsonschema.Draft202012Validator(Reading.model_json_schema())
    assert not schema.is_valid({**GOOD, **change})
    with pytest.raises(ValueError):
        Reading.model_validate_json(json.dumps({**GOOD, **change}))


@pytest.mark.parametrize("change", [{}, {"timestamp": "2023-11-14T22:13:20Z"}, {"measurements": {"hr": None}}])
def test_schema_and_record_accept_the_same(change: dict[str, object]) -> None:
    schema = jsonschema.Draft202012Validator(Reading.model_json_schema())
    assert schema.is_valid({**GOOD, **change})
    assert Reading.model_validate_json(json.dumps({**GOOD, **change})).user_id == "ann"


def test_channel_names_are_unique_and_ranges_nested() -> None:
    assert len({channel.name for channel in CHANNELS}) == len(CHANNELS)
    for channel in CHANNELS:
        assert channel.valid[0] <= channel.plausible[0] < channel.plausible[1] <= channel.valid[1]
