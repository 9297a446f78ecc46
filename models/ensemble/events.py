"""Emotion events: what a model says of windows, or why it says nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import orjson

from models.core.arrays import Floats, Ints, Reals
from models.core.manifest import Manifest
from models.ensemble.uncertainty import disagreement, entropy
from schemas.channels import BODY_CHANNELS, CHANNEL_INDEX
from schemas.reasons import Abstained
from schemas.records import EmotionEvent

DECIMALS: Final = 7
"""What float32 probabilities carry."""


@dataclass(frozen=True)
class Speaker:
    """What must be known of a model to make events of its answers: enough where its bundle is gone."""

    name: str
    version: str
    labels: tuple[str, ...]
    members: tuple[str, ...]
    min_quality: float
    min_confidence: float

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        thresholds = {"min_quality": manifest.min_quality, "min_confidence": manifest.min_confidence}
        return cls(manifest.name, manifest.version, manifest.labels, manifest.member_names, **thresholds)

    @classmethod
    def from_bytes(cls, text: bytes) -> Self:
        found = orjson.loads(text)
        return cls(**(found | {"labels": tuple(found["labels"]), "members": tuple(found["members"])}))

    @cached_property
    def as_bytes(self) -> bytes:
        """The same as JSON."""
        return orjson.dumps(asdict(self))


@dataclass(frozen=True)
class WindowAnswers:
    """A model's answers to n windows."""

    window_start_ms: Ints
    window_end_ms: Ints
    quality: Floats
    """As `model_quality` gives it."""
    raw: Reals
    """Calibrated probabilities (n, K)."""
    members: Reals
    """Each member's probabilities (n, members, K)."""


def emotion_events(
    speaker: Speaker, user_ids: Sequence[str], answers: WindowAnswers, *, smoothed: Floats
) -> list[dict[str, Any]]:
    """The fields of `schemas.records.EmotionEvent` for each window; numbers rounded to seven decimals.

    `smoothed` (n, K) is what `smooth_each` gives for the windows up to each. An event that abstains has no emotion and
    confidence 0; its probabilities are given all the same.
    """
    rounded = np.round(smoothed, DECIMALS)
    columns = zip(
        user_ids,
        answers.window_start_ms.tolist(),
        answers.window_end_ms.tolist(),
        zip(rounded.tolist(), _rounded(answers.raw), _rounded(answers.members), strict=True),
        rounded.argmax(axis=1).tolist(),
        zip(entropy(smoothed).tolist(), disagreement(answers.members).tolist(), answers.quality.tolist(), strict=True),
        strict=True,
    )
    return [_event(speaker, *row) for row in columns]


def _event(
    speaker: Speaker,
    user_id: str,
    start_ms: int,
    end_ms: int,
    told: tuple[list[float], list[float], list[list[float]]],
    best: int,
    figures: tuple[float, float, float],
) -> dict[str, Any]:
    labels, (smoothed, raw, members), (doubt, spread, quality) = speaker.labels, told, figures
    reason = abstention(speaker, quality, smoothed[best])
    return {
        "user_id": user_id,
        "window_start_ms": start_ms,
        "window_end_ms": end_ms,
        "emotion": None if reason else labels[best],
        "confidence": 0.0 if reason else smoothed[best],
        "probabilities": dict(zip(labels, smoothed, strict=True)),
        "raw": dict(zip(labels, raw, strict=True)),
        "members": {
            name: dict(zip(labels, row, strict=True)) for name, row in zip(speaker.members, members, strict=True)
        },
        "entropy": round(doubt, DECIMALS),
        "disagreement": round(spread, DECIMALS),
        "quality": round(quality, DECIMALS),
        "abstained": reason is not None,
        "reason": reason,
        "model_name": speaker.name,
        "model_version": speaker.version,
        "schema_version": EmotionEvent.record_version,
    }


def event_bytes(event: dict[str, Any]) -> bytes:
    """The event as JSON."""
    return orjson.dumps(event)


def model_quality(manifest: Manifest, quality: Reals) -> Floats:
    """(n, channels) -> (n,): mean quality of the channels that the model uses, at most that of the body's best one.

    So a device on a table, which gives a good temperature and a good stillness, has none. 0 where the model uses no
    channel at all, or none of the body.
    """
    body = [name for name in manifest.channels if name in BODY_CHANNELS]
    if not body:
        return np.zeros(len(quality))
    given = np.asarray(quality, dtype=np.float64)
    used = np.ascontiguousarray(given[:, [CHANNEL_INDEX[name] for name in manifest.channels]])
    best = given[:, [CHANNEL_INDEX[name] for name in body]].max(axis=1)
    return np.asarray(np.minimum(used.mean(axis=1), best))


def abstention(speaker: Speaker, quality: float, confidence: float) -> Abstained | None:
    """Why nothing is to be said, the first that applies; quality 0: no channel of the body gave a good second."""
    if quality == 0:
        return Abstained.NO_SIGNAL
    if quality < speaker.min_quality:
        return Abstained.LOW_QUALITY
    return Abstained.LOW_CONFIDENCE if confidence < speaker.min_confidence else None


def _rounded(probabilities: Reals) -> list[Any]:
    rounded: list[Any] = np.round(np.asarray(probabilities, dtype=np.float64), DECIMALS).tolist()
    return rounded
