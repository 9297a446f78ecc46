"""What counts as the same, and how much may differ. Needs nothing that takes long to import."""

import math
from dataclasses import dataclass

from pipelines.core.errors import SettingsError


@dataclass(frozen=True)
class ParityTerms:
    """`late`: late readings belong to the recomputed rows. `tolerance` is the relative difference between numbers that
    are still the same; `max_mismatch_rate` the share of rows that may differ, be missing or be extra.
    """

    late: bool = True
    tolerance: float = 1e-9
    max_mismatch_rate: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < math.inf:
            raise SettingsError(f"--tolerance {self.tolerance}: give a relative difference, 0 or greater")
        if not 0 <= self.max_mismatch_rate <= 1:
            raise SettingsError(f"--max-mismatch-rate {self.max_mismatch_rate}: give a share between 0 and 1")
