"""From bundles and labelled windows to TFLite files, the table that compares them, and the folder of all of it."""

import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from models.bundle.parts import Parts
from models.bundle.predictor import Predictor
from models.core.dataset import Dataset
from models.core.manifest import Manifest
from models.datasets.enrolment import enrolled
from models.distillation.teaching import people_of
from models.edge.comparison import Compared
from models.edge.contract import contract
from models.edge.files import Exported, export
from models.ensemble.ensemble import raw_inputs
from pipelines.core.errors import BundleError, InputError, SettingsError
from pipelines.core.progress import counted
from pipelines.datasets.evaluation_windows import given_windows
from pipelines.reports.tables.exports import markdown
from schemas.whole import whole_folder

FORMAT: Final = "eqm edge comparison 1"


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk, loaded."""

    folder: Path
    predictor: Predictor
    parts: Parts

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Parts first: without them nothing else is of use here."""
        parts = Parts.load(folder)
        return cls(folder, Predictor.load(folder), parts)

    @property
    def manifest(self) -> Manifest:
        return self.parts.manifest


@dataclass(frozen=True)
class Export:
    """What becomes a folder."""

    bundles: tuple[Exported, ...]
    report: dict[str, Any]


def exporting(given: Namespace, phases: int) -> Export:
    """As the command's arguments say; windows of recordings end in so many phases."""
    bundles = [Bundle.load(folder) for folder in (given.bundle, *given.student)]
    need_comparable([each.manifest for each in bundles])
    rows = _windows(given, phases)
    with counted("export", "steps") as moved:
        return export_all(bundles, rows, moved)


def need_comparable(manifests: Sequence[Manifest]) -> None:
    """Raises BundleError where bundles have other labels than the first, or are the same."""
    first, *others = manifests
    for at, other in enumerate(others, start=1):
        if other.labels != first.labels:
            raise BundleError(
                f"bundle {other.name} {other.version} knows {', '.join(other.labels)},"
                f" {first.name} {first.version} knows {', '.join(first.labels)}: export them one by one"
            )
        if (other.name, other.version) in {(each.name, each.version) for each in manifests[:at]}:
            raise BundleError(f"bundle {other.name} {other.version} is given twice: leave one out")


def export_all(bundles: Sequence[Bundle], rows: Dataset, moved: Callable[[int], None]) -> Export:
    """Converts all bundles and compares them on people whom none of them knows; `moved` gets the steps done."""
    manifests = [each.manifest for each in bundles]
    rows = labelled_as(rows, manifests[0])
    tested = rows.of(held_out(manifests, rows))
    steps = count(1)

    def step() -> None:
        moved(next(steps))

    full = bundles[0].predictor.predict(**raw_inputs(tested)).probabilities
    exported = tuple(export(each.parts, raw_inputs(_training(each.manifest, rows)), step) for each in bundles)
    lines = []
    for bundle, its in zip(bundles, exported, strict=True):
        for line in Compared(bundle.folder, bundle.predictor, its, tested).lines(full):
            lines.append(asdict(line))
            step()
    on = "real people" if tested.trained_on == "recorded people" else tested.trained_on
    told = {"on": on, "people": tested.people, "windows": len(tested.label), "labels": tested.label_names}
    return Export(exported, {"format": FORMAT, **told, "full": exported[0].key, "lines": lines})


def labelled_as(rows: Dataset, manifest: Manifest) -> Dataset:
    """The same rows, their labels numbered as the bundle does; raises InputError for labels that it does not know."""
    unknown = [name for name in rows.label_names if name not in manifest.labels]
    if unknown:
        raise InputError(
            f"windows are labelled {', '.join(unknown)}, and bundle {manifest.name} {manifest.version} knows"
            f" {', '.join(manifest.labels)}: give the data it was trained on"
        )
    place = np.array([manifest.labels.index(name) for name in rows.label_names])
    return replace(rows, label=place[rows.label], label_names=manifest.labels)


def held_out(manifests: Sequence[Manifest], rows: Dataset) -> tuple[str, ...]:
    """Whom all bundles held out and who has windows; raises InputError or BundleError where that is nobody."""
    shared = set.intersection(*(set(people_of(each).test) for each in manifests))
    if not shared:
        raise BundleError("there is nobody whom all of these bundles held out: train them on the same split")
    if found := tuple(person for person in rows.people if person in shared):
        return found
    raise InputError(
        f"none of the people held out ({', '.join(sorted(shared))}) has labelled windows here:"
        " give the data that the bundle was trained on"
    )


def _training(manifest: Manifest, rows: Dataset) -> Dataset:
    people = tuple(person for person in people_of(manifest).train if person in rows.people)
    if not people:
        raise InputError(
            f"none of the people who trained {manifest.name} {manifest.version} has windows here, and int8 learns its"
            " ranges from them: give the data that the bundle was trained on"
        )
    return rows.of(people)


def _windows(given: Namespace, phases: int) -> Dataset:
    """As in training: without those from before a person's baseline was known."""
    found = given_windows(given, phases).windows
    rows = found.dataset if given.training_set else found.dataset.rows(found.scored)
    return rows.rows(enrolled(rows)).ordered()


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
