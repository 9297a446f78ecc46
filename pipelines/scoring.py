"""Feature records to scored windows: what both the stream and tests call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Float32s, Floats, Ints
from models.events import Answers, Speaker, model_quality
from models.predictor import Predictor
from pipelines.errors import InputError
from pipelines.feature_json import SCHEMA_HASH, ParsedWindow, parse_feature_window
from pipelines.known_baselines import KnownBaselines
from pipelines.live.in_force import InForce
from pipelines.live.shares import has
from pipelines.scored import NOTHING, answer_blobs, paired, scored_blobs
from schemas.roles import Role

Blobs = tuple[bytes, bytes]
"""A window's scored blob and its answer blob."""


@dataclass(frozen=True)
class Answer:
    """What became of one feature record: scored, or why not. `answer` is what later windows need of it."""

    fault: str | None
    scored: bytes | None
    answer: bytes | None


@dataclass(frozen=True)
class Batch:
    """Good records of one batch as arrays, each beside its user's baseline."""

    records: Sequence[ParsedWindow]
    features: Floats
    sequence: Float32s
    baseline: Float32s

    def part(self, which: Ints) -> "Batch":
        records = [self.records[row] for row in which]
        return Batch(records, self.features[which], self.sequence[which], self.baseline[which])


@dataclass(frozen=True)
class Scorer:
    """Applies the models in force to feature records.

    A model that shadows or shares and raises is given up, by `give_up`, and the batch goes on without it: its
    users are answered by the serving model, whose own failure is the caller's.
    """

    in_force: Callable[[], InForce]
    baselines: KnownBaselines
    clock: Callable[[], float]
    took: Callable[[Role, int, float], None] = lambda role, windows, seconds: None
    give_up: Callable[[Role, Predictor, Exception], None] = lambda role, predictor, fault: None

    def score(self, payloads: Sequence[bytes]) -> list[Answer]:
        """One answer per record, in order. A record that cannot be read spoils none of the others."""
        records = [_read(bytes(payload)) for payload in payloads]
        good = [record for record in records if isinstance(record, ParsedWindow)]
        scored = iter(self._scored(good))
        return [
            Answer(record, None, None) if isinstance(record, str) else Answer(None, *next(scored)) for record in records
        ]

    def _scored(self, records: Sequence[ParsedWindow]) -> list[Blobs]:
        if not records:
            return []
        batch, now = self._batch(records), self.in_force()
        told = self._told(batch, now)
        shadow = self._tried(Role.SHADOW, now.shadow, batch) or [(NOTHING, NOTHING)] * len(records)
        return [
            (paired(scored, beside), paired(answer, answer_beside))
            for (scored, answer), (beside, answer_beside) in zip(told, shadow, strict=True)
        ]

    def _batch(self, records: Sequence[ParsedWindow]) -> Batch:
        users, ends = [record.user_id for record in records], [record.window_end_ms for record in records]
        features, sequence = (
            np.stack([getattr(record, name) for record in records]) for name in ("features", "sequence")
        )
        return Batch(records, features, sequence, self.baselines.at(users, ends))

    def _told(self, batch: Batch, now: InForce) -> list[Blobs]:
        """What the emotion topic gets: by the model that shares for its users, by the serving one for the others."""
        if now.share is None:
            return self._answered(Role.SERVE, now.serve, batch)
        version, share = now.share.manifest.version, now.share_of_users
        chosen = np.array([has(record.user_id, version, share) for record in batch.records])
        shared = self._tried(Role.SHARE, now.share, batch.part(np.flatnonzero(chosen)))
        if shared is None:
            return self._answered(Role.SERVE, now.serve, batch)
        rest = self._answered(Role.SERVE, now.serve, batch.part(np.flatnonzero(~chosen)))
        both = iter(shared), iter(rest)
        return [next(both[0] if its else both[1]) for its in chosen]

    def _tried(self, role: Role, predictor: Predictor | None, batch: Batch) -> list[Blobs] | None:
        """None where there is no such model, or no more."""
        if predictor is None:
            return None
        try:
            return self._answered(role, predictor, batch)
        except Exception as fault:  # Whatever a guest's network raises, the stream must not fail of it.
            self.give_up(role, predictor, fault)
            return None

    def _answered(self, role: Role, predictor: Predictor, batch: Batch) -> list[Blobs]:
        records = batch.records
        if not records:
            return []
        begun = self.clock()
        found = predictor.predict(batch.features, batch.sequence, batch.baseline)
        self.took(role, len(records), self.clock() - begun)
        speaker = Speaker.of(predictor.manifest)
        answers = Answers(
            np.array([record.window_start_ms for record in records]),
            np.array([record.window_end_ms for record in records]),
            model_quality(predictor.manifest, np.stack([record.quality for record in records])),
            found.probabilities,
            found.members,
        )
        return list(zip(scored_blobs(speaker, answers), answer_blobs(speaker, answers), strict=True))


def _read(payload: bytes) -> ParsedWindow | str:
    try:
        record = parse_feature_window(payload)
    except InputError as fault:
        return str(fault)
    if record.schema_hash != SCHEMA_HASH:
        return f"schema_hash is {record.schema_hash}, the model expects {SCHEMA_HASH}"
    return record
