"""Writes the pieces of an ensemble as a SavedModel; what reads them is `models.bundle.parts`."""

from typing import Final

from models.core.inputs import RAW_SHAPES
from models.core.keras3 import keras
from models.ensemble.ensemble import Ensemble
from models.members import READS, bilstm_attention, transformer

ATTENTION: Final = {"bilstm_attention": bilstm_attention.attention, "transformer": transformer.attention}
"""Of a member: the network that tells how much each second is attended to."""


def export_parts(ensemble: Ensemble, folder: str) -> None:
    """A SavedModel with one variable per weight, whatever uses it:

    - `prepare`: raw inputs by name -> the prepared inputs that this ensemble's members read, by name;
    - `member_NAME`: prepared input (n, …) -> probabilities (n, K);
    - `join`: members' answers (n, members, K) -> the ensemble's calibrated probabilities (n, K);
    - `attention_NAME`, of members that attend: prepared input -> (n, seconds), rows sum to 1.
    """
    archive = keras.export.ExportArchive()
    _add(archive, "prepare", _prepare(ensemble))
    _add(archive, "join", _join(ensemble))
    for name, member in ensemble.members.items():
        _add(archive, f"member_{name}", member)
        if name in ATTENTION:
            _add(archive, f"attention_{name}", _attention(name, member))
    archive.write_out(folder, verbose=False)


def _add(archive: keras.export.ExportArchive, name: str, piece: keras.Model) -> None:
    signature = [keras.tree.map_structure(lambda of: keras.InputSpec("float32", (None, *of.shape[1:])), piece.input)]
    archive.add_endpoint(name, lambda given: piece(given, training=False), input_signature=signature)


def _prepare(ensemble: Ensemble) -> keras.Model:
    raw = {name: keras.Input(shape, name=name) for name, shape in RAW_SHAPES.items()}
    inputs = ensemble.preparation.inputs(raw)
    return keras.Model(raw, {name: inputs[name] for name in sorted({READS[name] for name in ensemble.names})})


def _join(ensemble: Ensemble) -> keras.Model:
    labels = next(iter(ensemble.members.values())).output.shape[-1]
    members = keras.Input((len(ensemble.members), labels))
    return keras.Model(members, ensemble.calibration(ensemble.combiner(members)))


def _attention(name: str, member: keras.Model) -> keras.Model:
    """Of a mean of snapshots: the mean of theirs."""
    snapshots = [layer for layer in member.layers if isinstance(layer, keras.Model)]
    if not snapshots:
        return ATTENTION[name](member)
    inputs = keras.Input(member.input_shape[1:])
    return keras.Model(inputs, keras.layers.Average()([ATTENTION[name](each)(inputs) for each in snapshots]))
