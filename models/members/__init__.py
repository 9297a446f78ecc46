"""The members: what each reads, and how its network is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.core.keras3 import keras
from models.members import bilstm_attention, cnn, fusion, lstm, personal, transformer
from models.members.sizes import MemberSizes
from models.preprocessing.preparation import PREPARED_SHAPES, Input

TREES: Final = "trees"
"""The member that is grown, not fitted by gradient descent."""


@dataclass(frozen=True)
class Network:
    """A kind of network and the prepared input that it reads."""

    reads: Input
    build: Callable[..., keras.Model]


NETWORKS: Final = {
    "personal": Network("ranks", personal.build),
    "cnn": Network("sequence", cnn.build),
    "lstm": Network("sequence", lstm.build),
    "bilstm_attention": Network("sequence", bilstm_attention.build),
    "transformer": Network("sequence", transformer.build),
    "fusion": Network("features", fusion.build),
}

STUDENT: Final = "student"
"""The only member of a distilled bundle, and of no other."""

MEMBERS: Final = (TREES, *NETWORKS)

READS: Final[dict[str, Input]] = {
    TREES: "values",
    **{name: network.reads for name, network in NETWORKS.items()},
    STUDENT: "ranks",
}


def build_network(name: str, sizes: MemberSizes, *, labels: int) -> keras.Model:
    """An untrained Keras model: prepared input -> probabilities of `labels` labels."""
    network = NETWORKS[name]
    return network.build(getattr(sizes, name), shape=PREPARED_SHAPES[network.reads], labels=labels)
