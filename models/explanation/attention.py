"""Where in the window the members that attend look, by label."""

from collections.abc import Callable
from typing import Any

import numpy as np

from models.bundle.parts import Parts
from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.members import READS
from models.preprocessing.preparation import Input


def attention(
    parts: Parts, prepared: dict[Input, Float32s], rows: Dataset, progress: Callable[[], None]
) -> list[dict[str, Any]]:
    """Of each such member: the mean over a label's windows of how much each second is attended to; each sums to 1."""
    weights = {member.name: member.weight for member in parts.manifest.members}
    found = []
    for name in parts.attentive:
        seconds = parts.attention(name, prepared[READS[name]]).astype(np.float64)
        labels = {
            label: seconds[rows.label == number].mean(axis=0).tolist()
            for number, label in enumerate(rows.label_names)
            if (rows.label == number).any()
        }
        found.append({"name": name, "weight": weights[name], "labels": labels})
        progress()
    return found
