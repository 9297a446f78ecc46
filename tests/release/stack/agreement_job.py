"""Run by either environment's Python: writes a bundle made for given windows, or lets bundles answer them.

agreement_job.py write WINDOWS.npz BUNDLE
agreement_job.py answer WINDOWS.npz ANSWERS.npz LARGEST_CHUNK BUNDLE...
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.bundle.predictor import Predictor
from models.core.dataset import COLUMNS, Dataset
from models.core.prediction import Prediction

EVERY = 8
"""Of the windows, those that trees grow on and preparation is measured on."""


def rows(file: str) -> Dataset:
    """What the test has written."""
    with np.load(file) as found:
        columns = {name: found[name] for name in COLUMNS}
    return Dataset(**columns, label_names=("low", "middle", "high"), trained_on="simulated people")


def write(file: str, folder: str) -> None:
    """Real preparation and trees beside networks of drawn weights: fitting these would be most of the test."""
    from models.bundle.packing import save
    from models.core.keras3 import keras
    from models.datasets.split import Split
    from models.ensemble.calibration import Calibration
    from models.ensemble.combining import Weighted
    from models.ensemble.ensemble import Ensemble, raw_inputs
    from models.members import MEMBERS, NETWORKS, TREES, build_network, trees
    from models.members.forest import TreesConfig, forest_of, grow
    from models.members.sizes import PRESETS
    from models.preprocessing.preparation import PREPARED_SHAPES, Preparation
    from models.training.settings import TrainingConfig
    from models.training.train import TrainedEnsemble

    keras.utils.set_random_seed(4)
    windows = rows(file)
    windows = windows.rows(np.arange(0, len(windows.label), EVERY))
    preparation = Preparation.of(windows)
    values = preparation.arrays(raw_inputs(windows))["values"]
    grown = grow(values, windows.label, np.ones(len(windows.label)), TreesConfig(), seed=4)
    networks = {name: build_network(name, PRESETS["small"], labels=3) for name in NETWORKS}
    members = {TREES: trees.build(forest_of(grown), shape=PREPARED_SHAPES["values"]), **networks}
    ensemble = Ensemble(
        {name: members[name] for name in MEMBERS},
        preparation,
        Weighted(np.full(len(MEMBERS), 1 / len(MEMBERS))),
        Calibration.none(3),
    )
    split = Split(*((person,) for person in windows.people[:3]))
    made = TrainedEnsemble(
        *(ensemble, TrainingConfig(), split, {}),
        *(windows.label_names, ensemble.channels(), windows.trained_on, windows.data_hash()),
    )
    save(made, Path(folder), name="agreement")


def answer(file: str, answers: str, largest_chunk: str, *folders: str) -> None:
    """In chunks of drawn sizes."""
    windows = rows(file)
    sizes = np.random.default_rng(int(largest_chunk)).integers(1, int(largest_chunk) + 1, len(windows.label))
    ends = np.cumsum(sizes)
    cuts = [0, *ends[ends < len(windows.label)].tolist(), len(windows.label)]
    found = {}
    for folder in folders:
        predictor = Predictor.load(folder)
        parts = [_part(predictor, windows, slice(*cut)) for cut in pairwise(cuts)]
        for name in ("probabilities", "members"):
            found[f"{Path(folder).name}_{name}"] = np.concatenate([getattr(part, name) for part in parts])
    np.savez(answers, **found)


def _part(predictor: Predictor, windows: Dataset, cut: slice) -> Prediction:
    return predictor.predict(windows.features[cut], windows.sequence[cut], windows.baseline[cut])


if __name__ == "__main__":
    {"write": write, "answer": answer}[sys.argv[1]](*sys.argv[2:])
