"""`eqm training-set`: labelled windows as examples, with a data card."""

import time
from argparse import Namespace
from pathlib import Path

from pipelines.cli.arguments import add_beam_arguments
from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings


def register(commands: Commands) -> None:
    command = commands.add_parser(
        "training-set", help="labels and feature windows of some days, joined as known at the time, split, with a card"
    )
    command.add_argument("--output", type=Path, required=True, help="folder to write; an older set there is replaced")
    command.add_argument("--labels", type=Path, metavar="FILE.csv", help="labels (default: the labels topic)")
    command.add_argument("--split", choices=("person", "time"), default="person", help="default: %(default)s")
    command.add_argument("--seed", type=int, default=7, help="of the split by person (default: %(default)s)")
    command.add_argument(
        "--least-share", type=float, default=0.75, help="of a window that lies in one label (default: %(default)s)"
    )
    command.add_argument(
        "--stride-s", type=int, default=10, metavar="SECONDS", help="between window starts (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="the data card as JSON")
    add_beam_arguments(command)
    command.set_defaults(handler=_training_set, environment="batch")


def _training_set(given: Namespace, settings: Settings) -> None:
    from pipelines.batch.training_set.build import STEPS, build
    from pipelines.batch.training_set.examples_job import transform_examples
    from pipelines.batch.training_set.sources import labels_of, request_of, retrieval_of
    from pipelines.core.progress import counted
    from pipelines.datasets.card import summary_lines
    from pipelines.reports.tables.fitting import show

    request = request_of(given, settings, now_ms=time.time_ns() // 1_000_000)
    labels, retrieve = labels_of(given.labels, settings), retrieval_of(settings)
    with counted("training set", "steps", STEPS) as progress:
        card = build(request, labels, retrieve, transform_examples, progress)
    if given.json:
        print(card.model_dump_json())
    else:
        show([*summary_lines(card), f"wrote {request.output}"])
