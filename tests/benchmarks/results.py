"""The figures on disk: one JSON file to which each part adds its own, a picture and the table beside it."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.whole import write_whole
from tests.benchmarks.plot import plot
from tests.benchmarks.table import table

Part = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """A folder of figures."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "bench.json"

    def begin(self, machine: dict[str, Any], *, keep: bool) -> None:
        """Notes the machine; forgets the parts of earlier runs unless they are to be kept."""
        self._write({"machine": machine, "parts": self.parts() if keep else {}})

    def add(self, name: str, part: Part, at: datetime) -> None:
        """Adds a part, or takes the place of its earlier figures."""
        held = self.read()
        held["parts"][name] = {**part, "measured_at": at.isoformat(timespec="seconds")}
        self._write(held)

    def remove(self, name: str) -> None:
        """Forgets a part's earlier figures."""
        held = self.read()
        held["parts"].pop(name, None)
        self._write(held)

    def read(self) -> dict[str, Any]:
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.is_file() else {"parts": {}}

    def parts(self) -> dict[str, Part]:
        return dict(self.read()["parts"])

    def show(self) -> str:
        """The table; it and the picture are on disk, too."""
        held = self.read()
        text = table(held["machine"], held["parts"])
        write_whole(self.folder / "bench.txt", text + "\n")
        write_whole(self.folder / "bench.svg", plot(held["parts"]))
        return text

    def _write(self, held: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.file, json.dumps(held, indent=1) + "\n")
