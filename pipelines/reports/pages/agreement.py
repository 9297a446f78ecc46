"""How often what was said is what was so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pipelines.reports.pages.tracks import PersonTrack


@dataclass(frozen=True)
class Agreement:
    """Counts of windows whose truth is known; `pairs` holds (truth, said) of those that were decided."""

    known: int
    abstained: int
    pairs: Counter[tuple[str, str]]

    @classmethod
    def of(cls, tracks: Sequence[PersonTrack]) -> Self:
        """Over all windows of these people."""
        known = [
            (truth, None if silent else said)
            for track in tracks
            for truth, said, silent in zip(track.truth, track.emotion, track.abstained, strict=True)
            if truth is not None
        ]
        pairs = Counter((truth, said) for truth, said in known if said is not None)
        return cls(len(known), len(known) - pairs.total(), pairs)

    @property
    def decided(self) -> int:
        return self.pairs.total()

    @property
    def right(self) -> int:
        return sum(count for (truth, said), count in self.pairs.items() if truth == said)

    @property
    def share(self) -> float | None:
        """Right among decided; None where nothing was decided."""
        return self.right / self.decided if self.decided else None

    @property
    def commonest(self) -> tuple[str, float] | None:
        """What is right most often if one always says the same, and how often that is."""
        truths: Counter[str] = Counter()
        for (truth, _), count in self.pairs.items():
            truths[truth] += count
        if not truths:
            return None
        label, count = truths.most_common(1)[0]
        return label, count / self.decided

    def row(self, truth: str, labels: Sequence[str]) -> list[float] | None:
        """Of the windows with this truth, the share that each label was said; None where there are none."""
        counts = [self.pairs[truth, said] for said in labels]
        return [count / sum(counts) for count in counts] if sum(counts) else None
