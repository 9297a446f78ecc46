"""The models that answer a batch, which users a shared one has, and how long they take."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from models.bundle.predictor import Predictor
from schemas.roles import Role

MOST_BATCHES: Final = 10_000
"""Kept between two reports; of more, the newest count."""


@dataclass(frozen=True)
class ActiveModels:
    """Who has which role; replaced as a whole, so that a batch sees one state of it."""

    serve: Predictor
    shadow: Predictor | None = None
    share: Predictor | None = None
    share_of_users: float = 0.0

    def given(self, role: Role, predictor: Predictor, share: float) -> "ActiveModels":
        """The same with another model in the role; `share` counts for that role alone."""
        match role:
            case Role.SERVE:
                return replace(self, serve=predictor)
            case Role.SHADOW:
                return replace(self, shadow=predictor)
            case Role.SHARE:
                return replace(self, share=predictor, share_of_users=share)

    def without(self, role: Role) -> "ActiveModels":
        """The same without a guest; somebody always serves."""
        return replace(self, shadow=None) if role == Role.SHADOW else replace(self, share=None, share_of_users=0.0)

    def of(self, role: Role) -> Predictor | None:
        found: Predictor | None = getattr(self, role.value)
        return found


@dataclass(frozen=True)
class Times:
    """How long windows took; a window takes its batch's time, divided by the windows of the batch."""

    windows: int
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True)
class BatchTimes:
    """Written by the thread that answers, taken by the one that reports."""

    _batches: dict[Role, deque[tuple[float, int]]] = field(
        default_factory=lambda: {role: deque(maxlen=MOST_BATCHES) for role in Role}
    )

    def add(self, role: Role, windows: int, seconds: float) -> None:
        self._batches[role].append((1000 * seconds / windows, windows))

    def take(self, role: Role) -> Times:
        """Since the last call."""
        batches = self._batches[role]
        taken = sorted(batches.popleft() for _ in range(len(batches)))
        return Times(sum(count for _, count in taken), weighted(taken, 0.5), weighted(taken, 0.99))


def weighted(values: Sequence[tuple[float, int]], share: float) -> float | None:
    """The smallest value that no fewer than this share of the counts do not exceed; values rise.

    >>> weighted([(1.0, 90), (5.0, 10)], 0.5), weighted([(1.0, 90), (5.0, 10)], 0.99), weighted([], 0.5)
    (1.0, 5.0, None)
    """
    left = math.ceil(share * sum(count for _, count in values))
    for value, count in values:
        left -= count
        if left <= 0:
            return value
    return None


BYTES: Final = 8


def place(user_id: str, version: str) -> float:
    """A number in [0, 1), even over users, and another one for another model version.

    >>> round(place("ann", "0123456789ab"), 3), round(place("ann", "ba9876543210"), 3)
    (0.87, 0.365)
    """
    digest = blake2b(f"{version}\\0{user_id}".encode(), digest_size=BYTES).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def has(user_id: str, version: str, share: float) -> bool:
    """Whether the model with this share of users answers for the user."""
    return place(user_id, version) < share
