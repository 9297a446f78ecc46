"""Exports on disk: a folder of TFLite files for each bundle, the contract, the figures, and a page about all of it."""

import json
from pathlib import Path
from typing import Any, Final

from models.edge.contract import contract
from pipelines.core.errors import InputError, SettingsError
from pipelines.reports.tables.exports import markdown
from pipelines.training.export import Export
from schemas.whole import whole_folder

CONTRACT: Final = "contract.json"
FIGURES: Final = "comparison.json"
PAGE: Final = "README.md"

ABOUT: Final = f"""# Models for devices

A folder per bundle holds TensorFlow Lite files for one window at a time; each takes and gives float32 and needs nothing
but the plain runtime. `preparation_X` makes X of raw features, baseline and sequence, NaN for missing; a member reads
the X that it names; `join` makes one calibrated answer of all members' answers. Names, shapes, order of features and
channels, labels and checksums are in `{CONTRACT}`; the figures below are in `{FIGURES}`, too.

"""


def check(folder: Path) -> None:
    """Raises SettingsError where the folder holds anything but earlier exports, which will be replaced."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / CONTRACT).is_file())):
        raise SettingsError(f"{folder} holds something else than exports; choose another --to")


def write(folder: Path, export: Export) -> None:
    """All files or none."""
    check(folder)
    try:
        with whole_folder(folder) as fresh:
            _fill(fresh, export)
    except OSError as fault:
        raise InputError(f"{folder} cannot be written ({fault.strerror}); choose another --to") from fault


def _fill(fresh: Path, export: Export) -> None:
    for bundle in export.bundles:
        (fresh / bundle.key).mkdir()
        for file in bundle.files:
            (fresh / bundle.key / file.name).write_bytes(file.content)
    _write_json(fresh / CONTRACT, contract(export.bundles))
    _write_json(fresh / FIGURES, export.report)
    (fresh / PAGE).write_text(ABOUT + markdown(export.report) + "\n", encoding="utf-8")


def _write_json(file: Path, value: dict[str, Any]) -> None:
    file.write_text(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
