"""What an ensemble answers."""

from dataclasses import dataclass

from models.arrays import Reals


@dataclass(frozen=True)
class Prediction:
    """Row i answers window i: calibrated `probabilities` (n, K) and each member's own (n, members, K)."""

    probabilities: Reals
    members: Reals
