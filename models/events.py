"""Emotion events: what the ensemble says of a window, or why it says nothing."""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import numpy as np
import orjson

from models.arrays import Reals
from models.manifest import Manifest
from models.smoothing import smooth
from models.uncertainty import disagreement, entropy
from schemas.channels import CHANNEL_INDEX
from schemas.reasons import Abstained
from schemas.records import EmotionEvent

DECIMALS: Final = 7
"""What float32 probabilities carry."""


class Scored(Protocol):
    """A window and the ensemble's answer to it."""

    @property
    def window_start_ms(self) -> int: ...

    @property
    def window_end_ms(self) -> int: ...

    @property
    def raw(self) -> Reals:
        """Calibrated probabilities (K,)."""

    @property
    def members(self) -> Reals:
        """Each member's probabilities (members, K)."""

    @property
    def quality(self) -> Reals:
        """Quality per channel in the order of the channel table, 0 for an absent one."""


def emotion_event(manifest: Manifest, user_id: str, window: Scored, *, smoothed: Reals) -> dict[str, Any]:
    """The fields of `schemas.records.EmotionEvent`; numbers rounded to seven decimals.

    `smoothed` is what `smooth` gives for the windows up to this one. An event that abstains has no emotion and
    confidence 0; its probabilities are given all the same.
    """
    quality = model_quality(manifest, window.quality)
    labels = manifest.labels
    probabilities = _by(labels, smoothed)
    best = max(probabilities, key=probabilities.__getitem__)
    reason = abstention(manifest, quality, probabilities[best])
    return {
        "user_id": user_id,
        "window_start_ms": int(window.window_start_ms),
        "window_end_ms": int(window.window_end_ms),
        "emotion": None if reason else best,
        "confidence": 0.0 if reason else probabilities[best],
        "probabilities": probabilities,
        "raw": _by(labels, window.raw),
        "members": {n: _by(labels, row) for n, row in zip(manifest.member_names, window.members, strict=True)},
        "entropy": _rounded(entropy(smoothed)),
        "disagreement": _rounded(disagreement(window.members)),
        "quality": _rounded(quality),
        "abstained": reason is not None,
        "reason": reason,
        "model_name": manifest.name,
        "model_version": manifest.version,
        "schema_version": EmotionEvent.record_version,
    }


def event_bytes(event: dict[str, Any]) -> bytes:
    """The event as JSON."""
    return orjson.dumps(event)


def model_quality(manifest: Manifest, quality: Reals) -> float:
    """Mean quality of the channels that the model uses; 0 when it uses none that training saw."""
    used = [quality[CHANNEL_INDEX[name]] for name in manifest.channels]
    return float(np.mean(used)) if used else 0.0


def abstention(manifest: Manifest, quality: float, confidence: float) -> Abstained | None:
    """Why nothing is to be said, the first that applies; quality 0: no channel of the model gave a good second."""
    if quality == 0:
        return Abstained.NO_SIGNAL
    if quality < manifest.min_quality:
        return Abstained.LOW_QUALITY
    return Abstained.LOW_CONFIDENCE if confidence < manifest.min_confidence else None


def _by(labels: Iterable[str], probabilities: Reals) -> dict[str, float]:
    return dict(zip(labels, np.round(np.asarray(probabilities, dtype=np.float64), DECIMALS).tolist(), strict=True))


def _rounded(number: float | Reals) -> float:
    return round(float(number), DECIMALS)


__all__ = ["Scored", "abstention", "emotion_event", "event_bytes", "model_quality", "smooth"]
