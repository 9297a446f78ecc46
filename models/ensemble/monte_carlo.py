"""What an ensemble's networks would say with other units dropped (Gal & Ghahramani 2016, arXiv:1506.02142)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Float32s, Floats
from models.core.keras3 import keras
from models.ensemble.ensemble import CHUNK, Ensemble
from models.ensemble.uncertainty import information
from models.members import READS

PASSES: Final = 20
SEED_STATE: Final = "seed_generator_state"
"""Keras' name for the state behind a layer's random numbers."""


@dataclass(frozen=True)
class MonteCarlo:
    """Of each window, over all passes."""

    mean: Floats
    """Of the ensemble's calibrated probabilities, (n, K)."""
    deviation: Floats
    """Their standard deviation, (n, K)."""
    information: Floats
    """How far the passes, each sure of itself, are at odds, (n,): see `models.ensemble.uncertainty.information`."""


def monte_carlo(ensemble: Ensemble, raw: Mapping[str, Float32s], *, seed: int, passes: int = PASSES) -> MonteCarlo:
    """Lets the ensemble answer raw inputs (NaN for missing) `passes` times.

    Dropout and noise are those of training, batch normalisation is that of use. Members of weight 0, and those without
    dropout, such as trees, answer as ever. The same seed and rows give the same numbers; the ensemble stays as it was.
    """
    drawn = {name: ensemble.members[name] for name, share in ensemble.shares() if share > 0}
    drawn = {name: model for name, model in drawn.items() if _seeds(model)}
    starts = range(0, len(raw["features"]), CHUNK)
    with _drawing(drawn, seed):
        told = [_told(ensemble, drawn, {k: v[at : at + CHUNK] for k, v in raw.items()}, passes) for at in starts]
    answers = np.concatenate(told, axis=1)
    return MonteCarlo(answers.mean(axis=0), answers.std(axis=0), information(answers))


def _told(ensemble: Ensemble, drawn: Mapping[str, keras.Model], raw: Mapping[str, Float32s], passes: int) -> Floats:
    """Calibrated probabilities of every pass, (passes, n, K)."""
    inputs = ensemble.preparation.inputs(raw)
    answers = {name: np.asarray(model(inputs[READS[name]], training=False)) for name, model in ensemble.members.items()}
    found = []
    for _ in range(passes):
        answers |= {name: np.asarray(model(inputs[READS[name]], training=True)) for name, model in drawn.items()}
        members = np.stack(list(answers.values()), axis=1, dtype=np.float64)
        found.append(np.asarray(ensemble.calibration(ensemble.mixed(members)), dtype=np.float64))
    return np.stack(found)


@contextmanager
def _drawing(models: Mapping[str, keras.Model], seed: int) -> Iterator[None]:
    """Random numbers from the seed on, and batch normalisation by its running statistics, even in training."""
    states = [state for model in models.values() for state in _seeds(model)]
    norms = [each for model in models.values() for each in _trainable_norms(model)]
    before = [np.asarray(state).copy() for state in states]
    for number, state in enumerate(states):
        state.assign([seed + number, 0])
    for norm in norms:
        norm.trainable = False
    try:
        yield
    finally:
        for norm in norms:
            norm.trainable = True
        for state, value in zip(states, before, strict=True):
            state.assign(value)


def _trainable_norms(model: keras.Model) -> Iterator[keras.Layer]:
    """Those of snapshots, too, which are networks within one."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _trainable_norms(layer)
        elif isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            yield layer


def _seeds(model: keras.Model) -> list[keras.Variable]:
    return [each for each in model.variables if each.name == SEED_STATE]
