"""`python -m tests.benchmarks.train_bundles FOLDER`: an ensemble and its student, of one epoch, for their speed alone.

In the environment that trains.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.bundle.packing import save
from models.bundle.predictor import Predictor
from models.core.dataset import COLUMNS, Dataset
from models.distillation.distil import DistillationConfig
from models.distillation.student_fitting import Schooling
from models.training.recipes import Recipe, Recipes
from models.training.settings import TrainingConfig
from models.training.train import train
from pipelines.datasets.training_windows import every
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import Recording, to_samples
from pipelines.sources.simulator import simulate_person
from pipelines.training.distil import StudentOrder, distilled
from schemas.labels import EMOTIONS
from schemas.windows import WINDOW_MS
from tests.benchmarks.bundles import ENSEMBLE, STUDENT

PEOPLE, DURATION_S, SEED = 9, 480, 2
START_MS = 1_735_689_600_000
STRIDE_S = 10


def main() -> None:
    folder = Path(sys.argv[1])
    people = [simulate_person(number, SEED, DURATION_S, START_MS) for number in range(PEOPLE)]
    dataset = joined([of_person(person) for person in people])
    config = TrainingConfig(keep_unweighted=True, recipes=Recipes.alike(Recipe(epochs=1, patience=None)))
    save(train(dataset, config, lambda _: None), folder / ENSEMBLE, name="bench")
    student = replace(DistillationConfig(), schooling=Schooling(epochs=1))
    order = StudentOrder(Predictor.load(folder / ENSEMBLE), student, folder / STUDENT, "bench-student")
    distilled(dataset, order, lambda _: None)


def joined(parts: list[dict[str, np.ndarray]]) -> Dataset:
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    return Dataset(**columns, label_names=EMOTIONS, trained_on="simulated people")


def of_person(person: Recording) -> dict[str, np.ndarray]:
    """Windows of all labels in turn."""
    formed = every(windows(to_samples(person), phase_ms=0), stride_s=STRIDE_S)
    computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    features = computed.features.astype(np.float32)
    rows = len(features)
    return {
        "features": features,
        "baseline": np.full_like(features, np.nan),
        "sequence": computed.sequence,
        "label": np.arange(rows) % len(EMOTIONS),
        "person": np.full(rows, person.user_id),
        "window_end_ms": formed.window_start_ms + WINDOW_MS,
    }


if __name__ == "__main__":
    main()
