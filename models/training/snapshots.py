"""Snapshot ensembles: the networks at the ends of a cosine's cycles (Huang et al. 2017, arXiv:1704.00109)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.core.keras3 import keras

Weights = Sequence[NDArray[np.float32]]


class Snapshots(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps a network's weights whenever so many epochs have passed."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self._every = every
        self.kept: list[Weights] = []

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        if (epoch + 1) % self._every == 0:
            self.kept.append(self.model.get_weights())


def mean_of(build: Callable[[], keras.Model], snapshots: Sequence[Weights]) -> keras.Model:
    """One network that answers with the mean of those that have these weights; itself where there is but one."""
    networks = []
    for number, weights in enumerate(snapshots, start=1):
        network = build()
        network.set_weights(weights)
        network.name = f"{network.name}_{number}"
        networks.append(network)
    if len(networks) == 1:
        return networks[0]
    inputs = keras.Input(networks[0].input_shape[1:])
    answer = keras.layers.Average()([network(inputs) for network in networks])
    return keras.Model(inputs, answer, name=networks[0].name.rsplit("_", 1)[0])
