"""The pieces of a bundle that the stream does not need: `parts/`, a second SavedModel beside `saved_model/`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from models.bundle.folder import PARTS
from models.bundle.loading import OpenedModel
from models.core.arrays import Float32s
from models.core.manifest import Manifest

CHUNK: Final = 512
"""Most rows that a piece is given at once."""

Raw = Mapping[str, Float32s]
"""`features`, `baseline` and `sequence` by name."""


@dataclass(frozen=True)
class Parts:
    """The loaded pieces of a bundle, each a function of arrays of at least one row."""

    manifest: Manifest
    pieces: Any
    """`prepare`, `member_NAME`, `join` and `attention_NAME`."""
    tensor: Callable[[Float32s], Any]

    @classmethod
    def load(cls, path: Path | str, threads: int = 1) -> Self:
        """Verifies and loads the parts of a bundle; its network stays unread.

        TensorFlow gets `threads` threads unless it already ran in this process. Raises BundleError.
        """
        opened = OpenedModel.load(path, PARTS, threads)
        return cls(opened.manifest, opened.saved, opened.tensorflow.constant)

    @property
    def attentive(self) -> tuple[str, ...]:
        """Members that tell what they attend to, in the manifest's order."""
        return tuple(name for name in self.manifest.member_names if hasattr(self.pieces, f"attention_{name}"))

    def prepare(self, raw: Raw) -> dict[str, Float32s]:
        """Raw inputs named as in `RAW_SHAPES`, NaN for missing -> every prepared input that a member reads."""
        chunks = [
            {name: prepared.numpy() for name, prepared in self.pieces.prepare(rows).items()}
            for rows in self._chunks(dict(raw))
        ]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}

    def member(self, name: str, prepared: Float32s) -> Float32s:
        """Probabilities (n, K) of a member for the prepared input that it reads."""
        return self._applied(f"member_{name}", prepared)

    def joined(self, members: Float32s) -> Float32s:
        """Members' answers (n, members, K), in the manifest's order -> the ensemble's probabilities (n, K)."""
        return self._applied("join", members)

    def attention(self, name: str, prepared: Float32s) -> Float32s:
        """How much each second is attended to (n, seconds), of a member in `attentive`; rows sum to 1.

        The mean over queries, and over the heads and layers that there are.
        """
        return self._applied(f"attention_{name}", prepared)

    def _applied(self, piece: str, prepared: Float32s) -> Float32s:
        apply = getattr(self.pieces, piece)
        return np.concatenate([apply(rows["it"]).numpy() for rows in self._chunks({"it": prepared})])

    def _chunks(self, arrays: dict[str, Float32s]) -> list[dict[str, Any]]:
        """At most `CHUNK` rows at a time."""
        return [
            {name: self.tensor(rows[at : at + CHUNK].astype(np.float32)) for name, rows in arrays.items()}
            for at in range(0, len(next(iter(arrays.values()))), CHUNK)
        ]
