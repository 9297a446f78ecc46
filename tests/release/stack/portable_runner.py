"""Beam's Flink runner on loopback ports: a job server with Flink inside, and a pool of worker processes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.ports import is_free
from pipelines.core.settings import Settings
from pipelines.stack import java, processes
from tests.integration import streaming
from tests.integration.ports import separate_settings

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = Path(sys.prefix).parent
PYTHON = ENVIRONMENTS / "batch" / "bin" / "python"
DRIVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
HOST = "127.0.0.1"
OPENED = ("lang", "nio", "util")
"""Packages of Java that Flink looks into."""


@dataclass(frozen=True)
class PortableRunner:
    """A running one."""

    folder: Path
    job_endpoint: str
    pool: str

    @property
    def options(self) -> list[str]:
        """What a command is told to run on it."""
        return [
            "--beam",
            "--runner=PortableRunner",
            f"--job_endpoint={self.job_endpoint}",
            "--environment_type=EXTERNAL",
            f"--environment_config={self.pool}",
            "--environment_cache_millis=60000",
            "--parallelism=2",
            f"--setup_file={ROOT / 'setup.py'}",
            "--experiments=disable_logging_submission_environment",
        ]

    def staged(self) -> list[Path]:
        """The packages that jobs have shipped."""
        return [file for file in (self.folder / "artifacts").rglob("*") if file.name.endswith("workflow.tar.gz")]

    def installed(self) -> list[Path]:
        """Where workers have installed them."""
        return list(self.folder.glob("packages-*"))


@contextmanager
def portable_runner(folder: Path) -> Iterator[PortableRunner]:
    """Starts one, and ends all of its processes."""
    settings = separate_settings(folder)
    first, pool = settings.kafka_port, settings.flink_port_base
    try:
        _start(folder, "job-server", _job_server(settings, first))
        _start(folder, "worker-pool", _worker_pool(folder, pool))
        for port in (first, pool):
            streaming.wait(lambda port=port: not is_free(HOST, port))
        yield PortableRunner(folder, f"{HOST}:{first}", f"{HOST}:{pool}")
    finally:
        processes.end(processes.owned(folder), grace_s=10)


def _start(folder: Path, name: str, command: list[str]) -> None:
    processes.start(name, command, home=folder, log=folder / f"{name}.log", environment={})


def _job_server(settings: Settings, first: int) -> list[str]:
    parts = ":".join(str(jar) for jar in java.jars(settings.jvm / "beam"))
    opened = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in OPENED]
    ports = [f"--{kind}-port={first + n}" for n, kind in enumerate(("job", "artifact", "expansion"))]
    place = [f"--job-host={HOST}", f"--artifacts-dir={settings.home / 'artifacts'}", "--flink-master=[local]"]
    options = ["-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [java.executable(), *options, *opened, "-cp", parts, DRIVER, *place, *ports]


def _worker_pool(folder: Path, port: int) -> list[str]:
    """The pool starts one program without arguments of ours: a script that has them."""
    script = folder / "worker.sh"
    folder.mkdir(parents=True, exist_ok=True)
    uv = ENVIRONMENTS / "tools" / "bin" / "uv"
    program = Path(__file__).with_name("beam_worker_job.py")
    script.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{program}" "--folder={folder}" "--uv={uv}" "$@"\n', "utf-8")
    script.chmod(0o755)
    pool = ["-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    return [str(PYTHON), *pool, f"--container_executable={script}"]
