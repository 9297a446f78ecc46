"""`eqm submit`, `eqm stop`: the Flink jobs."""

from argparse import Namespace
from pathlib import Path

from pipelines.cli.groups import Commands
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings

KINDS = ("features", "emotions")


def register(commands: Commands) -> None:
    submit = commands.add_parser("submit", help="submit a job with `flink run`, to the local or any cluster")
    submit.add_argument("job", choices=KINDS)
    submit.add_argument(
        "--bundle", type=Path, help="bundle that serves (default: the one announced last, or HOME/models/current)"
    )
    submit.add_argument("--parallelism", help="overrides EQM_PARALLELISM")
    submit.add_argument("--delivery", help="exactly-once or at-least-once; overrides EQM_DELIVERY")
    submit.add_argument("--bounded", action="store_true", help="end at the messages that are there now")
    origin = submit.add_mutually_exclusive_group()
    origin.add_argument("--savepoint", help="continue from this savepoint or checkpoint")
    origin.add_argument(
        "--resume", action="store_true", help="continue from the job's newest savepoint or complete checkpoint"
    )
    submit.set_defaults(handler=_submit)
    stop = commands.add_parser("stop", help="stop a job with a savepoint")
    stop.add_argument("job", choices=KINDS)
    stop.add_argument(
        "--drain", action="store_true", help="close and send every open window first: no more readings come"
    )
    stop.set_defaults(handler=_stop)


def _submit(given: Namespace, settings: Settings) -> None:
    from pipelines.streaming.submission import resume_point, submit_emotions, submit_features

    savepoint = resume_point(settings, given.job) if given.resume else given.savepoint
    if given.job == "features":
        job = submit_features(settings, bounded=given.bounded, savepoint=savepoint)
    else:
        job = submit_emotions(settings, given.bundle, bounded=given.bounded, savepoint=savepoint)
    if savepoint:
        print(f"continued from {savepoint}")
    print(f"{given.job} job runs as {job}, see http://{settings.flink_address}/#/job/running/{job}/overview")


def _stop(given: Namespace, settings: Settings) -> None:
    from pipelines.core.flink_rest import Cluster
    from pipelines.streaming.submission import running

    jobs = running(settings, given.job)
    if not jobs:
        raise StackError(f"no {given.job} job runs at {settings.flink_address}")
    for job in jobs:
        place = Cluster(settings.flink_address).stop(job.id, drain=given.drain)
        print(f"stopped {job.id}; its savepoint: {place}")
