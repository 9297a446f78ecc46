"""A bundle as a teacher: whom it learnt from, and whether given windows are those."""

import numpy as np

from models.core.dataset import Dataset
from models.core.errors import BundleError, TrainingError
from models.core.manifest import Manifest
from models.datasets.split import Split


def people_of(manifest: Manifest) -> Split:
    """Who trained, validated and was held out; raises BundleError where the bundle does not say."""
    try:
        people = manifest.metrics["people"]
        return Split(*(tuple(people[name]) for name in ("train", "validation", "test")))
    except (LookupError, TypeError, TrainingError) as fault:
        raise BundleError(
            f"bundle {manifest.name} {manifest.version} does not say who trained it, stopped it and was held out:"
            " train it again"
        ) from fault


def need_its_data(dataset: Dataset, split: Split, manifest: Manifest) -> None:
    """Raises TrainingError unless these are the very windows that the teacher learnt from."""
    teacher = f"the teacher {manifest.name} {manifest.version}"
    missing = sorted({*split.train, *split.validation, *split.test} - set(dataset.people))
    if missing:
        raise TrainingError(
            f"{teacher} learnt from {_named(missing)}, who have no windows here: give the data it was trained on"
        )
    if dataset.label_names != manifest.labels:
        raise TrainingError(
            f"{teacher} knows {', '.join(manifest.labels)}, the windows are labelled {', '.join(dataset.label_names)}:"
            " give the data it was trained on"
        )
    if dataset.data_hash() != manifest.data_hash:
        raise TrainingError(
            f"{teacher} was trained on data {manifest.data_hash}, these windows are data {dataset.data_hash()}:"
            " give the data it was trained on, or train a teacher on these"
        )


def need_labels(learning: Dataset) -> None:
    """Raises TrainingError where these people show but one label: nothing can be told apart."""
    shown = [learning.label_names[label] for label in np.unique(learning.label)]
    if len(shown) < 2:
        raise TrainingError(f"all windows of the training people are {', '.join(shown)}: label more people")


def _named(people: list[str], most: int = 5) -> str:
    more = f" and {len(people) - most} more" if len(people) > most else ""
    return ", ".join(people[:most]) + more
