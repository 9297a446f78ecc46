"""How much each member counts in the ensemble."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from models.errors import TrainingError


@dataclass(frozen=True)
class Weights:
    """Member names and weights, in the order in which members are reported; the weights sum to 1.

    A member of weight 0 is trained and reported, and stays in the bundle unless the training settings drop it.
    """

    cnn: float = 0.4
    lstm: float = 0.3
    bilstm_attention: float = 0.0
    transformer: float = 0.3
    fusion: float = 0.0

    def __post_init__(self) -> None:
        values = [weight for _, weight in self.items()]
        if not all(0 <= weight <= 1 for weight in values) or not math.isclose(sum(values), 1, abs_tol=1e-6):
            raise TrainingError(f"ensemble weights {values} must each be in 0..1 and sum to 1")

    def items(self) -> Iterator[tuple[str, float]]:
        """Name and weight of every member.

        >>> dict(Weights().items())["cnn"]
        0.4
        """
        yield from vars(self).items()
