"""What an answer can be put down to: each feature with its distance from rest, each channel of the sequence."""

from dataclasses import dataclass
from typing import Final

from models.core.inputs import FAMILY_CHANNELS, SEQUENCE_INPUTS, family_columns
from models.preprocessing.preparation import Input
from schemas.feature_table import FEATURE_NAMES


@dataclass(frozen=True)
class Factor:
    """One of them. In an input that holds it, it is the last axis' `column` and the same one of the second half."""

    name: str
    family: str
    sequence: bool
    column: int

    def within(self, prepared: Input) -> bool:
        """Whether this input holds it."""
        return self.sequence == (prepared == "sequence")


FAMILIES: Final = tuple(FAMILY_CHANNELS)


def factors() -> tuple[Factor, ...]:
    """Features in the order of the vector, then the channels of the sequence.

    >>> factors()[0].name, factors()[-1].name, factors()[-1].family
    ('hr_mean', 'spo2_sequence', 'oxygen')
    """
    of_column = {column: family for family, columns in family_columns().items() for column in columns}
    features = [Factor(name, of_column[column], False, column) for column, name in enumerate(FEATURE_NAMES)]
    channels = [
        Factor(f"{name}_sequence", _family(inputs[0]), True, column)
        for column, (name, inputs) in enumerate(SEQUENCE_INPUTS.items())
    ]
    return (*features, *channels)


def _family(channel: str) -> str:
    return next(family for family, channels in FAMILY_CHANNELS.items() if channel in channels)
