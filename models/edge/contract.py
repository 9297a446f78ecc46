"""What a device engineer must know to use exported files, as JSON."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from models.core.inputs import SEQUENCE_INPUTS
from models.edge.files import Exported, File
from models.members import READS
from schemas.channels import CHANNEL_INDEX, CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURES
from schemas.fingerprint import schema_hash
from schemas.windows import HOP_S, SMOOTHING_S, WINDOW_S

FORMAT: Final = "eqm edge 1"
STEPS: Final = (
    "preparation_X: raw inputs -> X, which a member whose `reads` is X is given",
    "member: its prepared input -> its own probabilities, which the bundle's calibration has not touched",
    "join: probabilities of all members, in the order in which they stand here, -> the bundle's probabilities",
)
INPUTS: Final = {
    "features": "of one window, in the order of feature_names; NaN where missing",
    "baseline": "the person's resting mean of each feature, in the same order; NaN where not known yet",
    "sequence": "a row per second, channels in the order of sequence_channels; NaN where missing",
}


def contract(bundles: Iterable[Exported]) -> dict[str, Any]:
    """Inputs and outputs, their shapes and order, and each bundle's labels and files."""
    return {
        "format": FORMAT,
        "schema_hash": schema_hash(),
        "window_s": WINDOW_S,
        "hop_s": HOP_S,
        "smoothing_s": SMOOTHING_S,
        "steps": STEPS,
        "inputs": INPUTS,
        "feature_names": [{"name": each.name, "unit": each.unit} for each in FEATURES],
        "sequence_channels": [{"name": name, "unit": _unit(name)} for name in SEQUENCE_CHANNELS],
        "bundles": {exported.key: _bundle(exported) for exported in bundles},
    }


def _unit(channel: str) -> str:
    return CHANNELS[CHANNEL_INDEX[SEQUENCE_INPUTS[channel][0]]].unit


def _bundle(exported: Exported) -> dict[str, Any]:
    manifest = exported.manifest
    told = ("name", "version", "labels", "channels", "min_quality", "min_confidence", "distilled_from", "trained_on")
    return {
        **{name: getattr(manifest, name) for name in told},
        "folder": exported.key,
        "preparations": {reads: _file(file) for reads, file in exported.preparations.items()},
        "members": {member.name: _member(exported, member.name, member.weight) for member in manifest.members},
        "join": _file(exported.join),
    }


def _member(exported: Exported, name: str, weight: float) -> dict[str, Any]:
    files = {form: _file(file) for form, file in exported.members[name].items()}
    return {"weight": weight, "reads": READS[name], "files": files}


def _file(file: File) -> dict[str, Any]:
    return {
        "file": file.name,
        "arithmetic": file.arithmetic,
        "inputs": _tensors(file.device.inputs),
        "outputs": _tensors(file.device.outputs),
        "bytes": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }


def _tensors(shapes: dict[str, tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    return {name: {"shape": shape, "type": "float32"} for name, shape in shapes.items()}
