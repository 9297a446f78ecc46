"""The two Flink jobs, checked and submitted."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from feature_repo import store
from models.bundle.folder import verified
from pipelines.core.errors import StackError
from pipelines.core.flink_rest import ENDED, Cluster, Job
from pipelines.core.settings import Settings
from pipelines.rollout.announcing import announce, serving
from pipelines.rollout.bundles import placed
from pipelines.stack import topics
from pipelines.streaming import restore_points
from pipelines.streaming.flink_run import shipped_jars, submit
from pipelines.streaming.job_config import EmotionsConfig, FeaturesConfig, JobConfig
from pipelines.streaming.restore_points import Submitted
from schemas.roles import Role

FOLDER = Path(__file__).parent
NAMES = {"features": "eqm features", "emotions": "eqm emotions"}
START_S: Final = 180
CHANGED: Final = "ContractChangedException: "
"""How Flink announces that state was made by other windows or features."""


def submit_features(settings: Settings, *, bounded: bool = False, savepoint: str | None = None) -> str:
    """Submits the features job and returns its id. Topics and feature store must be there; one such job at a time.

    With `savepoint` it runs, continued from there, when this returns; where it cannot, it is cancelled, and the reason
    raised.
    """
    _require_topics(settings)
    _require_alone(settings, "features")
    _require_applied(settings)
    config = FeaturesConfig(
        **_shared(settings, "features", bounded=bounded),
        archive=settings.archive_folder.as_uri(),
        offline=settings.features_folder.as_uri(),
        idle_ms=settings.idle_ms,
        phases=settings.window_phases,
    )
    return _submitted(settings, "features", config, savepoint)


def submit_emotions(
    settings: Settings, bundle: Path | None = None, *, bounded: bool = False, savepoint: str | None = None
) -> str:
    """Submits the emotions job and returns its id. The feature store must be there.

    A bundle that is named is announced, so that it serves whatever was announced before. Without one, what was
    announced last serves, or the current bundle where nothing was. With `savepoint` as the features job.
    """
    if bundle:
        verified(bundle)
    _require_topics(settings)
    _require_alone(settings, "emotions")
    _require_applied(settings)
    folder, _ = placed(settings, bundle or serving(settings) or settings.current_bundle)
    if bundle:
        announce(settings, folder, Role.SERVE)
    config = EmotionsConfig(**_shared(settings, "emotions", bounded=bounded), bundle=str(folder))
    return _submitted(settings, "emotions", config, savepoint)


def running(settings: Settings, kind: str) -> list[Job]:
    """Jobs of that kind on the cluster that have not ended."""
    jobs = Cluster(settings.flink_address).jobs()
    return [job for job in jobs if job.name == NAMES[kind] and job.state not in ENDED]


def resume_point(settings: Settings, kind: str) -> str:
    """The newest savepoint or complete checkpoint of the last job of that kind, which must not run any more."""
    _require_alone(settings, kind)
    return restore_points.newest(settings, kind)


def _shared(settings: Settings, kind: str, *, bounded: bool) -> dict[str, Any]:
    return {
        "bootstrap": settings.bootstrap_servers,
        "group": f"eqm-{kind}",
        "jars": shipped_jars(settings),
        "parallelism": settings.parallelism,
        "checkpoint_ms": settings.checkpoint_interval_ms,
        "exactly_once": settings.exactly_once,
        "bounded": bounded,
        "feast_profile": settings.feast_profile,
        "feast_data": str(settings.feast_folder),
        "redis_url": settings.redis_url,
    }


def _submitted(settings: Settings, kind: str, config: JobConfig, savepoint: str | None) -> str:
    job = submit(FOLDER / f"{kind}_job.py", [config.as_argument()], settings, savepoint=savepoint)
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


def _require_topics(settings: Settings) -> None:
    missing = [topic.name for topic in topics.states(settings.bootstrap_servers) if not topic.partitions]
    if missing:
        raise StackError(f"no topic {', '.join(missing)} at {settings.bootstrap_servers}: `eqm up` makes the topics")


def _require_applied(settings: Settings) -> None:
    if not store.is_applied(settings.feast_profile, settings.feast_folder, settings.redis_url or None):
        raise StackError(f"Feast is not applied in {settings.feast_folder}: `eqm up` applies it")


def _require_alone(settings: Settings, kind: str) -> None:
    """Two jobs with the same transactions would fence each other off.

    See docs/decisions/0009-what-goes-on-over-a-failure.md.
    """
    for job in running(settings, kind):
        raise StackError(f"the {kind} job already runs as {job.id}: stop it first with `eqm stop {kind}`")
