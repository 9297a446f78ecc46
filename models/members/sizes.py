"""Sizes of the member networks. The defaults are the full ones."""

from dataclasses import dataclass, field
from typing import Final

NORM_MOMENTUM: Final = 0.9
"""Of batch normalisation's running statistics: Keras' 0.99 needs hundreds of steps before they are of use."""


@dataclass(frozen=True)
class CnnSizes:
    """Convolution blocks, then one dense layer."""

    filters: tuple[int, ...] = (64, 128, 256)
    kernel_s: int = 3
    dense: int = 128
    dropout: float = 0.5


@dataclass(frozen=True)
class LstmSizes:
    """Stacked recurrent layers, then one dense layer."""

    units: tuple[int, ...] = (128, 64)
    recurrent_dropout: float = 0.3
    dense: int = 64
    dropout: float = 0.5


@dataclass(frozen=True)
class BiLstmAttentionSizes:
    """Bidirectional recurrent layers (units per direction), attention, then one dense layer."""

    units: tuple[int, ...] = (64, 32)
    dense: int = 64
    dropout: float = 0.5


@dataclass(frozen=True)
class TransformerSizes:
    """Encoder layers, then one dense layer."""

    layers: int = 4
    d_model: int = 128
    heads: int = 8
    feed_forward: int = 256
    attention_dropout: float = 0.1
    dense: int = 256
    dropout: float = 0.5


@dataclass(frozen=True)
class FusionSizes:
    """One branch per signal family, then fusion layers, each with its dropout."""

    branch: int = 64
    fusion: tuple[int, ...] = (256, 128)
    dropout: tuple[float, ...] = (0.4, 0.3)


@dataclass(frozen=True)
class PersonalSizes:
    """Noise on the inputs, then dense layers, each with its dropout; the first one's weights are kept small."""

    noise: float = 0.2
    input_dropout: float = 0.2
    units: tuple[int, ...] = (64, 32)
    dropout: tuple[float, ...] = (0.5, 0.4)
    l2: float = 1e-3


@dataclass(frozen=True)
class StudentSizes:
    """Dense layers, each followed by dropout. The student is no member, so it has no place in `MemberSizes`."""

    units: tuple[int, ...] = (128, 64)
    dropout: float = 0.2


@dataclass(frozen=True)
class MemberSizes:
    """Sizes of all networks; field names are the members' names."""

    cnn: CnnSizes = field(default_factory=CnnSizes)
    lstm: LstmSizes = field(default_factory=LstmSizes)
    bilstm_attention: BiLstmAttentionSizes = field(default_factory=BiLstmAttentionSizes)
    transformer: TransformerSizes = field(default_factory=TransformerSizes)
    fusion: FusionSizes = field(default_factory=FusionSizes)
    personal: PersonalSizes = field(default_factory=PersonalSizes)


SMALL: Final = MemberSizes(
    cnn=CnnSizes(filters=(16, 32, 64), dense=32, dropout=0.3),
    lstm=LstmSizes(units=(32, 16), recurrent_dropout=0.1, dense=16, dropout=0.2),
    bilstm_attention=BiLstmAttentionSizes(units=(16, 8), dense=16, dropout=0.2),
    transformer=TransformerSizes(layers=2, d_model=32, heads=2, feed_forward=64, dense=32, dropout=0.2),
    fusion=FusionSizes(branch=16, fusion=(64, 32)),
)

PRESETS: Final = {"full": MemberSizes(), "small": SMALL}
