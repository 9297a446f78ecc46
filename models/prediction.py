"""What an ensemble answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """Row i answers window i: calibrated `probabilities` (n, K) and each member's own (n, members, K)."""

    probabilities: NDArray[np.floating]
    members: NDArray[np.floating]
