"""A bundle and its exports on the same windows: what they get right, how alike they are, size and speed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from models.bundle.folder import SAVED_MODEL
from models.bundle.parts import Raw
from models.bundle.predictor import CHUNK, Predictor
from models.core.arrays import Float32s, Reals
from models.core.dataset import Dataset
from models.core.prediction import Prediction
from models.edge.files import QUANTISED, Exported, gzip_bytes
from models.edge.on_device import OnDevice
from models.ensemble.ensemble import raw_inputs
from models.metrics.report import summary

WINDOWS: Final = CHUNK
ROUNDS: Final = 3


def windows_per_second(answer: Callable[[Raw], object], raw: Raw, *, at_once: int = 1) -> float:
    """The best of three rounds over one full chunk of windows, `at_once` in a call, after a round that does not count.

    Windows are taken again and again where there are fewer.
    """
    rows = np.arange(WINDOWS) % len(raw["features"])
    calls: list[Raw] = [
        {name: values[rows[at : at + at_once]] for name, values in raw.items()} for at in range(0, WINDOWS, at_once)
    ]
    _seconds(answer, calls)
    return WINDOWS / min(_seconds(answer, calls) for _ in range(ROUNDS))


def _seconds(answer: Callable[[Raw], object], calls: list[Raw]) -> float:
    begin = perf_counter()
    for call in calls:
        answer(call)
    return perf_counter() - begin


BUNDLE, JOINED = "bundle", "joined"
"""What a line may be about, beside a member."""


@dataclass(frozen=True)
class Size:
    """In bytes: of the files themselves, of these compressed, and with what prepares their inputs."""

    bytes: int
    gzip_bytes: int
    bytes_with_preparation: int


@dataclass(frozen=True)
class EdgeLine:
    """What one bundle or export is worth. `same_label` and `largest_difference` are against what it was made of."""

    bundle: str
    what: str
    format: str
    arithmetic: str
    balanced_accuracy: float | None
    auroc: float | None
    same_label: float | None
    largest_difference: float | None
    same_label_as_bundle: float
    """As the first bundle."""
    size: Size
    windows_per_s: float
    windows_per_s_in_chunks: float | None


@dataclass(frozen=True)
class Compared:
    """A bundle, its exports, and the windows of people that it does not know."""

    folder: Path
    predictor: Predictor
    exported: Exported
    rows: Dataset

    @cached_property
    def raw(self) -> dict[str, Float32s]:
        return raw_inputs(self.rows)

    @cached_property
    def original(self) -> Prediction:
        """What the bundle answers."""
        return self.predictor.predict(**self.raw)

    def lines(self, full: Reals) -> Iterator[EdgeLine]:
        """The bundle itself, each member in each format, and all joined; `full` (n, K) is the full bundle's answer."""
        yield self._of_bundle(full)
        for at, (name, forms) in enumerate(self.exported.members.items()):
            for form in forms:
                yield self._of(OnDevice.alone(self.exported, name, form), name, self.original.members[:, at], full)
        for form in QUANTISED:
            yield self._of(OnDevice.together(self.exported, form), JOINED, self.original.probabilities, full)

    def _of_bundle(self, full: Reals) -> EdgeLine:
        whole = [file.read_bytes() for file in (self.folder / SAVED_MODEL).rglob("*") if file.is_file()]
        size, probabilities = sum(map(len, whole)), self.original.probabilities
        return EdgeLine(
            bundle=self.exported.key,
            what=BUNDLE,
            format="TensorFlow",
            arithmetic="float32, leaves of trees float64",
            balanced_accuracy=self._right(probabilities)["balanced_accuracy"],
            auroc=self._right(probabilities)["auroc"],
            same_label=None,
            largest_difference=None,
            same_label_as_bundle=_same_label(probabilities, full),
            size=Size(size, sum(map(gzip_bytes, whole)), size),
            windows_per_s=windows_per_second(self._answer, self.raw),
            windows_per_s_in_chunks=windows_per_second(self._answer, self.raw, at_once=CHUNK),
        )

    def _of(self, exports: OnDevice, what: str, original: Reals, full: Reals) -> EdgeLine:
        answers = exports.each(self.raw)
        return EdgeLine(
            bundle=self.exported.key,
            what=what,
            format=exports.form,
            arithmetic=exports.arithmetic,
            balanced_accuracy=self._right(answers)["balanced_accuracy"],
            auroc=self._right(answers)["auroc"],
            same_label=_same_label(answers, original),
            largest_difference=float(np.abs(answers - original).max()),
            same_label_as_bundle=_same_label(answers, full),
            size=_size(exports),
            windows_per_s=windows_per_second(exports.one, self.raw),
            windows_per_s_in_chunks=None,
        )

    def _answer(self, raw: Raw) -> Prediction:
        return self.predictor.predict(**raw)

    def _right(self, probabilities: Reals) -> dict[str, float | int | None]:
        return summary(self.rows.label, probabilities)


def _size(exports: OnDevice) -> Size:
    size = sum(len(file.content) for file in exports.networks)
    before = sum(len(file.content) for file in exports.preparations.values())
    return Size(size, sum(gzip_bytes(file.content) for file in exports.networks), size + before)


def _same_label(ours: Reals, its: Reals) -> float:
    return float((ours.argmax(axis=1) == its.argmax(axis=1)).mean())
