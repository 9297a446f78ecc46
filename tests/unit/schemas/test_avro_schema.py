"""The committed Avro schema is that of the tables, and a library sees in it what we see."""

import json
from typing import Any

import fastavro
import pytest
from fastavro.schema import fingerprint as fingerprint_by_fastavro
from fastavro.schema import to_parsing_canonical_form

from schemas.avro_schema import FOLDER, canonical, feature_window_schema, file_of, fingerprint, rendered
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.records import FeatureWindow
from schemas.windows import WINDOW_S

SCHEMA = feature_window_schema()


def test_committed_schema_is_current() -> None:
    assert file_of().read_text(encoding="utf-8") == rendered(), "run `python -m schemas.avro_schema`"


def test_no_schema_is_left_over() -> None:
    assert list(FOLDER.iterdir()) == [file_of()]


def test_canonical_form_and_fingerprint_are_those_of_fastavro() -> None:
    read = json.loads(file_of().read_text(encoding="utf-8"))
    expected = to_parsing_canonical_form(fastavro.parse_schema(read))
    assert canonical(SCHEMA) == expected
    assert fingerprint(SCHEMA) == bytes.fromhex(fingerprint_by_fastavro(expected, "CRC-64-AVRO"))


@pytest.mark.parametrize("name", ["null", "float", "string"])
def test_fingerprints_of_plain_types_are_those_of_fastavro(name: str) -> None:
    assert fingerprint(name) == bytes.fromhex(fingerprint_by_fastavro(f'"{name}"', "CRC-64-AVRO"))


def test_the_fingerprint_follows_names_and_not_descriptions() -> None:
    text = json.dumps(SCHEMA)
    assert fingerprint(json.loads(text.replace("bpm", "beats per minute"))) == fingerprint(SCHEMA)
    assert fingerprint(json.loads(text.replace('"hr_mean"', '"hr_average"'))) != fingerprint(SCHEMA)


def test_every_number_of_the_tables_is_a_float_of_its_name_and_says_its_unit() -> None:
    fields: dict[str, Any] = {field["name"]: field["type"] for field in SCHEMA["fields"]}
    assert tuple(fields) == tuple(FeatureWindow.model_fields)
    named = {"features": FEATURE_NAMES, "coverage": CHANNEL_NAMES, "evidence": EVIDENCE_NAMES}
    for name, names in named.items():
        assert [(each["name"], each["type"]) for each in fields[name]["fields"]] == [(one, "float") for one in names]
    assert fields["quality"] == fields["coverage"]["name"]
    assert [each["name"] for each in fields["sequence"]["fields"]] == list(SEQUENCE_CHANNELS)
    assert [each["type"] for each in fields["sequence"]["fields"][0]["type"]["fields"]] == ["float"] * WINDOW_S
    (rmssd,) = (each for each in fields["features"]["fields"] if each["name"] == "hrv_rmssd")
    assert rmssd["doc"].endswith("(ms)")
