"""Keeps a network's training after every epoch, and takes it up again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.training.checkpoints import Checkpoints, Saved
from models.training.snapshots import Snapshots

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
