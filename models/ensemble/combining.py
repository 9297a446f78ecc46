"""How members' answers become one: each way takes (n, members, K), an array or a tensor, and gives (n, K)."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.core.arrays import Float32s, Floats, Ints
from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.ensemble.calibration import SMALLEST

STACKING_STRENGTH: Final = 0.01
"""Inverse regularisation per minute: few people must not make a member count for what it is not."""


class Combiner(Protocol):
    """A way to combine."""

    def __call__(self, members: keras.KerasTensor) -> keras.KerasTensor: ...

    @property
    def shares(self) -> Floats:
        """How much each member counts, (members,); sums to 1."""


@dataclass(frozen=True)
class Weighted:
    """The weighted mean."""

    shares: Floats

    def __call__(self, members: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.sum(members * self.shares.astype(np.float32)[:, None], axis=1)


@dataclass(frozen=True)
class Voting:
    """The share of members that find a label the most likely, as if one more member had voted for all of them."""

    shares: Floats

    def __call__(self, members: keras.KerasTensor) -> keras.KerasTensor:
        ops = keras.ops
        labels, voters = members.shape[2], members.shape[1]
        votes = ops.sum(ops.one_hot(ops.argmax(members, axis=-1), labels), axis=1)
        return (votes + 1 / labels) / (voters + 1)


@dataclass(frozen=True)
class Stacking:
    """Logistic regression on the logarithms of all answers."""

    coefficients: Float32s
    """(members, K, K): of a member's answer for one label, for each label."""
    bias: Float32s

    @property
    def shares(self) -> Floats:
        size = np.abs(self.coefficients.astype(np.float64)).sum(axis=(1, 2))
        return np.asarray(size / size.sum())

    def __call__(self, members: keras.KerasTensor) -> keras.KerasTensor:
        ops = keras.ops
        logits = ops.log(ops.maximum(members, SMALLEST))
        by_member = ops.sum(logits[..., None] * self.coefficients, axis=2)
        return ops.softmax(ops.sum(by_member, axis=1) + self.bias)


def voting(members: int) -> Voting:
    """Of so many members, each of which counts alike."""
    return Voting(np.full(members, 1 / members))


def fit_stacking(members: Floats, label: Ints, minutes: Floats) -> Stacking:
    """Learned from answers (n, M, K) and labels (n,) of validation people; `minutes` (n,) is what a row counts."""
    _, count, labels = members.shape
    never = np.flatnonzero(np.bincount(label, minlength=labels) == 0)
    if len(never):
        raise TrainingError(
            f"stacking: no validation person shows label number {never[0]}; combine by weights, or label more people"
        )
    inputs = np.log(np.maximum(members, SMALLEST)).reshape(len(label), -1)
    fit = LogisticRegression(C=STACKING_STRENGTH, max_iter=2000).fit(inputs, label, sample_weight=minutes)
    coefficients, bias = fit.coef_, fit.intercept_
    if labels == 2:
        coefficients, bias = np.concatenate([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    by_member = coefficients.T.reshape(count, labels, labels)
    return Stacking(by_member.astype(np.float32), bias.astype(np.float32))
