"""Magnitude pruning while a network is fitted."""

from typing import Any

import numpy as np

from models.core.arrays import Bools, Reals
from models.core.keras3 import keras


def sparsity_at(step: int, *, steps: int, final: float) -> float:
    """Share of weights that are to be 0 after a step: rising from 0, steeply at first, to `final` at `steps`.

    final · (1 − (1 − step/steps)³), Zhu & Gupta 2017, arXiv:1710.01878, equation 1.

    >>> [round(sparsity_at(step, steps=10, final=0.8), 2) for step in (0, 5, 10, 20)]
    [0.0, 0.7, 0.8, 0.8]
    """
    return final * (1 - (1 - min(step / steps, 1)) ** 3)


def kept(weights: Reals, sparsity: float) -> Bools:
    """Which weights stay: all but the given share, rounded to whole weights, of the smallest; ties by their place.

    >>> kept(np.array([[0.1, -3.0], [2.0, -0.2]]), 0.5).tolist()
    [[False, True], [True, False]]
    """
    order = np.argsort(np.abs(weights), axis=None, kind="stable")
    stay = np.ones(weights.size, dtype=bool)
    stay[order[: round(sparsity * weights.size)]] = False
    return stay.reshape(weights.shape)


class MagnitudePruning(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the smallest weights of every dense layer but the last to 0, ever more until `steps`, and keeps them there.

    Needs a model that is compiled to take one step at a time.
    """

    def __init__(self, final: float, *, steps: int) -> None:
        super().__init__()
        self._final, self._steps, self._step = final, steps, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step += 1
        sparsity = sparsity_at(self._step, steps=self._steps, final=self._final)
        for kernel in prunable(self.model):
            values = np.asarray(kernel)
            kernel.assign(values * kept(values, sparsity))


def prunable(model: keras.Model) -> list[keras.Variable]:
    """Kernels of the dense layers, without the last: few weights, and each label needs its own."""
    return [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]


def sparsity_of(model: keras.Model) -> float:
    """Share of the prunable weights that are 0."""
    kernels = [np.asarray(kernel) for kernel in prunable(model)]
    return sum(int((kernel == 0).sum()) for kernel in kernels) / sum(kernel.size for kernel in kernels)
