"""From raw windows to what members read. All that is measured for it is measured on training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np

from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.core.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE
from models.core.keras3 import keras
from models.preprocessing.quantiles import Quantiles, fit_quantiles, ranked
from models.preprocessing.relative import Centring, centred, fit_centring, level_values
from models.preprocessing.scaling import Scaling, fit_scaling, scaled

Input = Literal["sequence", "features", "values", "ranks"]

PREPARED_SHAPES: Final[dict[Input, tuple[int, ...]]] = {
    "sequence": (*SEQUENCE_SHAPE[:-1], 2 * SEQUENCE_SHAPE[-1]),
    "features": (2 * FEATURE_SHAPE[0],),
    "values": (2 * FEATURE_SHAPE[0],),
    "ranks": (2 * FEATURE_SHAPE[0],),
}


@dataclass(frozen=True)
class Preparation:
    """How each input is made of raw features, baseline and sequence."""

    features: Scaling
    centring: Centring
    sequence: Scaling
    quantiles: Quantiles

    @classmethod
    def of(cls, rows: Dataset) -> Self:
        """Measured on these rows."""
        centring = fit_centring(rows.baseline)
        return cls(
            features=fit_scaling(rows.features),
            centring=centring,
            sequence=fit_scaling(np.asarray(centred(rows.sequence, rows.baseline, centring))),
            quantiles=fit_quantiles(np.asarray(level_values(rows.features, rows.baseline))),
        )

    def inputs(self, raw: Mapping[str, keras.KerasTensor]) -> dict[Input, keras.KerasTensor]:
        """What members read, of raw tensors or arrays named as in `RAW_SHAPES`; NaN is missing.

        `sequence`: against the person's own level, standardised, then presence; `features`: the same without the level;
        `values`: raw features, then their distance from rest, NaN for missing; `ranks`: these among training's.
        """
        values = level_values(raw["features"], raw["baseline"])
        return {
            "sequence": scaled(centred(raw["sequence"], raw["baseline"], self.centring), self.sequence),
            "features": scaled(raw["features"], self.features),
            "values": values,
            "ranks": ranked(values, self.quantiles),
        }

    def arrays(self, raw: Mapping[str, Float32s]) -> dict[Input, Float32s]:
        """The same for arrays."""
        return {name: np.asarray(values) for name, values in self.inputs(raw).items()}
