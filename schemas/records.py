"""The records that travel, each declared once. JSON Schemas, Flink DDL and Feast fields are made from these."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from schemas.channels import CHANNEL_NAMES, CHANNELS, SEQUENCE_CHANNELS, Channel
from schemas.feature_table import EVIDENCE_FIGURES, FEATURES
from schemas.message_rules import FORBIDDEN_IN_IDS, INSTANT, MAX_ID_LENGTH, MAX_SUCCESSIVE, code_points, is_identity
from schemas.reasons import Abstained, Quarantined
from schemas.roles import ModelStatus, Role
from schemas.windows import EARLIEST_MS, LATEST_MS, WINDOW_S

Number = float | None
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]


def _identity(text: str) -> str:
    if not is_identity(text):
        raise ValueError("holds a character that no id may have")
    return text


def _instant(text: str) -> str:
    if not re.fullmatch(INSTANT, text):
        raise ValueError("is not ISO-8601 in UTC")
    return text


IsoTime = Annotated[
    str, AfterValidator(_instant), Field(json_schema_extra={"format": "date-time", "pattern": f"^{INSTANT}$"})
]

SenderId = Annotated[
    Id,
    AfterValidator(_identity),
    Field(json_schema_extra={"pattern": f"^[^{code_points(FORBIDDEN_IN_IDS)[1:]}*$"}),
]
"""Of a user or sensor, as a sender may give it."""

EpochMs = Annotated[int, Field(ge=EARLIEST_MS, le=LATEST_MS, description="epoch milliseconds UTC")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=(1 << 53) - 1)]
"""Such that every JSON reader, and every floating-point sum, has it exactly."""


class Record(BaseModel):
    """What all records share: immutable, no field beyond the declared ones, and no number that JSON cannot hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    record_version: ClassVar[int] = 1


def _numbers(name: str, fields: dict[str, str], *, share: bool = False) -> type[Record]:
    """A record of optional numbers: null where the number is not known."""
    kind: Any = Share if share else Number
    members: Any = {key: (kind, Field(description=text)) for key, text in fields.items()}
    return create_model(name, __base__=Record, **members)


def _measured(channel: Channel) -> Any:  # noqa: ANN401
    """A number of the channel's range or one that stands for "no value"; or successive ones in a list."""
    number: Any = Annotated[float, Field(strict=True, ge=channel.valid[0], le=channel.valid[1])]
    if channel.none:
        number = (
            number
            | Annotated[
                float,
                Field(strict=True),
                WithJsonSchema({"enum": list(channel.none)}),
                AfterValidator(_one_of(channel)),
            ]
        )
    return number | Annotated[list[number], Field(max_length=MAX_SUCCESSIVE)] if channel.successive else number


def _one_of(channel: Channel) -> Callable[[float], float]:
    def checked(value: float) -> float:
        if value not in channel.none:
            raise ValueError(f"neither of the range nor one of {channel.none}")
        return value

    return checked


def _measurements() -> type[Record]:
    members: Any = {
        channel.name: (
            _measured(channel) | None,
            Field(default=None, description=f"{channel.description} ({channel.unit}){_none_text(channel)}"),
        )
        for channel in CHANNELS
    }
    return create_model("Measurements", __base__=Record, **members)


def _none_text(channel: Channel) -> str:
    return f"; {', '.join(map(str, channel.none))} stand for null" if channel.none else ""


Measurements = _measurements()
Features = _numbers("Features", {f.name: f"{f.description} ({f.unit})" for f in FEATURES})
Evidence = _numbers("Evidence", {f.name: f"{f.description} ({f.unit})" for f in EVIDENCE_FIGURES})
PerChannel = _numbers("PerChannel", dict.fromkeys(CHANNEL_NAMES, "share of the window, 0 to 1"), share=True)


class Reading(Record):
    """One message of one sensor. The message key is the user id."""

    timestamp: IsoTime | Annotated[EpochMs, Field(strict=True)] = Field(
        description="event time: ISO-8601 in UTC, or epoch milliseconds"
    )
    user_id: SenderId
    sensor_id: SenderId
    measurements: Measurements  # type: ignore[valid-type]


