"""`eqm train`: a bundle from the archive's labelled windows."""

import argparse
from argparse import Namespace
from pathlib import Path

from pipelines.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    train = subparsers.add_parser("train", help="train the ensemble on the archive's labelled windows, split by person")
    train.add_argument("--training-set", type=Path, metavar="FOLDER", help="train on a built set, split as it is")
    train.add_argument("--bundle", type=Path, help="where to write it (default: HOME/models/current)")
    train.add_argument("--name", default="eqm", help="name of the model (default: eqm)")
    train.add_argument("--preset", choices=("full", "small"), default="full", help="sizes of the networks")
    train.set_defaults(handler=_train)


def _train(given: Namespace, settings: Settings) -> None:
    from models.report_text import report_lines
    from pipelines.jobs import current_bundle
    from pipelines.progress import counted
    from pipelines.training import archived_windows, built_windows, train_bundle
    from pipelines.training_progress import training_bar

    with counted("windows", "people") as people:
        found = built_windows(given.training_set) if given.training_set else archived_windows(settings, people)
    print(f"{len(found.dataset.label):,} labelled windows, {found.dropped:,} left out")
    folder = given.bundle or current_bundle(settings)
    with training_bar() as progress:
        manifest = train_bundle(found, folder, preset=given.preset, name=given.name, progress=progress)
    print(*report_lines(manifest.metrics), sep="\n")
    print(f"wrote {manifest.name} {manifest.version} to {folder}")
