"""The Avro schema of the feature window record, made from the tables: `python -m schemas.avro_schema` writes its file.

Every number of a window is a plain `float`, and NaN where it is missing. So a record of n floats is, in Avro's binary
form, n little-endian floats behind each other: whoever has arrays needs no object per number, and whoever has a library
and the file gets every number by its name.
"""

import json
from pathlib import Path
from typing import Any, Final

from schemas.channels import SEQUENCE_CHANNELS
from schemas.records import FeatureWindow, Record
from schemas.windows import WINDOW_S

FOLDER: Final = Path(__file__).parent / "avro"
NAMESPACE: Final = "eqm"
MISSING: Final = "NaN is missing"
SCHEMA_HASH_BYTES: Final = 8

MARKER: Final = b"\xc3\x01"
"""Before each record, with the fingerprint of its schema: Avro's single-object encoding."""

_CANONICAL: Final = ("name", "type", "fields", "size")
"""What readers must agree on, in the order of Avro's Parsing Canonical Form. Our schemas have none of its others."""

_EMPTY: Final = 0xC15D213AA4D7A795
"""The fingerprint of no bytes, and the polynomial of CRC-64-AVRO."""


def file_of() -> Path:
    """Where the committed schema stands."""
    return FOLDER / f"{FeatureWindow.__name__}.v{FeatureWindow.record_version}.avsc"


def feature_window_schema() -> dict[str, Any]:
    """The schema, with a description and a unit beside each number.

    >>> [field["name"] for field in feature_window_schema()["fields"]][:5]
    ['user_id', 'window_start_ms', 'window_end_ms', 'samples', 'features']
    """
    defined: set[str] = set()
    fields = [
        {"name": name, "type": _type(name, field.annotation, defined), **_doc(field.description)}
        for name, field in FeatureWindow.model_fields.items()
    ]
    doc = f"{(FeatureWindow.__doc__ or '').strip()} Of all numbers, {MISSING}."
    return {**_named("record", FeatureWindow.__name__), "doc": doc, "fields": fields}


def _type(name: str, annotation: Any, defined: set[str]) -> Any:  # noqa: ANN401
    """A field's type; a named type in full the first time, and its name from then on."""
    if name == "sequence":
        return _sequence()
    if name == "schema_hash":
        doc = "the sixteen hexadecimal digits of the schema hash, as bytes"
        return {**_named("fixed", "SchemaHash"), "doc": doc, "size": SCHEMA_HASH_BYTES}
    if isinstance(annotation, type) and issubclass(annotation, Record):
        if annotation.__name__ in defined:
            return f"{NAMESPACE}.{annotation.__name__}"
        defined.add(annotation.__name__)
        texts = {key: field.description or "" for key, field in annotation.model_fields.items()}
        return {**_named("record", annotation.__name__), "fields": _floats(texts)}
    return {str: "string", int: "long"}[annotation]


def _sequence() -> dict[str, Any]:
    """A record of a record of a minute's seconds. Avro has no array of fixed length, and this is one, byte for byte."""
    seconds = {f"s{second:02d}": "" for second in range(WINDOW_S)}
    per_second = {**_named("record", "PerSecond"), "doc": "one number a second", "fields": _floats(seconds)}
    types = [per_second, *[per_second["name"]] * (len(SEQUENCE_CHANNELS) - 1)]
    fields = [{"name": name, "type": kind} for name, kind in zip(SEQUENCE_CHANNELS, types, strict=True)]
    return {**_named("record", "Sequence"), "fields": fields}


def _floats(texts: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": "float", **_doc(text)} for name, text in texts.items()]


def _named(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "name": f"{NAMESPACE}.{name}"}


def _doc(text: str | None) -> dict[str, str]:
    return {"doc": text} if text else {}


def canonical(schema: Any) -> str:  # noqa: ANN401
    """Avro's Parsing Canonical Form of a schema whose names are written in full.

    >>> canonical({"type": "record", "name": "a.B", "doc": "x", "fields": [{"name": "c", "type": "float"}]})
    '{"name":"a.B","type":"record","fields":[{"name":"c","type":"float"}]}'
    """
    return json.dumps(_reduced(schema), separators=(",", ":"))


def _reduced(part: Any) -> Any:  # noqa: ANN401
    if isinstance(part, list):
        return [_reduced(each) for each in part]
    return {name: _reduced(part[name]) for name in _CANONICAL if name in part} if isinstance(part, dict) else part


def fingerprint(schema: Any) -> bytes:  # noqa: ANN401
    """CRC-64-AVRO of the canonical form, eight bytes, the lowest first. Descriptions do not change it.

    >>> fingerprint("int").hex()
    '8f5c393f1ad57572'
    """
    table = [_rest(byte) for byte in range(256)]
    found = _EMPTY
    for byte in canonical(schema).encode():
        found = (found >> 8) ^ table[(found ^ byte) & 0xFF]
    return found.to_bytes(8, "little")


def _rest(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_EMPTY if byte & 1 else 0)
    return byte


def rendered() -> str:
    """The schema as committed text."""
    return json.dumps(feature_window_schema(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    file_of().write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
