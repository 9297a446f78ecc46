"""Which windows are explained, and against which."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Ints
from models.core.dataset import Dataset
from models.core.errors import BundleError, TrainingError
from models.core.manifest import Manifest


def in_labels_of(rows: Dataset, manifest: Manifest) -> Dataset:
    """The rows whose label the bundle knows, numbered as it numbers them."""
    number = {name: at for at, name in enumerate(manifest.labels)}
    label = np.array([number.get(name, -1) for name in rows.label_names], dtype=np.int64)[rows.label]
    known = label >= 0
    if not known.any():
        raise TrainingError(
            f"no window is labelled {' or '.join(manifest.labels)}, which is all that the bundle tells apart:"
            " give other windows, or another bundle"
        )
    return replace(rows.rows(known), label=label[known], label_names=manifest.labels)


def unseen(rows: Dataset, manifest: Manifest) -> Dataset:
    """The rows of people from whom the bundle neither learnt nor chose anything; they must show two labels."""
    people = _people(manifest)
    held_out = ~np.isin(rows.person, [*people["train"], *people["validation"]])
    if not held_out.any():
        raise TrainingError(
            f"the bundle learnt from or was fitted to all {len(rows.people)} people given: explain it on others,"
            f" such as those it was tested on ({', '.join(people['test']) or 'none'})"
        )
    found = rows.rows(held_out)
    shown = np.unique(found.label)
    if len(shown) < 2:
        raise TrainingError(
            f"all {len(found.label)} windows of people unknown to the bundle are {rows.label_names[shown[0]]}:"
            " what tells labels apart shows only where there are two"
        )
    return found


def learnt_from(rows: Dataset, manifest: Manifest) -> Bools:
    """The rows (n,) of people from whom the bundle learnt."""
    return np.isin(rows.person, _people(manifest)["train"])


def drawn(rows: Dataset, most: int, *, seed: int) -> Ints:
    """Numbers of at most so many rows, ascending: of each label alike, and within a label of each person."""
    order = np.random.default_rng(seed).permutation(len(rows.label))
    _, person = np.unique(rows.person, return_inverse=True)
    for key in (rows.label * (person.max() + 1) + person, rows.label):
        order = order[np.argsort(turns(key[order]), kind="stable")]
    return np.sort(order[:most])


def turns(key: NDArray[Any]) -> Ints:
    """How often each entry (n,) came before.

    >>> turns(np.array([3, 5, 3, 3])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(key, kind="stable")
    _, first, count = np.unique(key[order], return_index=True, return_counts=True)
    turn = np.empty(len(key), dtype=np.int64)
    turn[order] = np.arange(len(key)) - np.repeat(first, count)
    return turn


def _people(manifest: Manifest) -> dict[str, list[str]]:
    people = manifest.metrics.get("people")
    if not people:
        raise BundleError(f"bundle {manifest.name} {manifest.version} does not say who taught it; train it again")
    return dict(people)
