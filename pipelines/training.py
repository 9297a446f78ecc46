"""From archive and labels to a bundle."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import days
from feature_repo.retrieval import historical
from feature_repo.store import is_applied
from models.dataset import Dataset
from models.manifest import Manifest
from models.settings import TRAINING_PRESETS
from models.training import Progress, train
from models.training_set import MEAN_NAMES, load
from pipelines.baseline_rows import opened
from pipelines.label_topic import read_labels
from pipelines.settings import Settings
from pipelines.training_windows import LabelledWindows, labelled_windows
from schemas.topics import LABELS


def archived_windows(settings: Settings, progress: Callable[[int, int], None]) -> LabelledWindows:
    """The labelled windows of the archive, each beside its person's baseline; labels come from the labels topic."""
    labels = read_labels(settings.bootstrap_servers, LABELS.name)
    found = labelled_windows(settings.archive_folder, labels, progress)
    return replace(found, dataset=with_baselines(found.dataset, settings))


def with_baselines(rows: Dataset, settings: Settings) -> Dataset:
    """The same windows beside the baselines that the feature store knew at each one's end; as they are without any."""
    applied = is_applied(settings.feast_profile, settings.feast_folder, settings.redis_url or None)
    if not applied or not days(offline_folder(settings.feast_folder, USER_BASELINE)):
        return rows
    # Once imported, Feast shows everybody's warnings: that is taken back.
    with warnings.catch_warnings():
        store = opened(settings)
    known = historical(store, rows.person.tolist(), rows.window_end_ms, (USER_BASELINE,))
    return replace(rows, baseline=known[list(MEAN_NAMES)].to_numpy(dtype=np.float32, na_value=np.nan))


def built_windows(folder: Path) -> LabelledWindows:
    """The windows of a training set, with its split."""
    found = load(folder)
    return LabelledWindows(found.dataset, sum(found.card.dropped.values()), found.people())


def train_bundle(
    found: LabelledWindows, folder: Path, *, preset: str, name: str, progress: Callable[[Progress], None]
) -> Manifest:
    """Trains the ensemble, split by person, and writes the bundle with its report."""
    from models.packing import save

    trained = train(found.dataset, TRAINING_PRESETS[preset], progress, split=found.split)
    return save(trained, folder, name=name)
