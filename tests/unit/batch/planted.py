"""A bundle of trees alone, of people of whom one feature tells the label and another one tells who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import tensorflow as tf

from models.bundle.parts import Parts
from models.bundle.parts_export import export_parts
from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.core.manifest import Manifest, MemberWeight
from models.ensemble.calibration import Calibration
from models.ensemble.combining import voting
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.members import TREES, trees
from models.members.forest import TreesConfig, forest_of, grow
from models.preprocessing.preparation import PREPARED_SHAPES, Preparation
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_INDEX, FEATURE_NAMES
from schemas.fingerprint import schema_hash
from tests.unit.models.people import STATES, made_up

TELLS: Final = "eda_scl"
WHO: Final = "temp_mean"
PEOPLE = {"train": ["p0", "p1", "p2"], "validation": ["p3"], "test": ["p4"]}


def windows(people: int = 6, windows: int = 36, *, seed: int = 3) -> Dataset:
    """Noise; `TELLS` is the label's number and a little noise, `WHO` the person's; SpO2 is never measured."""
    rows, rng = made_up(people, windows, seed=seed), np.random.default_rng(seed)
    features = rng.normal(size=rows.features.shape).astype(np.float32)
    features[np.isnan(rows.features)] = np.nan
    features[:, FEATURE_INDEX[TELLS]] = rows.label + rng.normal(scale=0.3, size=len(rows.label))
    features[:, FEATURE_INDEX[WHO]] = np.unique(rows.person, return_inverse=True)[1]
    return replace(rows, features=features, baseline=np.full_like(features, np.nan))


@dataclass(frozen=True)
class Prejudiced:
    """Parts that go by `WHO` alone."""

    manifest: Manifest

    def prepare(self, raw: Mapping[str, Float32s]) -> dict[str, Float32s]:
        return {"values": np.concatenate([raw["features"], raw["baseline"]], axis=1)}

    def member(self, name: str, prepared: Float32s) -> Float32s:
        who = prepared[:, FEATURE_INDEX[WHO]] / 10
        return np.stack([1 - who, who / 2, who / 2], axis=1)

    def joined(self, members: Float32s) -> Float32s:
        return members.mean(axis=1)


def planted(folder: Path) -> Parts:
    """Trees grown on some of the people."""
    learning = windows().of(tuple(PEOPLE["train"]))
    preparation = Preparation.of(learning)
    values = preparation.arrays(raw_inputs(learning))["values"]
    grown = grow(values, learning.label, np.ones(len(learning.label)), TREES_CONFIG, seed=1)
    member = trees.build(forest_of(grown), shape=PREPARED_SHAPES["values"])
    ensemble = Ensemble({TREES: member}, preparation, voting(1), Calibration.none(len(STATES)))
    export_parts(ensemble, str(folder))
    return Parts(MANIFEST, tf.saved_model.load(str(folder)), tf.constant)


TREES_CONFIG = TreesConfig(iterations=10, learning_rate=0.3, least_leaf=5, column_share=1.0)
MANIFEST = Manifest(
    name="planted",
    version="0" * 12,
    labels=STATES,
    channels=CHANNEL_NAMES,
    feature_names=FEATURE_NAMES,
    sequence_channels=SEQUENCE_CHANNELS,
    window_s=60,
    hop_s=5,
    smoothing_s=30,
    schema_hash=schema_hash(),
    data_hash="0" * 16,
    members=(MemberWeight(name=TREES, weight=1),),
    combination="voting",
    temperature=1,
    bias=(0, 0, 0),
    min_quality=0.5,
    trained_on="simulated people",
    metrics={"people": PEOPLE},
    checksum="0" * 64,
)
