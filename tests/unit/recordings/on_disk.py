"""Small recordings on disk: E4 sessions, zips of them, JSON lines, and labels."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

START_S: Final = 1_650_000_000
START_MS: Final = START_S * 1000
MINUTE_MS: Final = 60_000
LABELS_HEADER: Final = "recording,wearer,block,state,start_utc,end_utc"


def e4_texts(level: float = 1.0, *, start_s: int = START_S, seconds: int = 60) -> dict[str, str]:
    """Skin conductance of one level four times a second, and a pulse, as the files of an export."""
    return {
        "EDA.csv": f"{start_s}\n4\n" + f"{level}\n" * (4 * seconds),
        "HR.csv": f"{start_s + 10}\n1\n" + "70\n" * (seconds - 10),
    }


def session(folder: Path, level: float = 1.0, *, start_s: int = START_S, seconds: int = 60) -> Path:
    """A folder of E4 files, beside what else an export holds."""
    folder.mkdir(parents=True)
    for name, text in e4_texts(level, start_s=start_s, seconds=seconds).items():
        (folder / name).write_text(text)
    (folder / "tags.csv").write_text(f"{start_s}\n")
    return folder


def zipped(file: Path, entries: Mapping[str, str], **options: int) -> Path:
    """A zip of texts by their paths in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, text in entries.items():
            packed.writestr(name, text)
    return file


def reading(second: float, user_id: str = "ann", sensor_id: str = "wrist", **measurements: float) -> str:
    """A reading so long after the start; a pulse where nothing else is given."""
    fields = {
        "timestamp": START_MS + round(1000 * second),
        "user_id": user_id,
        "sensor_id": sensor_id,
        "measurements": measurements or {"hr": 60},
    }
    return json.dumps(fields)


def lines(file: Path, *readings: str) -> Path:
    """A file of JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(readings) + "\n")
    return file


def labels(folder: Path, *rows: str) -> Path:
    """A labels.csv from `recording,wearer` each; every block is the first minute, calm."""
    ends = "rest,calm,2022-04-15T05:20:00Z,2022-04-15T05:21:00Z"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text("\n".join([LABELS_HEADER, *(f"{row},{ends}" for row in rows)]) + "\n")
    return folder / "labels.csv"
