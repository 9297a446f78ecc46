"""The Flink jobs, checked and submitted: the one that does all, or the two that share the work."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from feature_repo import store
from models.bundle.folder import verified
from pipelines.core.errors import StackError
from pipelines.core.flink_rest import ENDED, JOB_NAMES, Cluster, Job
from pipelines.core.settings import Settings
from pipelines.rollout.announcing import announce, serving
from pipelines.rollout.bundles import placed
from pipelines.stack import topics
from pipelines.streaming import restore_points
from pipelines.streaming.flink_run import shipped_jars, submit
from pipelines.streaming.job_config import GROUPS, EmotionsConfig, FeaturesConfig, JobConfig, StreamConfig
from pipelines.streaming.restore_points import Submitted
from schemas.roles import Role

FOLDER = Path(__file__).parent
EXCLUDES: Final = {
    "stream": ("stream", "features", "emotions"),
    "features": ("features", "stream"),
    "emotions": ("emotions", "stream"),
}
"""By kind of job, those that must not run beside it."""

START_S: Final = 180
CHANGED: Final = "ContractChangedException: "
"""How Flink announces that state was made by other windows or features."""
HOMELESS: Final = "Cannot map checkpoint/savepoint state"
"""How Flink announces state for which the job has no operator."""


@dataclass(frozen=True)
class Origin:
    """Where a job goes on."""

    savepoint: str
    other_shape: bool = False
    """It is of a drained job of the other shape: offsets and how far event time had come are taken over; all else that
    the savepoint may hold has no place here, and a drained job holds nothing else that counts."""


def submit_job(
    settings: Settings, kind: str, bundle: Path | None, *, bounded: bool = False, origin: Origin | None = None
) -> str:
    """Submits the job of that kind; the features job needs no bundle."""
    if kind == "features":
        return submit_features(settings, bounded=bounded, origin=origin)
    if kind == "emotions":
        return submit_emotions(settings, bundle, bounded=bounded, origin=origin)
    return submit_stream(settings, bundle, bounded=bounded, origin=origin)


def submit_stream(
    settings: Settings, bundle: Path | None = None, *, bounded: bool = False, origin: Origin | None = None
) -> str:
    """Submits the stream job and returns its id: `submit_features` and `submit_emotions` in one."""
    folder = _bundle(settings, "stream", bundle)
    config = StreamConfig(
        **_shared(settings, "stream", bounded=bounded),
        **_places(settings),
        bundle=str(folder),
        publish=settings.publish_features,
    )
    return _submitted(settings, "stream", config, origin)


def submit_features(settings: Settings, *, bounded: bool = False, origin: Origin | None = None) -> str:
    """Submits the features job and returns its id. Topics and feature store must be there; one such job at a time.

    With `origin` it runs, continued from there, when this returns; where it cannot, it is cancelled, and the reason
    raised.
    """
    _require_ready(settings, "features")
    config = FeaturesConfig(**_shared(settings, "features", bounded=bounded), **_places(settings))
    return _submitted(settings, "features", config, origin)


def submit_emotions(
    settings: Settings, bundle: Path | None = None, *, bounded: bool = False, origin: Origin | None = None
) -> str:
    """Submits the emotions job and returns its id. The feature store must be there.

    A bundle that is named is announced, so that it serves whatever was announced before. Without one, what was
    announced last serves, or the current bundle where nothing was. With `origin` as the features job.
    """
    folder = _bundle(settings, "emotions", bundle)
    config = EmotionsConfig(**_shared(settings, "emotions", bounded=bounded), bundle=str(folder))
    return _submitted(settings, "emotions", config, origin)


def _bundle(settings: Settings, kind: str, named: Path | None) -> Path:
    """Where the bundle stands that a job of that kind begins with; all else that the job needs is there."""
    if named:
        verified(named)
    _require_ready(settings, kind)
    folder, _ = placed(settings, named or serving(settings) or settings.current_bundle)
    if named:
        announce(settings, folder, Role.SERVE)
    return folder


def running(settings: Settings, kind: str) -> list[Job]:
    """Jobs of that kind on the cluster that have not ended."""
    jobs = Cluster(settings.flink_address).jobs()
    return [job for job in jobs if job.name == JOB_NAMES[kind] and job.state not in ENDED]


def resume_point(settings: Settings, kind: str) -> str:
    """The newest savepoint or complete checkpoint of the last job of that kind, which must not run any more."""
    _require_alone(settings, kind)
    return restore_points.newest(settings, kind)


def _shared(settings: Settings, kind: str, *, bounded: bool) -> dict[str, Any]:
    return {
        "bootstrap": settings.bootstrap_servers,
        "group": GROUPS[kind],
        "jars": shipped_jars(settings),
        "parallelism": settings.parallelism,
        "checkpoint_ms": settings.checkpoint_interval_ms,
        "exactly_once": settings.exactly_once,
        "bounded": bounded,
        "feast_profile": settings.feast_profile,
        "feast_data": str(settings.feast_folder),
        "redis_url": settings.redis_url,
    }


def _places(settings: Settings) -> dict[str, Any]:
    """Where readings and features are kept, and how the readings are waited for."""
    return {
        "archive": settings.archive_folder.as_uri(),
        "offline": settings.features_folder.as_uri(),
        "roll_ms": settings.roll_s * 1000,
        "idle_ms": settings.idle_ms,
        "phases": settings.window_phases,
    }


def _submitted(settings: Settings, kind: str, config: JobConfig, origin: Origin | None) -> str:
    savepoint, lenient = (origin.savepoint, origin.other_shape) if origin else (None, False)
    try:
        job = submit(FOLDER / f"{kind}_job.py", [config.as_argument()], settings, savepoint=savepoint, lenient=lenient)
    except StackError as fault:
        if HOMELESS not in str(fault):
            raise
        advice = "if it is of a drained job of the other shape, say --other-shape"
        raise StackError(
            f"the {kind} job cannot continue from {savepoint}: it has no place for its state; {advice}"
        ) from fault
    restore_points.remember(settings, Submitted(job, kind, savepoint))
    if savepoint:
        _require_continued(Cluster(settings.flink_address), job, kind, savepoint)
    return job


def _require_continued(cluster: Cluster, job: str, kind: str, savepoint: str) -> None:
    try:
        cluster.wait_started(job, timeout_s=START_S)
    except StackError as fault:
        with suppress(StackError):
            cluster.cancel(job)
        reason = str(fault).replace(CHANGED, "")
        raise StackError(f"the {kind} job cannot continue from {savepoint}: {reason}") from fault


def _require_ready(settings: Settings, kind: str) -> None:
    _require_topics(settings)
    _require_alone(settings, kind)
    _require_applied(settings)


def _require_topics(settings: Settings) -> None:
    missing = [topic.name for topic in topics.states(settings.bootstrap_servers) if not topic.partitions]
    if missing:
        raise StackError(f"no topic {', '.join(missing)} at {settings.bootstrap_servers}: `eqm up` makes the topics")


def _require_applied(settings: Settings) -> None:
    if not store.is_applied(settings.feast_profile, settings.feast_folder, settings.redis_url or None):
        raise StackError(f"Feast is not applied in {settings.feast_folder}: `eqm up` applies it")


def _require_alone(settings: Settings, kind: str) -> None:
    """Two jobs with the same transactions would fence each other off, and two that read the same would answer twice.

    See docs/decisions/0009-what-goes-on-over-a-failure.md.
    """
    for other in EXCLUDES[kind]:
        for job in running(settings, other):
            raise StackError(f"the {other} job already runs as {job.id}: stop it first with `eqm stop {other}`")
