"""The columns of every feature view, made from the tables in `schemas`. Needs no Feast: sinks use it too."""

from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import Final, get_args, get_origin

from schemas.channels import CHANNELS
from schemas.feature_table import EVIDENCE_FIGURES, FEATURES
from schemas.records import EmotionEvent, FeatureWindow, Record

ENTITY: Final = "user"
JOIN_KEY: Final = "user_id"
EVENT_TIMESTAMP: Final = "event_timestamp"

WINDOW_FEATURES: Final = "window_features"
USER_BASELINE: Final = "user_baseline"
LATEST_EMOTION: Final = "latest_emotion"


class Kind(StrEnum):
    """The type of a column's values."""

    FLOAT64 = "float64"
    INT64 = "int64"
    STRING = "string"
    BOOL = "bool"


@dataclass(frozen=True)
class Column:
    """One stored value of a row; `source` is the literature or the record that it comes from."""

    name: str
    kind: Kind
    unit: str = ""
    description: str = ""
    source: str = ""


_KINDS: Final[dict[type, Kind]] = {float: Kind.FLOAT64, int: Kind.INT64, str: Kind.STRING, bool: Kind.BOOL}


def _kind(annotation: object) -> Kind | None:
    """The kind of a scalar annotation, `X | None` included; None for containers."""
    options = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    scalar = next(option for option in options if option is not type(None))
    if get_origin(scalar) is not None or not isinstance(scalar, type):
        return None
    return Kind.STRING if issubclass(scalar, StrEnum) else _KINDS.get(scalar)


def record_columns(record: type[Record], *, without: tuple[str, ...] = (JOIN_KEY,)) -> tuple[Column, ...]:
    """A record's scalar fields, in its order."""
    return tuple(
        Column(name, kind, "ms" if name.endswith("_ms") else "", field.description or "", record.__name__)
        for name, field in record.model_fields.items()
        if name not in without and (kind := _kind(field.annotation)) is not None
    )


def _features(prefix: str = "", text: str = "") -> tuple[Column, ...]:
    return tuple(Column(prefix + f.name, Kind.FLOAT64, f.unit, text + f.description, f.source) for f in FEATURES)


def _per_channel(what: str, meaning: str) -> tuple[Column, ...]:
    return tuple(
        Column(f"{what}_{c.name}", Kind.FLOAT64, "1", f"{meaning}: {c.description}", FeatureWindow.__name__)
        for c in CHANNELS
    )


def _window_columns() -> tuple[Column, ...]:
    return (
        *record_columns(FeatureWindow, without=(JOIN_KEY, "window_end_ms", "schema_hash")),
        *_features(),
        *_per_channel("coverage", "share of the window's seconds with a reading"),
        *_per_channel("quality", "share of the window with good signal"),
        *(Column(e.name, Kind.FLOAT64, e.unit, e.description, e.source) for e in EVIDENCE_FIGURES),
    )


def _baseline_columns() -> tuple[Column, ...]:
    return (
        Column("baseline_windows", Kind.INT64, "windows", "resting windows that the baseline was taken from"),
        *_features("baseline_mean_", "mean at rest: "),
        *_features("baseline_std_", "standard deviation at rest: "),
    )


VIEWS: Final[dict[str, tuple[Column, ...]]] = {
    WINDOW_FEATURES: _window_columns(),
    USER_BASELINE: _baseline_columns(),
    LATEST_EMOTION: record_columns(EmotionEvent),
}
"""View name to its columns, besides the join key and the event timestamp; order is stored order."""

VIEW_DESCRIPTIONS: Final = {
    WINDOW_FEATURES: "the newest 60-second window of a user; the event timestamp is the window's end",
    USER_BASELINE: "a user's resting level of every feature; never made from the future",
    LATEST_EMOTION: "the newest emotion event of a user",
}
