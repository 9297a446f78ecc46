"""What a training keeps of itself, so that one that is killed goes on where it stood."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.training.snapshots import Snapshots
from schemas.whole import whole_file

SUFFIX: Final = ".checkpoint"
"""Of a file that is being written."""
ABOUT: Final = "training.json"
"""What the folder's checkpoints are of."""


@dataclass(frozen=True)
class Saved:
    """Facts that JSON can hold, and groups of arrays."""

    facts: Mapping[str, Any]
    groups: Mapping[str, Sequence[NDArray[Any]]]

    def written(self) -> bytes:
        """The SHA-256 of all that follows, the facts and the groups' sizes, each on a line; then NumPy's archive."""
        sizes = {name: len(arrays) for name, arrays in self.groups.items()}
        archive = io.BytesIO()
        np.savez(archive, *[array for arrays in self.groups.values() for array in arrays])
        content = json.dumps([dict(self.facts), sizes]).encode() + b"\n" + archive.getvalue()
        return hashlib.sha256(content).hexdigest().encode() + b"\n" + content

    @classmethod
    def of(cls, content: bytes) -> Self | None:
        """None unless every byte is as it was written."""
        digest, _, rest = content.partition(b"\n")
        if digest != hashlib.sha256(rest).hexdigest().encode():
            return None
        head, _, archive = rest.partition(b"\n")
        facts, sizes = json.loads(head)
        with np.load(io.BytesIO(archive), allow_pickle=False) as found:
            arrays = iter([found[f"arr_{number}"] for number in range(sum(sizes.values()))])
        return cls(facts, {name: [next(arrays) for _ in range(size)] for name, size in sizes.items()})


@dataclass(frozen=True)
class Checkpoints:
    """A folder of checkpoints, one for each member that was begun; without a folder nothing is kept."""

    folder: Path | None

    @classmethod
    def opened(cls, folder: Path | None, about: Mapping[str, str]) -> Self:
        """Raises TrainingError where the folder's checkpoints are of something else than `about` says."""
        if folder is None:
            return cls(None)
        known = _about(folder)
        differing = [name for name in about if known and known.get(name) != about[name]]
        if differing:
            raise TrainingError(
                f"the checkpoints in {folder} are of other {' and '.join(differing)}:"
                " train as when they were written, or give another folder, or delete this one"
            )
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / ABOUT, json.dumps(dict(about), indent=2).encode())
        return cls(folder)

    def read(self, member: str) -> Saved | None:
        """What was kept of a member; raises TrainingError where the file is not whole."""
        if self.folder is None or not (path := self.folder / f"{member}{SUFFIX}").exists():
            return None
        found = Saved.of(path.read_bytes())
        if found is None:
            raise TrainingError(f"{path} is damaged: delete it, and {member} is trained from its beginning")
        return found

    def write(self, member: str, saved: Saved) -> None:
        """In place of what was kept of it before, as a whole or not at all."""
        if self.folder is not None:
            _write(self.folder / f"{member}{SUFFIX}", saved.written())


def forget(folder: Path) -> None:
    """Deletes the checkpoints, and the folder if it holds nothing else."""
    for path in (*folder.glob(f"*{SUFFIX}"), *folder.glob(f".*{SUFFIX}"), folder / ABOUT):
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _about(folder: Path) -> dict[str, str]:
    """What the folder says of itself; nothing where it holds nothing yet."""
    path = folder / ABOUT
    if not path.exists():
        if any(folder.glob(f"*{SUFFIX}")):
            raise TrainingError(f"{folder} does not say what its checkpoints are of: delete it, or give another folder")
        return {}
    try:
        return dict(json.loads(path.read_bytes()))
    except (ValueError, TypeError) as fault:
        raise TrainingError(f"{path} is damaged: delete {folder}, and training begins anew") from fault


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


STOPPING_FACTS = ("best", "wait", "best_epoch")


class Resuming(keras.callbacks.Callback):  # type: ignore[misc]
    """Must come after the callbacks whose state it keeps: they forget it when training begins."""

    def __init__(self, checkpoints: Checkpoints, member: str, others: list[keras.callbacks.Callback]) -> None:
        super().__init__()
        self._checkpoints, self._member = checkpoints, member
        self._stopping = next((each for each in others if isinstance(each, keras.callbacks.EarlyStopping)), None)
        self._snapshots = next((each for each in others if isinstance(each, Snapshots)), None)
        self._found = checkpoints.read(member)

    @property
    def first_epoch(self) -> int:
        """How many epochs are done already."""
        return 0 if self._found is None else int(self._found.facts["epochs"])

    def on_train_begin(self, logs: object = None) -> None:
        if self._found is None:
            return
        self._assign(self._found.groups["variables"])
        if self._stopping:
            vars(self._stopping).update(self._found.facts["stopping"])
            self._stopping.best_weights = list(self._found.groups["best"])
        if self._snapshots:
            self._snapshots.kept = [
                list(arrays) for name, arrays in self._found.groups.items() if name.startswith("snapshot")
            ]

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        # After the last epoch the network is kept as finished: nothing would be left to go on with.
        if not self.model.stop_training and epoch + 1 < self.params["epochs"]:
            self._checkpoints.write(self._member, Saved(self._facts(epoch), self._groups()))

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _assign(self, arrays: Sequence[NDArray[Any]]) -> None:
        variables = self._variables()
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            raise TrainingError(
                f"the checkpoint of {self._member} is of a network of another shape: delete {self._checkpoints.folder}"
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def _facts(self, epoch: int) -> dict[str, Any]:
        stopping = {name: getattr(self._stopping, name) for name in STOPPING_FACTS} if self._stopping else {}
        return {"epochs": epoch + 1, "stopping": stopping}

    def _groups(self) -> dict[str, Sequence[NDArray[Any]]]:
        snapshots = self._snapshots.kept if self._snapshots else []
        best = self._stopping.best_weights if self._stopping else []
        return {
            "variables": [np.asarray(variable.value) for variable in self._variables()],
            "best": best,
            **{f"snapshot_{number}": weights for number, weights in enumerate(snapshots)},
        }
