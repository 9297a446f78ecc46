"""The one stack that all tests of a session share, and a small bundle; both tiers take their fixtures from here."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.bundle.packing import save
from models.core.dataset import COLUMNS, Dataset
from models.training.recipes import Recipe, Recipes
from models.training.settings import TrainingConfig
from models.training.train import train
from pipelines.core.settings import Settings
from pipelines.datasets.training_windows import every
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.labels.window_labels import UNLABELLED, window_labels
from pipelines.replay.people import simulated
from pipelines.sources.recording import Recording, to_samples
from pipelines.stack import processes
from pipelines.stack.stack import up
from schemas.labels import EMOTIONS
from schemas.windows import PHASES, WINDOW_MS, user_phase_ms
from tests.integration.ports import separate_settings
from tests.unit.models.people import TINY


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = separate_settings(tmp_path_factory.mktemp("eqm") / "home", task_slots=8)
    try:
        up(settings)
        yield settings
    finally:
        processes.end(processes.owned(settings.home), grace_s=20)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that says little, but is made as all are; its networks are so small that workers load it soon."""
    parts = [_labelled(person) for person in simulated(8, minutes=8, start="2025-01-01T00:00:00Z", seed=2)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    config = TrainingConfig(sizes=TINY.sizes, recipes=Recipes.alike(Recipe(epochs=1)))
    trained = train(Dataset(**columns, label_names=EMOTIONS, trained_on="simulated people"), config, lambda _: None)
    folder = tmp_path_factory.mktemp("bundle") / "small"
    save(trained, folder, name="small")
    return folder


def _labelled(person: Recording) -> dict[str, np.ndarray]:
    formed = every(windows(to_samples(person), user_phase_ms(person.user_id, PHASES)), stride_s=15)
    label, _ = window_labels(person.labels, EMOTIONS, formed.window_start_ms, least_share=0.6)
    keep = label != UNLABELLED
    computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    features = computed.features[keep].astype(np.float32)
    return {
        "features": features,
        "baseline": np.full_like(features, np.nan),
        "sequence": computed.sequence[keep],
        "label": label[keep],
        "person": np.full(keep.sum(), person.user_id),
        "window_end_ms": formed.window_start_ms[keep] + WINDOW_MS,
    }
