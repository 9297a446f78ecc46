"""What a training tells while it runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One finished epoch of one member; trees have one."""

    member: str
    epoch: int
    of: int
    loss: float
    validation_loss: float
