"""What keeps events from coming: for whoever watches, and sees none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import ENDED, JOB_NAMES, STARTED, Cluster, Job
from pipelines.core.settings import Settings
from pipelines.rollout.reports import reports
from pipelines.stack.lag import lags
from pipelines.stack.topics import states
from schemas.roles import Role
from schemas.topics import READINGS
from schemas.windows import LATENESS_S

ANSWERING: Final = (JOB_NAMES["stream"], JOB_NAMES["emotions"])
EVERY_S: Final = 2.0
OPEN: Final = f"windows are open: one closes when readings come that are {LATENESS_S} s newer than its end"


def reason(settings: Settings) -> str:
    """The first thing, on the way from cluster to window, without which there can be no event; one line.

    A part that does not answer is the reason, too.
    """
    cluster = Cluster(settings.flink_address)
    try:
        job = next((job for job in cluster.jobs() if job.name in ANSWERING and job.state not in ENDED), None)
        if job is None:
            return "no job runs that answers: `eqm submit`"
        return _starting(cluster, job) or _unread(settings) or _unanswered(settings, cluster, job)
    except StackError as fault:
        return str(fault)


def _starting(cluster: Cluster, job: Job) -> str:
    if job.state != "RUNNING":
        why = cluster.root_cause(job.id)
        return f"the job is {job.state}" + (f": {why}" if why else "")
    tasks = [vertex["status"] in STARTED for vertex in cluster.job(job.id)["vertices"]]
    return "" if all(tasks) else f"the job starts: {sum(tasks)} of {len(tasks)} of its parts run"


def _unread(settings: Settings) -> str:
    ends = {topic.name: topic.end_offset for topic in states(settings.bootstrap_servers)}
    if not ends[READINGS.name]:
        return f"no reading has come: {READINGS.name} is empty"
    behind = sum(lag.total for lag in lags(settings.bootstrap_servers) if lag.topic == READINGS.name)
    return f"the job still has {behind:,} readings to read" if behind else ""


def _unanswered(settings: Settings, cluster: Cluster, job: Job) -> str:
    """Workers load the model when the first window comes, and report it."""
    since_ms = cluster.job(job.id)["start-time"]
    told = any(each.role is Role.SERVE and each.at_ms >= since_ms for each in reports(settings.bootstrap_servers))
    return OPEN if told else f"{OPEN}; workers load the model with the first"


class Said(Protocol):
    """What was said last; nothing at first, and nothing more once it has come."""

    def __call__(self, *, come: bool = False) -> str: ...


@contextmanager
def asked(why: Callable[[], str]) -> Iterator[Said]:
    """What `why` says, asked again and again beside the caller until what is waited for has come, or the block ends."""
    last, ended = [""], threading.Event()

    def ask() -> None:
        while not ended.is_set():
            last[0] = why()
            ended.wait(EVERY_S)

    def said(*, come: bool = False) -> str:
        if come:
            ended.set()
        return "" if ended.is_set() else last[0]

    threading.Thread(target=ask, name="eqm-waiting", daemon=True).start()
    try:
        yield said
    finally:
        ended.set()
