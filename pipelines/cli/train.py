"""`eqm train`, `search`, `distil`: what learns."""

from argparse import Namespace
from pathlib import Path

from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings


def register(commands: Commands) -> None:
    _add_train(commands)
    _add_search(commands)
    _add_distil(commands)


def _add_train(commands: Commands) -> None:
    train = commands.add_parser("train", help="train the ensemble on the archive's labelled windows, split by person")
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
    from models.metrics.report import report_lines
    from models.training.train import Folders
    from pipelines.core.progress import counted, training_bar
    from pipelines.labels.window_labels import contradiction_lines
    from pipelines.reports.tables.fitting import show
    from pipelines.training.registry import card_hash, people_of_champion, register
    from pipelines.training.registry_text import registered_line
    from pipelines.training.train import TrainingOrder, archived_windows, built_windows, configured, train_bundle

    config = configured(given.preset, given.config, seed=given.seed, risk=given.risk)
    with counted("windows", "people") as people:
        found = built_windows(given.training_set) if given.training_set else archived_windows(settings, people)
    print(f"{len(found.dataset.label):,} labelled windows, {found.dropped:,} left out")
    print(*(f"{line}\n" for line in contradiction_lines(found.contradicted)), sep="", end="")
    folder = given.bundle or settings.home / "models" / "trained"
    # A training set has its split; of the archive, whoever judged the champion judges its challengers.
    held_out = () if given.training_set else people_of_champion(settings, given.name)
    order = TrainingOrder(config, folder, given.name, held_out=held_out, folders=Folders(given.checkpoints, given.logs))
    with training_bar() as progress:
        manifest = train_bundle(found, order, progress)
    show(report_lines(manifest.metrics))
    print(f"wrote {manifest.name} {manifest.version} to {folder}")
    version, in_use = register(settings, folder, config, found.dataset, card=card_hash(given.training_set, manifest))
    print(registered_line(version, in_use))


def _add_search(commands: Commands) -> None:
    search = commands.add_parser(
        "search", help="search settings of trees and personal network; a search that was killed goes on"
    )
    search.add_argument(
        "--training-set", type=Path, required=True, metavar="FOLDER", help="its test people take no part"
    )
    search.add_argument("--trials", type=int, default=50, metavar="N", help="in all, earlier ones included (50)")
    search.add_argument("--study", default="eqm", metavar="NAME", help="to begin or go on with (default: eqm)")
    search.add_argument("--preset", choices=("full", "small"), default="full", help="where to set out from")
    search.add_argument("--output", type=Path, metavar="FILE.toml", help="default: HOME/search/NAME.toml")
    search.set_defaults(handler=_search, environment="batch")


def _search(given: Namespace, settings: Settings) -> None:
    from pipelines.core.progress import counted
    from pipelines.training.search import SearchOrder, searched, verdict

    folder = settings.home / "search"
    output = given.output or folder / f"{given.study}.toml"
    order = SearchOrder(given.training_set, folder, given.study, given.preset, given.trials, output)
    with counted("search", "trials", given.trials) as progress:
        rows, tried = searched(order, progress)
    print(verdict(rows, tried))
    print(f"wrote {output}: use it with `eqm train --preset {given.preset} --config {output}`")


def _add_distil(commands: Commands) -> None:
    distil = commands.add_parser("distil", help="train one small network on a bundle's answers: its student")
    distil.add_argument("--bundle", type=Path, required=True, metavar="TEACHER", help="the bundle to learn from")
    distil.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write the student's bundle")
    distil.add_argument(
        "--training-set",
        type=Path,
        metavar="FOLDER",
        help="the set the teacher was trained on (default: the archive)",
    )
    distil.add_argument("--name", help="name of the student (default: the teacher's, and -student)")
    distil.add_argument(
        "--sparsity", type=float, default=0.0, metavar="SHARE", help="of its weights, pruned (default: none)"
    )
    distil.add_argument("--seed", type=int, default=7, help="default: %(default)s")
    distil.set_defaults(handler=_distil, environment="batch")


def _distil(given: Namespace, settings: Settings) -> None:
    from models.metrics.report import report_lines
    from pipelines.core.progress import counted, training_bar
    from pipelines.reports.tables.fitting import show
    from pipelines.training import distil as distilling
    from pipelines.training.train import archived_windows, built_windows

    config = distilling.configured(seed=given.seed, sparsity=given.sparsity)
    order = distilling.ordered(given.bundle, given.to, given.name, config)
    with counted("windows", "people") as people:
        found = built_windows(given.training_set) if given.training_set else archived_windows(settings, people)
    with training_bar() as progress:
        manifest = distilling.distilled(found.dataset, order, progress)
    show([*report_lines(manifest.metrics), distilling.teacher_line(manifest.metrics)])
    print(f"wrote {manifest.name} {manifest.version} to {given.to}")
