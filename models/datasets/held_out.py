"""The windows of people held out, in a file, so that whatever is trained later can be compared on the same people."""

import zipfile
from pathlib import Path
from typing import Final

import numpy as np

from models.core.dataset import COLUMNS, Dataset
from models.core.errors import RegistryError, TrainingError

FILE: Final = "held_out.npz"


def write(rows: Dataset, file: Path) -> None:
    """All columns, label names and whose windows they are; equal rows give equal columns back."""
    columns = {name: getattr(rows, name) for name in COLUMNS}
    np.savez_compressed(file, label_names=np.array(rows.label_names), trained_on=np.array(rows.trained_on), **columns)


def read(file: Path) -> Dataset:
    """What `write` wrote; raises RegistryError where it is torn or no such file."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            columns = {name: found[name] for name in COLUMNS}
            names, kind = tuple(found["label_names"].tolist()), str(found["trained_on"])
        return Dataset(**columns, label_names=names, trained_on=kind)  # type: ignore[arg-type]
    except (OSError, LookupError, ValueError, EOFError, zipfile.BadZipFile, TrainingError) as fault:
        raise RegistryError(f"{file} cannot be read ({fault}): put it back, or train the model again") from fault
