"""Target: what programs read back from topics. Control messages, features, events, reports and labels.

A case is a reader's name, and messages: topic, key, value.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from unittest.mock import patch

from pydantic import BaseModel

from models.bundle.predictor import Predictor
from models.core.errors import BundleError
from pipelines.core.settings import Settings
from pipelines.inference.active_models import Times
from pipelines.labels import topic as labels_topic
from pipelines.rollout import comparison, events_table, reports
from pipelines.rollout.bundles import announced_folder
from pipelines.rollout.control import Instruction, good_key_of, instruction, key_of
from pipelines.rollout.models import LiveModels
from pipelines.serving.client import decode
from pipelines.serving.deduplication import SeenWindows
from schemas.message_rules import FORBIDDEN
from schemas.records import EmotionEvent, Label, ModelControl, ModelReport
from schemas.roles import ModelStatus, Role
from schemas.topics import EMOTIONS, FEATURES, LABELS, MODEL_REPORTS, MODELS, SHADOW
from schemas.windows import HOP_MS, WINDOW_MS
from tests.edge_messages import STAMP_MS
from tests.fuzz.byte_mutations import spoilt
from tests.fuzz.cases import scratch
from tests.fuzz.feature_windows import MOST_CHARS, check, good_record
from tests.fuzz.record_mutations import edited_record
from tests.fuzz.rounds import BrokenError, Target, refusal_of
from tests.fuzz.text_mutations import edited_json, reshaped_json

Message = tuple[str, bytes | None, bytes | None]
"""Topic, key, value."""

Case = tuple[str, list[Message]]

AT_ONCE: Final = 100
MOST_MESSAGES: Final = 6
END_MS: Final = STAMP_MS // HOP_MS * HOP_MS


def _control(role: Role, version: str, **changes: object) -> Message:
    share = 0.25 if role == Role.SHARE else None
    facts = {"role": role, "name": "small", "version": version, "uri": f"file:///models/{version}", "share": share}
    record = ModelControl.model_validate({"checksum": "0" * 64, **facts, **changes})
    return MODELS.name, key_of(role), record.model_dump_json().encode()


def _event(topic: str, user: str, hop: int, version: str) -> Message:
    shares = {"calm": 0.75, "stress": 0.25}
    end_ms = END_MS + hop * HOP_MS
    record = EmotionEvent(
        user_id=user,
        window_start_ms=end_ms - WINDOW_MS,
        window_end_ms=end_ms,
        emotion="calm",
        confidence=0.75,
        probabilities=shares,
        raw=shares,
        members={"cnn": shares},
        entropy=0.5,
        disagreement=0.1,
        quality=1.0,
        abstained=False,
        reason=None,
        model_name="small",
        model_version=version,
        schema_version=1,
    )
    return topic, user.encode(), record.model_dump_json().encode()


def _report(status: ModelStatus, role: Role, version: str) -> Message:
    facts = {"role": role, "name": "small", "version": version, "windows": 5, "p50_ms": 1.5, "p99_ms": 2.5}
    record = ModelReport.model_validate({"worker": "0 here 1", "at_ms": STAMP_MS, "status": status, **facts})
    return MODEL_REPORTS.name, b"0 here 1", record.model_dump_json().encode()


def _label(name: str) -> Message:
    record = Label(user_id="ann", label=name, start_ms=END_MS - WINDOW_MS, end_ms=END_MS, source="protocol")
    return LABELS.name, b"ann", record.model_dump_json().encode()


VERSIONS: Final = ("first", "second", "third", "bad", "worse", "odd")
SEEDS: Final[Mapping[str, tuple[Message, ...]]] = {
    "control": (
        *(_control(role, version) for role in Role for version in VERSIONS),
        *((MODELS.name, key_of(role), None) for role in Role),
        (MODELS.name, good_key_of(Role.SERVE), _control(Role.SERVE, "kept")[2]),
        (MODELS.name, b"king", b"{}"),
    ),
    "features": ((FEATURES.name, b"ann", good_record("ann", END_MS)),),
    "events": tuple(
        _event(topic, user, hop, version)
        for topic, version in ((EMOTIONS.name, "1"), (SHADOW.name, "2"), (EMOTIONS.name, "3"))
        for user in ("ann", "bob")
        for hop in (0, 1)
    ),
    "others": (
        *(_report(status, role, "3") for status in ModelStatus for role in (Role.SERVE, Role.SHARE)),
        *(_label(name) for name in ("calm", "stress")),
    ),
}
READERS: Final = {
    "control": ("control",),
    "features": ("features",),
    "compare": ("events", "events", "events", "others"),
}


def made(rng: Random) -> Case:
    """Some messages for one of the readers, most of them good."""
    reader = rng.choice(list(READERS))
    seeds = [rng.choice(SEEDS[rng.choice(READERS[reader])]) for _ in range(rng.randint(1, MOST_MESSAGES))]
    return reader, [_mutated(*seed, rng) if rng.random() < 0.4 else seed for seed in seeds]


def _mutated(topic: str, key: bytes | None, value: bytes | None, rng: Random) -> Message:
    if rng.random() < 0.1:
        return topic, rng.choice((None, b"", b"\xff", b"serve.good.good", spoilt(key or b"", rng))), value
    if value is None or rng.random() < 0.03:
        return topic, key, None
    if topic == FEATURES.name:
        return topic, key, rng.choice((edited_record, edited_record, spoilt))(value, rng)
    return topic, key, rng.choice((edited_json, reshaped_json, reshaped_json, spoilt))(value, rng)


@contextmanager
def target() -> Iterator[Target]:
    with scratch() as home:
        settings = Settings(home=home)

        def tried(case: Case) -> None:
            reader, messages = case
            if reader == "control":
                _follow(messages)
            elif reader == "features":
                check([value or b"" for _, _, value in messages])
            else:
                _compare(settings, messages)

        yield Target("control", made, tried, at_once=AT_ONCE)


def _same_as_read(record: BaseModel) -> None:
    """What was read can be sent on: all its numbers are finite, and its text is text."""
    if type(record).model_validate_json(record.model_dump_json()) != record or not _is_finite(record.model_dump()):
        raise BrokenError(f"a {type(record).__name__} that cannot be sent on was read", record)


def _is_finite(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, dict | list):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


@dataclass
class _Producer:
    """Keeps what a worker sends."""

    sent: list[Message] = field(default_factory=list)

    def produce(self, topic: str, value: bytes, key: bytes) -> None:
        self.sent.append((topic, key, value))

    def poll(self, timeout_s: float) -> None:
        """Nothing is underway."""


def _load(given: ModelControl) -> Predictor:
    """A network that is the name of what was announced; some versions cannot be loaded, each for its own reason."""
    match given.version:
        case "bad":
            raise BundleError("no model bundle at /models/bad\udce9: the folder does not exist")
        case "worse":
            raise RuntimeError("who knows\nwhat\x1b[2J")
        case "odd":
            raise OSError(36, "File name too long", given.uri)
    return Predictor(_network(given), None)  # type: ignore[arg-type]


def _network(given: ModelControl) -> str:
    return f"{given.name} {given.version} {given.checksum}"


SUBMITTED: Final = ModelControl.model_validate_json(_control(Role.SERVE, "submitted")[2] or b"")


def _follow(messages: Sequence[Message]) -> None:
    """A worker from its beginning: half of the messages stand on the topic then, the others come, and come again."""
    producer = _Producer()
    reporter = reports.Reporter("0 here 1", lambda: STAMP_MS, producer)  # type: ignore[arg-type]
    models = LiveModels(SUBMITTED, _load, reporter.tell, reporter.keep)
    begin, later = messages[: len(messages) // 2], messages[len(messages) // 2 :]
    models.begin({key: value for _, key, value in begin})
    for _, key, value in later:
        expected = _expected(_in_force(models), _instruction(key, value))
        models.apply(key, value)
        _check_in_force(models, expected)
    models.catch_up({key: value for _, key, value in later})
    for role, control in models.controls().items():
        reporter.tell_times(role, control, Times(1, 1.0, 1.0))
    for topic, key, value in producer.sent:
        _check_sent(topic, key, value)


def _instruction(key: bytes | None, value: bytes | None) -> Instruction | None:
    """What a message says, if anything."""
    found = refusal_of(lambda: instruction(key, value), naming="not a control message: ", most_chars=MOST_CHARS)
    if not isinstance(found, Instruction):
        return None
    if found.control is not None:
        _same_as_read(found.control)
        try:
            announced_folder(found.control)
        except BundleError:
            pass
        else:
            raise BrokenError("a bundle that is not there was found", found.control)
    return found


InForce = dict[Role, tuple[str, float] | None]


def _in_force(models: LiveModels) -> InForce:
    now = models.now()
    found: InForce = {}
    for role in Role:
        network = now.of(role)
        share = now.share_of_users if role == Role.SHARE else 0.0
        found[role] = (str(network.manifest), share) if network is not None else None
    return found


def _expected(before: InForce, wanted: Instruction | None) -> InForce:
    """What is in force after a message; what says nothing, or cannot be loaded, changes nothing."""
    if wanted is None:
        return before
    control = wanted.control
    if control is None:
        return before | {wanted.role: (_network(SUBMITTED), 0.0) if wanted.role == Role.SERVE else None}
    if control.version in ("bad", "worse", "odd"):
        return before
    return before | {wanted.role: (_network(control), control.share or 0.0)}


def _check_in_force(models: LiveModels, expected: InForce) -> None:
    found = _in_force(models)
    if found != expected:
        raise BrokenError("another model is in force than was announced", f"{found} {expected}")


def _check_sent(topic: str, key: bytes | None, value: bytes | None) -> None:
    """A report that readers can read, or a note that the next worker can follow."""
    if topic == MODELS.name:
        if instruction(key, value).control is None:
            raise BrokenError("a worker's note ends a role", key)
        return
    report = ModelReport.model_validate_json(value or b"")
    _same_as_read(report)
    if FORBIDDEN.search(report.detail):
        raise BrokenError("a report's detail is not one line", report)


@dataclass(frozen=True)
class _Stored:
    """A message as the client hands it over."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    offset: int


