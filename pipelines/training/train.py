"""From archive and labels to a bundle."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import days
from feature_repo.retrieval import historical
from feature_repo.store import is_applied
from models.core.dataset import Dataset
from models.core.manifest import Manifest
from models.datasets.split import Names
from models.datasets.training_set import load
from models.training.checkpoints import forget
from models.training.settings import TRAINING_PRESETS, TrainingConfig, read
from models.training.train import NOWHERE, Folders, Progress, train
from pipelines.baselines.rows import opened
from pipelines.core.settings import Settings
from pipelines.datasets.training_windows import LabelledWindows, labelled_windows
from pipelines.labels.topic import read_labels
from pipelines.labels.window_labels import Unlabelled
from schemas.feature_table import MEAN_NAMES
from schemas.topics import LABELS


def archived_windows(settings: Settings, progress: Callable[[int, int], None]) -> LabelledWindows:
    """The labelled windows of the archive, each beside its person's baseline; labels come from the labels topic."""
    labels = read_labels(settings.bootstrap_servers, LABELS.name)
    found = labelled_windows(settings.archive_folder, labels, settings.window_phases, progress)
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
    dropped = found.card.dropped
    contradictory = dropped.get(Unlabelled.OVERLAPPING_LABELS, 0)
    return LabelledWindows(found.dataset, sum(dropped.values()), found.people(), contradictory)


@dataclass(frozen=True)
class TrainingOrder:
    """What is to be trained, and where it goes."""

    config: TrainingConfig
    bundle: Path
    name: str
    held_out: Names = ()
    """People who must not learn."""
    folders: Folders = NOWHERE


def configured(preset: str, file: Path | None, *, seed: int | None, risk: float | None) -> TrainingConfig:
    """A preset's settings, those of the file in their place, and what else is given in the place of these."""
    base = TRAINING_PRESETS[preset]
    config = read(file, base) if file else base
    if seed is not None:
        config = replace(config, seed=seed)
    return config if risk is None else replace(config, stated_risk=risk)


def train_bundle(found: LabelledWindows, order: TrainingOrder, progress: Callable[[Progress], None]) -> Manifest:
    """Trains the ensemble, split by person, and writes the bundle with its report; then needs no checkpoints more."""
    from models.bundle.packing import save

    trained = train(
        found.dataset, order.config, progress, split=found.split, held_out=order.held_out, folders=order.folders
    )
    manifest = save(trained, order.bundle, name=order.name)
    if order.folders.checkpoints:
        forget(order.folders.checkpoints)
    return manifest
