"""`eqm distil`: a bundle's student, which answers much like it at a fraction of the cost."""

import argparse
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    distil = subparsers.add_parser("distil", help="train one small network on a bundle's answers: its student")
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
    from models.metrics.report_text import report_lines
    from pipelines.core.progress import counted
    from pipelines.training import distil as distilling
    from pipelines.training.train import archived_windows, built_windows
    from pipelines.training.training_progress import training_bar

    config = distilling.configured(seed=given.seed, sparsity=given.sparsity)
    order = distilling.ordered(given.bundle, given.to, given.name, config)
    with counted("windows", "people") as people:
        found = built_windows(given.training_set) if given.training_set else archived_windows(settings, people)
    with training_bar() as progress:
        manifest = distilling.distilled(found.dataset, order, progress)
    print(*report_lines(manifest.metrics), distilling.teacher_line(manifest.metrics), sep="\n")
    print(f"wrote {manifest.name} {manifest.version} to {given.to}")
