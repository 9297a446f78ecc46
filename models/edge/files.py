"""All pieces of a bundle as TFLite files."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from models.bundle.parts import Parts, Raw
from models.core.arrays import Float32s
from models.core.inputs import RAW_SHAPES
from models.core.manifest import Manifest
from models.edge.conversion import Format, Graph, arithmetic, converted, one_window
from models.edge.device import Device
from models.members import READS
from models.preprocessing.preparation import PREPARED_SHAPES, Input

QUANTISED: Final[tuple[Format, ...]] = ("float16", "int8")
EXAMPLES: Final = 400
"""Training windows, at most, from which int8 learns ranges."""

THRESHOLDS: Final = (
    "float32 alone: raw values are compared with thresholds, which float16 would move; int8 has neither their range"
    " nor NaN"
)
"""Why a member of raw values is not quantised."""


@dataclass(frozen=True)
class File:
    """One TFLite file."""

    name: str
    form: Format
    arithmetic: str
    content: bytes

    @cached_property
    def device(self) -> Device:
        return Device.of(self.content)


@dataclass(frozen=True)
class Exported:
    """A bundle for a device: prepared inputs of raw ones, members' answers of those, one answer of these."""

    manifest: Manifest
    preparations: Mapping[str, File]
    members: Mapping[str, Mapping[Format, File]]
    """By name, then by format; those of raw values are float32 alone."""
    join: File

    @property
    def key(self) -> str:
        """Name and version, and the folder of its files."""
        return f"{self.manifest.name}-{self.manifest.version}"

    @property
    def files(self) -> tuple[File, ...]:
        """All of them."""
        members = (file for forms in self.members.values() for file in forms.values())
        return *self.preparations.values(), *members, self.join

    def member(self, name: str, form: Format) -> File:
        """In this format, or in the only one that there is."""
        return self.members[name].get(form) or self.members[name]["float32"]


def gzip_bytes(content: bytes) -> int:
    """Size compressed: what pruning saves shows only here."""
    return len(gzip.compress(content, mtime=0))


def export(parts: Parts, training: Raw, converted_one: Callable[[], None]) -> Exported:
    """Converts every piece. `training` are windows of training people, in any number."""
    examples = parts.prepare({name: rows[_spread(len(rows))] for name, rows in training.items()})
    names = parts.manifest.member_names
    exporter = _Exporter(parts.pieces, examples, converted_one)
    return Exported(
        parts.manifest,
        {reads: exporter.preparation(reads) for reads in sorted({READS[name] for name in names})},
        {name: exporter.member(name) for name in names},
        exporter.join(len(names), len(parts.manifest.labels)),
    )


def _spread(rows: int) -> Any:  # noqa: ANN401
    """At most `EXAMPLES` places, evenly spread."""
    return np.unique(np.linspace(0, rows - 1, min(rows, EXAMPLES)).astype(np.int64))


@dataclass(frozen=True)
class _Exporter:
    pieces: Any
    examples: Mapping[str, Float32s]
    converted_one: Callable[[], None]

    def preparation(self, reads: Input) -> File:
        graph = one_window(lambda raw: self.pieces.prepare(raw)[reads], RAW_SHAPES, output=reads)
        return self._file(f"preparation_{reads}.tflite", graph, "float32")

    def member(self, name: str) -> dict[Format, File]:
        piece, reads = getattr(self.pieces, f"member_{name}"), READS[name]
        graph = one_window(lambda it: piece(it[reads]), {reads: PREPARED_SHAPES[reads]}, output="probabilities")
        if reads == "values":
            return {"float32": replace(self._file(f"{name}.float32.tflite", graph, "float32"), arithmetic=THRESHOLDS)}
        return {form: self._file(f"{name}.{form}.tflite", graph, form, self.examples[reads]) for form in QUANTISED}

    def join(self, members: int, labels: int) -> File:
        shapes = {"members": (members, labels)}
        graph = one_window(lambda it: self.pieces.join(it["members"]), shapes, output="probabilities")
        return self._file("join.tflite", graph, "float32")

    def _file(self, name: str, graph: Graph, form: Format, examples: Float32s | None = None) -> File:
        file = File(name, form, arithmetic(graph, form), converted(graph, form, examples))
        self.converted_one()
        return file