def _compare(settings: Settings, messages: Sequence[Message]) -> None:
    """All that `eqm models compare` reads, and what a program downstream makes of the events."""
    stored = [_Stored(*message, 0, offset) for offset, message in enumerate(messages)]
    seen = SeenWindows()
    for record in stored:
        if record.topic == EMOTIONS.name:
            event = refusal_of(lambda: decode(record), naming=f"offset {record.offset}", most_chars=MOST_CHARS)  # noqa: B023
            if isinstance(event, EmotionEvent):
                _same_as_read(event)
                seen.add(event)
    with _topics(stored):
        labels = refusal_of(
            lambda: labels_topic.read_labels("", LABELS.name), naming=LABELS.name, most_chars=MOST_CHARS
        )
        if isinstance(labels, dict) and any(each.end_ms <= each.start_ms for mine in labels.values() for each in mine):
            raise BrokenError("a label that ends before it begins was read")
        said = reports.reports("")
        for report in said:
            _same_as_read(report)
        reports.live(said, STAMP_MS)
        found = refusal_of(lambda: comparison.compare(settings), most_chars=MOST_CHARS)
    for each in found if isinstance(found, list) else []:
        if not _is_finite(each.as_json()):
            raise BrokenError("a comparison holds a figure that is none", each)


@contextmanager
def _topics(stored: Sequence[_Stored]) -> Iterator[None]:
    """Whoever reads a topic to its end reads these messages."""

    def committed(_: str, topic: str) -> Iterator[_Stored]:
        return (record for record in stored if record.topic == topic)

    with ExitStack() as stack:
        for module in (labels_topic, reports, events_table):
            stack.enter_context(patch.object(module, "committed", committed))
        yield
