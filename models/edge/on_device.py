"""Exported files at work together, as a device runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.bundle.parts import Raw
from models.core.arrays import Float32s
from models.edge.conversion import Format
from models.edge.files import Exported, File
from models.members import READS


@dataclass(frozen=True)
class OnDevice:
    """From raw windows to probabilities: of one member, or of all of them joined."""

    form: Format
    preparations: Mapping[str, File]
    members: Mapping[str, File]
    join: File | None

    @classmethod
    def alone(cls, exported: Exported, name: str, form: Format) -> Self:
        """One member; its answer is its own, without the bundle's calibration."""
        reads = READS[name]
        return cls(form, {reads: exported.preparations[reads]}, {name: exported.members[name][form]}, None)

    @classmethod
    def together(cls, exported: Exported, form: Format) -> Self:
        """The whole bundle; members that there are only in float32 stay so."""
        members = {name: exported.member(name, form) for name in exported.members}
        return cls(form, exported.preparations, members, exported.join)

    @property
    def arithmetic(self) -> str:
        """What it computes with."""
        return "as each member's file" if self.join else next(iter(self.members.values())).arithmetic

    @property
    def networks(self) -> tuple[File, ...]:
        """All files but the preparations."""
        return (*self.members.values(), self.join) if self.join else tuple(self.members.values())

    def one(self, window: Raw) -> Float32s:
        """Probabilities (1, K) of one raw window."""
        prepared = {reads: file.device.one(**window) for reads, file in self.preparations.items()}
        answers = [file.device.one(**{READS[name]: prepared[READS[name]]}) for name, file in self.members.items()]
        return self.join.device.one(members=np.stack(answers, axis=1)) if self.join else answers[0]

    def each(self, windows: Raw) -> Float32s:
        """Probabilities (n, K) of raw windows, one after the other."""
        rows = (
            {name: values[at : at + 1] for name, values in windows.items()} for at in range(len(windows["features"]))
        )
        return np.concatenate([self.one(row) for row in rows])
