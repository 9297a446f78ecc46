"""The member networks: what each reads, and how it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from models.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE
from models.keras3 import keras
from models.members import bilstm_attention, cnn, fusion, lstm, transformer
from models.members.sizes import MemberSizes

Input = Literal["sequence", "features"]

SCALED_SHAPES: Final[dict[Input, tuple[int, ...]]] = {
    "sequence": (*SEQUENCE_SHAPE[:-1], 2 * SEQUENCE_SHAPE[-1]),
    "features": (2 * FEATURE_SHAPE[0],),
}


@dataclass(frozen=True)
class Member:
    """A kind of network and the scaled input that it reads."""

    reads: Input
    build: Callable[..., keras.Model]


MEMBERS: Final = {
    "cnn": Member("sequence", cnn.build),
    "lstm": Member("sequence", lstm.build),
    "bilstm_attention": Member("sequence", bilstm_attention.build),
    "transformer": Member("sequence", transformer.build),
    "fusion": Member("features", fusion.build),
}


def build_member(name: str, sizes: MemberSizes, *, labels: int) -> keras.Model:
    """An untrained Keras model: scaled input -> probabilities of `labels` labels."""
    member = MEMBERS[name]
    return member.build(getattr(sizes, name), shape=SCALED_SHAPES[member.reads], labels=labels)
