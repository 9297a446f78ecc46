"""What an ensemble answers."""

from collections.abc import Callable
from dataclasses import dataclass

from models.core.arrays import Float32s, Reals


@dataclass(frozen=True)
class Prediction:
    """Row i answers window i: calibrated `probabilities` (n, K) and each member's own (n, members, K)."""

    probabilities: Reals
    members: Reals


Predict = Callable[[Float32s, Float32s, Float32s], Prediction]
"""Of features, sequence and baseline."""
