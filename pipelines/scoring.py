"""Feature records to scored windows, and scored windows to emotion events: what both the stream and tests call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from models.bundle import read_manifest
from models.events import emotion_event, event_bytes, smooth
from models.manifest import Manifest
from models.predictor import Predictor
from pipelines.errors import InputError
from pipelines.feature_json import ParsedWindow, parse_feature_window
from pipelines.known_baselines import KnownBaselines
from pipelines.scored import ScoredWindow


@dataclass(frozen=True)
class Answer:
    """What became of one feature record: scored, or why not."""

    fault: str | None
    scored: bytes | None


@dataclass(frozen=True)
class Scorer:
    """Applies a bundle to feature records, each beside its user's baseline."""

    predictor: Predictor
    baselines: KnownBaselines

    @classmethod
    def load(cls, bundle: str, threads: int, baselines: KnownBaselines) -> Self:
        return cls(Predictor.load(Path(bundle), threads=threads), baselines)

    def score(self, payloads: Sequence[bytes]) -> list[Answer]:
        """One answer per record, in order. A record that cannot be read spoils none of the others."""
        records = [self._read(bytes(payload)) for payload in payloads]
        good = [record for record in records if isinstance(record, ParsedWindow)]
        scored = iter(self._scored(good))
        return [Answer(record, None) if isinstance(record, str) else Answer(None, next(scored)) for record in records]

    def _read(self, payload: bytes) -> ParsedWindow | str:
        try:
            record = parse_feature_window(payload)
        except InputError as fault:
            return str(fault)
        expected = self.predictor.manifest.schema_hash
        if record.schema_hash != expected:
            return f"schema_hash is {record.schema_hash}, the model expects {expected}"
        return record

    def _scored(self, records: Sequence[ParsedWindow]) -> list[bytes]:
        if not records:
            return []
        answer = self.predictor.predict(
            np.stack([record.features for record in records]),
            np.stack([record.sequence for record in records]),
            self.baselines.at([record.user_id for record in records], [record.window_end_ms for record in records]),
        )
        rows = zip(records, answer.probabilities, answer.members, strict=True)
        return [
            ScoredWindow(r.window_start_ms, r.window_end_ms, raw, members, r.quality).to_bytes()
            for r, raw, members in rows
        ]


@dataclass(frozen=True)
class Smoother:
    """Makes emotion events of scored windows."""

    manifest: Manifest

    @classmethod
    def load(cls, bundle: str) -> Self:
        return cls(read_manifest(Path(bundle)))

    def event(self, user_id: str, scored: bytes, recent: Sequence[bytes]) -> bytes:
        """The event of one window; `recent` holds the user's last scored windows, this one among them, in any order."""
        labels = len(self.manifest.labels)
        now = ScoredWindow.from_bytes(scored, labels=labels)
        last = [ScoredWindow.from_bytes(blob, labels=labels) for blob in recent]
        smoothed = smooth(
            np.array([window.window_end_ms for window in last]),
            np.stack([window.raw for window in last]),
            now.window_end_ms,
        )
        return event_bytes(emotion_event(self.manifest, user_id, now, smoothed=smoothed))
