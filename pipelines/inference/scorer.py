"""Feature records to scored windows: what both the stream and tests call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.bundle.predictor import Predictor
from models.core.arrays import Float32s, Ints
from models.ensemble.events import Speaker, WindowAnswers, model_quality
from pipelines.baselines.online_cache import BaselineLookUp
from pipelines.features.records import SCHEMA_HASH, ParsedWindows, parse_feature_records
from pipelines.inference.active_models import ActiveModels, has
from pipelines.inference.wire_format import NOTHING, answer_blobs, paired, scored_blobs
from schemas.roles import Role

Blobs = tuple[bytes, bytes]
"""A window's scored blob and its answer blob."""


@dataclass(frozen=True)
class ModelAnswer:
    """What became of one feature record: scored, or why not. `answer` is what later windows need of it."""

    fault: str | None
    scored: bytes | None
    answer: bytes | None


@dataclass(frozen=True)
class Batch:
    """Good windows of one batch, each beside its user's baseline."""

    windows: ParsedWindows
    baseline: Float32s

    def part(self, which: Ints) -> "Batch":
        return Batch(self.windows.rows(which), self.baseline[which])


@dataclass(frozen=True)
class Scorer:
    """Applies the models in force to feature records.

    A model that shadows or shares and raises is given up, by `give_up`, and the batch goes on without it: its
    users are answered by the serving model, whose own failure is the caller's.
    """

    active: Callable[[], ActiveModels]
    baselines: BaselineLookUp
    clock: Callable[[], float]
    took: Callable[[Role, int, float], None] = lambda role, windows, seconds: None
    give_up: Callable[[Role, Predictor, Exception], None] = lambda role, predictor, fault: None

    def score(self, payloads: Sequence[bytes]) -> list[ModelAnswer]:
        """One answer per record, in order. A record that cannot be read spoils none of the others."""
        windows, faults = parse_feature_records(payloads)
        strange = [place for place, hashed in enumerate(windows.schema_hash) if hashed != SCHEMA_HASH]
        places = np.delete(np.arange(len(payloads)), list(faults))
        faults |= {int(places[row]): _other_schema(windows.schema_hash[row]) for row in strange}
        good = np.delete(np.arange(len(windows)), strange)
        scored = iter(self.blobs(windows.rows(good) if strange else windows))
        return [
            ModelAnswer(faults[place], None, None) if place in faults else ModelAnswer(None, *next(scored))
            for place in range(len(payloads))
        ]

    def blobs(self, windows: ParsedWindows) -> list[Blobs]:
        """Scored blob and answer blob of each window, in order; the windows are of this schema."""
        if not len(windows):
            return []
        batch, now = Batch(windows, self.baselines.at(windows.user_id, windows.window_end_ms.tolist())), self.active()
        served = self._served(batch, now)
        shadow = self._tried(Role.SHADOW, now.shadow, batch) or [(NOTHING, NOTHING)] * len(windows)
        return [
            (paired(scored, beside), paired(answer, answer_beside))
            for (scored, answer), (beside, answer_beside) in zip(served, shadow, strict=True)
        ]

    def _served(self, batch: Batch, now: ActiveModels) -> list[Blobs]:
        """What the emotion topic gets: by the model that shares for its users, by the serving one for the others."""
        if now.share is None:
            return self._answered(Role.SERVE, now.serve, batch)
        version, share = now.share.manifest.version, now.share_of_users
        chosen = np.array([has(user, version, share) for user in batch.windows.user_id])
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
        windows = batch.windows
        if not len(windows):
            return []
        begun = self.clock()
        found = predictor.predict(windows.features, windows.sequence, batch.baseline)
        self.took(role, len(windows), self.clock() - begun)
        speaker = Speaker.of(predictor.manifest)
        answers = WindowAnswers(
            windows.window_start_ms,
            windows.window_end_ms,
            model_quality(predictor.manifest, windows.quality),
            found.probabilities,
            found.members,
        )
        return list(zip(scored_blobs(speaker, answers), answer_blobs(speaker, answers), strict=True))


def _other_schema(found: str) -> str:
    return f"schema_hash is {found}, the model expects {SCHEMA_HASH}"
