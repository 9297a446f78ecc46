"""`labels.csv` beside E4 folders: recording, wearer, block, state, start_utc, end_utc."""

from pathlib import Path
from typing import Final

from pipelines.labels.csv_files import recorded_label, recording_rows
from schemas.records import Label

FILE: Final = "labels.csv"


def read_wearer(folder: Path) -> tuple[str, tuple[Label, ...]]:
    """Whose recording the folder is, and its labels in order of time.

    The wearer stands in `labels.csv` beside the folder; a folder not listed there is its own wearer, unlabelled.
    """
    name = folder.resolve().name
    path = folder.resolve().parent / FILE
    rows = [(line, row) for line, row in recording_rows(path) if row["recording"] == name] if path.is_file() else []
    if not rows:
        return name, ()
    labels = [recorded_label(path, line, row) for line, row in rows]
    return labels[0].user_id, tuple(sorted(labels, key=lambda label: label.start_ms))
