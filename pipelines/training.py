"""From archive and labels to a bundle."""

from collections.abc import Callable
from pathlib import Path

from models.manifest import Manifest
from models.settings import TRAINING_PRESETS
from models.training import Progress, train
from models.training_set import load
from pipelines.label_topic import read_labels
from pipelines.settings import Settings
from pipelines.training_windows import LabelledWindows, labelled_windows
from schemas.topics import LABELS


def archived_windows(settings: Settings, progress: Callable[[int, int], None]) -> LabelledWindows:
    """The labelled windows of the archive; labels come from the labels topic."""
    labels = read_labels(settings.bootstrap_servers, LABELS.name)
    return labelled_windows(settings.archive_folder, labels, progress)


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
