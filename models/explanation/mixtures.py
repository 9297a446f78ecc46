"""The ensemble's answers to windows that are put together from others'."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.bundle.parts import Parts
from models.core.arrays import Float32s, Floats, Ints
from models.core.dataset import Dataset
from models.ensemble.ensemble import raw_inputs
from models.explanation.factors import Factor, factors
from models.members import READS
from models.preprocessing.preparation import Input


@dataclass(frozen=True)
class Mixtures:
    """Windows, of which each factor can be had from another one.

    Only members that count are asked, and none again for windows as they are.
    """

    parts: Parts
    prepared: dict[Input, Float32s]

    @classmethod
    def of(cls, parts: Parts, rows: Dataset) -> "Mixtures":
        return cls(parts, parts.prepare(raw_inputs(rows)))  # type: ignore[arg-type]

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Those that reach the answer and differ between the windows; all others tell nothing."""
        read = {name: self.prepared[name] for name in {READS[member] for member in self._counting}}
        return tuple(
            factor
            for factor in factors()
            if any(factor.within(name) and _differs(values, factor.column) for name, values in read.items())
        )

    @property
    def own(self) -> Floats:
        """Of the windows as they are: probabilities (windows, K)."""
        return self._joined({name: self._own[name] for name in self._counting}, len(self))

    def __len__(self) -> int:
        return len(next(iter(self.prepared.values())))

    def probabilities(self, source: Ints) -> Floats:
        """(m, factors): the number of the window that each factor is taken from -> probabilities (m, K)."""
        source = np.asarray(source, dtype=np.int64)
        return self._joined({name: self._member(name, source) for name in self._counting}, len(source))

    @cached_property
    def _counting(self) -> tuple[str, ...]:
        manifest = self.parts.manifest
        return tuple(
            member.name for member in manifest.members if manifest.combination != "weighted" or member.weight > 0
        )

    @cached_property
    def _own(self) -> dict[str, Float32s]:
        return {name: self.parts.member(name, self.prepared[READS[name]]) for name in self._counting}

    def _member(self, name: str, source: Ints) -> Float32s:
        reads = READS[name]
        held = [at for at, factor in enumerate(self.factors) if factor.within(reads)]
        if not held:
            return np.repeat(self._own[name][:1], len(source), axis=0)
        different, back = np.unique(source[:, held], axis=0, return_inverse=True)
        answers: Float32s = self._own[name][different[:, 0]]
        mixed = (different != different[:, :1]).any(axis=1)
        if mixed.any():
            answers[mixed] = self.parts.member(name, self._mixed(reads, held, different[mixed]))
        again: Float32s = answers[back.ravel()]
        return again

    def _mixed(self, reads: Input, held: list[int], source: Ints) -> Float32s:
        """What a member reads (m, …), put together; columns that are no factor are alike in all windows."""
        values = self.prepared[reads]
        columns, half = values.shape[-1], values.shape[-1] // 2
        taken = np.zeros((len(source), columns), dtype=np.int64)
        for at, number in enumerate(held):
            column = self.factors[number].column
            taken[:, column] = taken[:, half + column] = source[:, at]
        mixed: Float32s = values[taken, ..., np.arange(columns)]
        return np.moveaxis(mixed, 1, -1)

    def _joined(self, answers: dict[str, Float32s], n: int) -> Floats:
        names, labels = self.parts.manifest.member_names, len(self.parts.manifest.labels)
        silent = np.full((n, labels), 1 / labels, dtype=np.float32)
        members = np.stack([answers.get(name, silent) for name in names], axis=1)
        return self.parts.joined(members).astype(np.float64)


def _differs(values: Float32s, column: int) -> bool:
    """Whether a column or its second half is not the same in all windows."""
    pair = values[..., [column, values.shape[-1] // 2 + column]]
    return not np.array_equal(pair, np.broadcast_to(pair[:1], pair.shape), equal_nan=True)
