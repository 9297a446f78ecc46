"""Below which confidence nothing is said."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Abstention:
    """Events less sure than `min_confidence` abstain, so that of the others no more than `stated_risk` are wrong."""

    min_confidence: float = 0.0
    stated_risk: float | None = None


NEVER: Final = Abstention()
