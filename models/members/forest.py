"""scikit-learn's gradient-boosted trees, trained and taken apart into arrays."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.core.arrays import Bools, Float32s, Floats, Ints
from models.core.errors import TrainingError

Int32s = NDArray[np.int32]

EVERYTHING: Final = np.float32(np.inf)


@dataclass(frozen=True)
class TreesConfig:
    """How the trees grow."""

    iterations: int = 150
    learning_rate: float = 0.05
    leaves: int = 7
    least_leaf: int = 30
    """Training rows in a leaf, at least."""
    l2: float = 5.0
    column_share: float = 0.4
    """Of the columns, drawn anew for each split."""


@dataclass(frozen=True)
class BoostedTrees:
    """All nodes of all trees in one row. A leaf is its own child, and everything goes left in it.

    A row goes left where its value is at most the threshold; thresholds are float32, rounded so that no float32 value
    goes another way than against scikit-learn's own.
    """

    column: Int32s
    threshold: Float32s
    missing_left: Bools
    left: Int32s
    right: Int32s
    value: Floats
    roots: Int32s
    """(iterations, scores): where each tree begins; one score is of the second of two labels."""
    start: Floats
    """(scores,): what the trees add to."""
    depth: int


@dataclass(frozen=True)
class Grown:
    """A fitted classifier, and the columns that it was given: scikit-learn takes none that never differ."""

    classifier: Any
    columns: Ints

    def probabilities(self, values: Float32s) -> Floats:
        """scikit-learn's own answer (n, labels)."""
        answer: Floats = self.classifier.predict_proba(values[:, self.columns])
        return answer


def unfitted(config: TreesConfig, *, seed: int) -> HistGradientBoostingClassifier:
    """scikit-learn's classifier, of which all iterations are run."""
    return HistGradientBoostingClassifier(
        max_iter=config.iterations,
        learning_rate=config.learning_rate,
        max_leaf_nodes=config.leaves,
        min_samples_leaf=config.least_leaf,
        l2_regularization=config.l2,
        max_features=config.column_share,
        early_stopping=False,
        random_state=seed,
    )


def grow(values: Float32s, label: Ints, weight: Floats, config: TreesConfig, *, seed: int) -> Grown:
    """Fits on values (n, columns), NaN for missing. On one thread: more only wait for each other here."""
    columns = np.array([at for at, column in enumerate(values.T) if _differs(column)], dtype=np.int64)
    if not len(columns):
        raise TrainingError("trees: no feature differs between the training windows")
    trees = unfitted(config, seed=seed)
    with threadpool_limits(1, user_api="openmp"):
        return Grown(trees.fit(values[:, columns], label, sample_weight=weight), columns)


def forest_of(grown: Grown) -> BoostedTrees:
    """The arrays of the fitted trees."""
    classifier = grown.classifier
    trees = [tree.nodes for of_iteration in classifier._predictors for tree in of_iteration]
    roots = np.cumsum([0, *(len(nodes) for nodes in trees)])[:-1]
    nodes = np.concatenate(trees)
    own = np.arange(len(nodes))
    offset = np.repeat(roots, [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    return BoostedTrees(
        column=grown.columns[np.where(leaf, 0, nodes["feature_idx"])].astype(np.int32),
        threshold=np.where(leaf, EVERYTHING, _rounded_down(nodes["num_threshold"])),
        missing_left=leaf | nodes["missing_go_to_left"].astype(bool),
        left=np.where(leaf, own, offset + nodes["left"]).astype(np.int32),
        right=np.where(leaf, own, offset + nodes["right"]).astype(np.int32),
        value=np.where(leaf, nodes["value"], 0.0),
        roots=roots.reshape(len(classifier._predictors), -1).astype(np.int32),
        start=np.asarray(classifier._baseline_prediction, dtype=np.float64).ravel(),
        depth=int(nodes["depth"].max()),
    )


def _differs(column: Float32s) -> bool:
    known = column[np.isfinite(column)]
    return len(known) > 0 and bool(known.min() < known.max())


def _rounded_down(threshold: Floats) -> Float32s:
    """The largest float32 that is not above: whatever float32 is below one is below the other."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