class FeatureWindow(Record):
    """The features of one user's window. The message key is the user id, the message time the window's end."""

    user_id: Id
    window_start_ms: EpochMs
    window_end_ms: EpochMs = Field(description="exclusive")
    samples: int = Field(
        ge=1, description="values measured in the window by all sensors; the same one sent twice counts once"
    )
    features: Features  # type: ignore[valid-type]
    coverage: PerChannel  # type: ignore[valid-type]
    quality: PerChannel  # type: ignore[valid-type]
    evidence: Evidence  # type: ignore[valid-type]
    sequence: dict[str, Annotated[list[Number], Field(min_length=WINDOW_S, max_length=WINDOW_S)]] = Field(
        description=f"per-second means of {', '.join(SEQUENCE_CHANNELS)}"
    )
    schema_hash: str


class EmotionEvent(Record):
    """What a user felt at a window's end. The message key is the user id."""

    user_id: Id
    window_start_ms: EpochMs
    window_end_ms: EpochMs
    emotion: str | None = Field(description="the most probable label after smoothing; null when abstained")
    confidence: Share = Field(description="its smoothed probability; 0 when abstained")
    probabilities: dict[str, Share] = Field(description="mean over the last 30 s of event time")
    raw: dict[str, Share] = Field(description="the ensemble's answer for this window alone")
    members: dict[str, dict[str, Share]] = Field(description="each member network's answer for this window")
    entropy: float = Field(ge=0, description="of the smoothed probabilities, as a share of its maximum")
    disagreement: float = Field(ge=0, description="mean over labels of the members' standard deviation")
    quality: Share = Field(
        description="mean quality of the channels that the model uses, at most that of the body's best one"
    )
    abstained: bool
    reason: Abstained | None
    model_name: str
    model_version: str
    schema_version: Count


class Quarantine(Record):
    """A message that could not be used, and where to find it."""

    reason: Quarantined
    detail: str = Field(description="the field at fault, or what the parser said")
    topic: str
    partition: int
    offset: int
    user_id: str | None
    sensor_id: str | None
    timestamp_ms: int | None
    payload: str = Field(description="the beginning of the message; 0x and hexadecimal digits where it is no text")


class Label(Record):
    """What a person was feeling or doing during an interval, start inclusive, end exclusive."""

    user_id: Id
    label: str
    start_ms: EpochMs
    end_ms: EpochMs
    source: str = Field(description="who says so: protocol, self-report, simulator")


class ModelControl(Record):
    """Which model has a role in the running emotions job. The message key is the role; without a value the role ends.

    Under the key `ROLE.good` workers keep what they loaded last, for the day when what stands under `ROLE` is bad.
    """

    role: Role
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    uri: str = Field(pattern="^file:///", description="the bundle's folder, which all workers see and nobody changes")
    checksum: str = Field(pattern="^[0-9a-f]{64}$", description="of its saved_model/, as in its manifest")
    share: Share | None = Field(default=None, description="of users, for the role share")


class ModelReport(Record):
    """What a worker of the emotions job has done with a model, or how fast the model answers there."""

    worker: str = Field(min_length=1, description="subtask, host and process; the message key")
    at_ms: EpochMs = Field(description="the worker's clock")
    role: Role | None = Field(description="null where a control message does not tell")
    name: str | None
    version: str | None
    status: ModelStatus
    detail: str = Field(default="", description="why, where a model was refused or retired")
    share: Share | None = None
    windows: Count = Field(default=0, description="answered since the last report")
    p50_ms: float | None = Field(default=None, ge=0, description="median over them of a batch's time per window")
    p99_ms: float | None = Field(default=None, ge=0)


RECORDS: tuple[type[Record], ...] = (
    Reading,
    FeatureWindow,
    EmotionEvent,
    Quarantine,
    Label,
    ModelControl,
    ModelReport,
)
