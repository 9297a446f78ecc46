"""All explanations of a bundle as one JSON-able report."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from models.bundle.parts import Parts
from models.core.dataset import COLUMNS, Dataset
from models.core.errors import TrainingError
from models.explanation.attention import attention
from models.explanation.contributions import Contributions
from models.explanation.factors import FAMILIES, factors
from models.explanation.mixtures import Mixtures
from models.explanation.permutation import Permutation
from models.explanation.sample import drawn, in_labels_of, learnt_from, unseen
from schemas.windows import WINDOW_S

Report = dict[str, Any]

PERMUTED: Final = 400
"""Most windows whose factors are exchanged."""

BACKGROUND: Final = 20
"""Windows that each explained one is compared with."""

SHARED: Final = (
    "Features that move together share their importance, so that each may seem to matter less than it does:"
    " the families are the surer reading."
)
ATTENDED: Final = "Attention tells where a network looks, not why it answers as it does."


def explain(parts: Parts, windows: Dataset, *, most: int, seed: int, progress: Callable[[int, int], None]) -> Report:
    """Of windows of people unknown to the bundle: what matters in general, and for at most `most` of them singly.

    The same windows and seed give the same report. Raises TrainingError where nobody is unknown, where all of them
    show one label, or where nothing that the bundle reads differs.
    """
    known = in_labels_of(windows, parts.manifest)
    rows = unseen(known, parts.manifest).ordered()
    learnt = known.rows(mine).ordered() if (mine := learnt_from(known, parts.manifest)).any() else None
    permuted = rows.rows(drawn(rows, PERMUTED, seed=seed))
    explained = rows.rows(drawn(rows, most, seed=seed))
    mixtures = Mixtures.of(parts, permuted)
    if not mixtures.factors:
        raise TrainingError("nothing that the bundle reads differs between these windows: give longer recordings")
    total = len(factors()) + len(FAMILIES) + len(explained.label) + len(parts.attentive)
    step = _Steps(total, progress)
    importance = Permutation(mixtures, permuted, seed).importance(step)
    others, whose = (rows, "people explained") if learnt is None else (learnt, "people learnt from")
    background = others.rows(drawn(others, BACKGROUND, seed=seed))
    contributions = _contributions(parts, explained, background, seed=seed, step=step)
    return {
        "format": "eqm explanation 1",
        "bundle": _bundle(parts),
        "on": rows.trained_on,
        "people": list(rows.people),
        "windows_of_them": len(rows.label),
        "labels": list(rows.label_names),
        "seed": seed,
        "permutation": importance,
        "shap": contributions.together() | {"background": {"windows": len(background.label), "of": whose}},
        "windows": contributions.each(),
        "attention": {
            "uniform": 1 / WINDOW_S,
            "windows": {name: int((permuted.label == k).sum()) for k, name in enumerate(rows.label_names)},
            "members": attention(parts, mixtures.prepared, permuted, step),
        },
        "cautions": _cautions(rows, parts),
    }


class _Steps:
    """Counts what is done."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def __call__(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)


def _contributions(
    parts: Parts, explained: Dataset, background: Dataset, *, seed: int, step: Callable[[], None]
) -> Contributions:
    # Only the batch environment has what it imports.
    from models.explanation.shapley import shapley

    both = _joined(explained, background)
    mixtures = Mixtures.of(parts, both)
    numbers = np.arange(len(both.label))
    count = len(explained.label)
    found = shapley(mixtures, numbers[:count], numbers[count:], seed=seed, progress=step)
    return Contributions(found, mixtures.factors, explained)


def _joined(one: Dataset, other: Dataset) -> Dataset:
    return replace(one, **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in COLUMNS})


def _bundle(parts: Parts) -> dict[str, Any]:
    manifest = parts.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "trained_on": manifest.trained_on,
        "combination": manifest.combination,
        "members": {member.name: member.weight for member in manifest.members},
    }


def _cautions(rows: Dataset, parts: Parts) -> list[str]:
    found = [SHARED]
    if parts.attentive:
        found.append(ATTENDED)
    if len(rows.people) == 1:
        found.append(f"All windows are of one person, {rows.people[0]}: others may be read by other signals.")
    simulated = {rows.trained_on, parts.manifest.trained_on} & {"simulated people"}
    if simulated:
        found.append("Simulated people answer as the simulator was told to: this tells nothing about real ones.")
    return found
