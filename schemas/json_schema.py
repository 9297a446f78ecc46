"""Writes the JSON Schema of every record into `schemas/json/`: `python -m schemas.json_schema`."""

import json
from pathlib import Path

from schemas.records import RECORDS, Record

FOLDER = Path(__file__).parent / "json"


def file_of(record: type[Record]) -> Path:
    """Where a record's committed JSON Schema stands."""
    return FOLDER / f"{record.__name__}.v{record.record_version}.json"


def rendered(record: type[Record]) -> str:
    """The record's JSON Schema (draft 2020-12) as committed text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **record.model_json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for record in RECORDS:
        file_of(record).write_text(rendered(record), encoding="utf-8")


if __name__ == "__main__":
    main()
