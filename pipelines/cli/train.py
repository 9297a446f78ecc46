"""`eqm train`: a bundle from the archive's labelled windows."""

import argparse
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    train = subparsers.add_parser("train", help="train the ensemble on the archive's labelled windows, split by person")
    train.add_argument("--training-set", type=Path, metavar="FOLDER", help="train on a built set, split as it is")
    train.add_argument("--bundle", type=Path, help="where to write it (default: HOME/models/trained)")
    train.add_argument("--name", default="eqm", help="name of the model (default: eqm)")
    train.add_argument("--preset", choices=("full", "small"), default="full", help="sizes of the networks")
    train.add_argument("--config", type=Path, metavar="FILE.toml", help="training settings in place of the preset's")
    train.add_argument("--seed", type=int, help="of the split and of all training (default: the settings')")
    train.add_argument("--risk", type=float, metavar="SHARE", help="share of wrong answers to keep by abstaining")
    train.add_argument(
        "--checkpoints",
        type=Path,
        metavar="FOLDER",
        help="go on from here if killed; emptied when the bundle is written",
    )
    train.add_argument(
        "--logs", type=Path, metavar="FOLDER", help="where to write each network's losses for TensorBoard"
    )
    train.set_defaults(handler=_train, environment="batch")


def _train(given: Namespace, settings: Settings) -> None:
    from models.metrics.report_text import report_lines
    from models.training.train import Folders
    from pipelines.core.progress import counted
    from pipelines.training.registry import card_hash, people_of_champion, register
    from pipelines.training.registry_text import registered_line
    from pipelines.training.train import Order, archived_windows, built_windows, configured, train_bundle
    from pipelines.training.training_progress import training_bar

    config = configured(given.preset, given.config, seed=given.seed, risk=given.risk)
    with counted("windows", "people") as people:
        found = built_windows(given.training_set) if given.training_set else archived_windows(settings, people)
    print(f"{len(found.dataset.label):,} labelled windows, {found.dropped:,} left out")
    folder = given.bundle or settings.home / "models" / "trained"
    # A training set has its split; of the archive, whoever judged the champion judges its challengers.
    held_out = () if given.training_set else people_of_champion(settings, given.name)
    order = Order(config, folder, given.name, held_out=held_out, folders=Folders(given.checkpoints, given.logs))
    with training_bar() as progress:
        manifest = train_bundle(found, order, progress)
    print(*report_lines(manifest.metrics), sep="\n")
    print(f"wrote {manifest.name} {manifest.version} to {folder}")
    version, in_use = register(settings, folder, config, found.dataset, card=card_hash(given.training_set, manifest))
    print(registered_line(version, in_use))
