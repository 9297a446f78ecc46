"""`eqm submit`, `eqm stop`: the Flink jobs."""

from argparse import Namespace
from pathlib import Path

from pipelines.cli.groups import Commands
from pipelines.core.errors import InputError, StackError
from pipelines.core.settings import Settings

KINDS = ("stream", "features", "emotions")
JOB_HELP = "stream (default): from readings to emotions; or one of the two jobs that share this work"


def register(commands: Commands) -> None:
    submit = commands.add_parser("submit", help="submit a job with `flink run`, to the local or any cluster")
    submit.add_argument("job", choices=KINDS, nargs="?", default="stream", help=JOB_HELP)
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
    submit.add_argument(
        "--other-shape",
        action="store_true",
        help="with --savepoint: it is of the drained stream job for the features job, or the reverse",
    )
    submit.set_defaults(handler=_submit)
    stop = commands.add_parser("stop", help="stop a job with a savepoint")
    stop.add_argument("job", choices=KINDS, nargs="?", default="stream", help=JOB_HELP)
    stop.add_argument(
        "--drain", action="store_true", help="close and send every open window first: no more readings come"
    )
    stop.set_defaults(handler=_stop)


def _submit(given: Namespace, settings: Settings) -> None:
    from pipelines.streaming.submission import Origin, resume_point, submit_job

    if given.other_shape and (not given.savepoint or given.job == "emotions"):
        raise InputError("--other-shape says what a --savepoint of the stream job or the features job is")
    savepoint = resume_point(settings, given.job) if given.resume else given.savepoint
    origin = Origin(savepoint, given.other_shape) if savepoint else None
    job = submit_job(settings, given.job, given.bundle, bounded=given.bounded, origin=origin)
    if savepoint:
        print(f"continued from {savepoint}")
    print(f"{given.job} job runs as {job}, see http://{settings.flink_address}/#/job/running/{job}/overview")


def _stop(given: Namespace, settings: Settings) -> None:
    from pipelines.core.flink_rest import Cluster
    from pipelines.streaming.submission import running

    jobs = running(settings, given.job)
    if not jobs:
        others = [kind for kind in KINDS if kind != given.job and running(settings, kind)]
        hint = "".join(f"; the {kind} job does: `eqm stop {kind}`" for kind in others)
        raise StackError(f"no {given.job} job runs at {settings.flink_address}{hint}")
    for job in jobs:
        place = Cluster(settings.flink_address).stop(job.id, drain=given.drain)
        print(f"stopped {job.id}; its savepoint: {place}")
