"""Made-up labelled windows, and settings so small that training them takes seconds."""

from dataclasses import replace

import numpy as np

from models.core.dataset import Dataset
from models.core.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE
from models.members.forest import TreesConfig
from models.members.sizes import (
    BiLstmAttentionSizes,
    CnnSizes,
    FusionSizes,
    LstmSizes,
    MemberSizes,
    PersonalSizes,
    TransformerSizes,
)
from models.training.recipes import ANNEALED, Recipe, Recipes
from models.training.settings import TrainingConfig
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_INDEX
from schemas.windows import HOP_MS

STATES = ("calm", "stress", "exercise")
START_MS = 1_700_000_000_000

TINY = TrainingConfig(
    keep_unweighted=True,
    sizes=MemberSizes(
        cnn=CnnSizes(filters=(4,), dense=4, dropout=0.1),
        lstm=LstmSizes(units=(4,), dense=4, dropout=0.1),
        bilstm_attention=BiLstmAttentionSizes(units=(2,), dense=4, dropout=0.1),
        transformer=TransformerSizes(layers=1, d_model=4, heads=2, feed_forward=4, dense=4, dropout=0.1),
        fusion=FusionSizes(branch=4, fusion=(8,), dropout=(0.1,)),
        personal=PersonalSizes(units=(8, 4), dropout=(0.1, 0.1)),
    ),
    trees=TreesConfig(iterations=3, leaves=4, least_leaf=3),
    recipes=Recipes.alike(
        Recipe(epochs=2, patience=2, batch_size=16, learning_rate=0.01),
        personal=replace(ANNEALED, epochs=3, batch_size=16, learning_rate=0.01),
    ),
    validation_share=0.2,
    test_share=0.3,
)


def made_up(people: int = 6, windows: int = 24, *, seed: int = 1) -> Dataset:
    """Each person goes through the states in turn; SpO2 is never measured, and a tenth of all values is missing."""
    rng = np.random.default_rng(seed)
    n = people * windows
    label = np.tile(np.arange(windows) * len(STATES) // windows, people)
    shift = label[:, None, None].astype(np.float32)
    sequence = rng.normal(size=(n, *SEQUENCE_SHAPE)).astype(np.float32) + shift
    features = rng.normal(size=(n, *FEATURE_SHAPE)).astype(np.float32) + shift[:, 0]
    for values in (features, sequence):
        values[rng.random(values.shape) < 0.1] = np.nan
    sequence[..., SEQUENCE_CHANNELS.index("spo2")] = np.nan
    features[:, [column for name, column in FEATURE_INDEX.items() if name.startswith("spo2")]] = np.nan
    return Dataset(
        features=features,
        baseline=np.repeat(features[::windows], windows, axis=0),
        sequence=sequence,
        label=label,
        person=np.repeat([f"p{person}" for person in range(people)], windows),
        window_end_ms=np.tile(START_MS + HOP_MS * np.arange(windows), people),
        label_names=STATES,
        trained_on="simulated people",
    )
