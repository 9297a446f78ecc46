"""Jobs to a cluster, by `flink run`."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipelines.core.errors import StackError, relevant_line
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.stack import flink, java

JOB_ID: Final = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
TIMEOUT_S: Final = 180


def submit(
    job_file: str | Path,
    arguments: Sequence[str],
    settings: Settings,
    *,
    savepoint: str | None = None,
    lenient: bool = False,
) -> str:
    """Submits a PyFlink job, detached, and returns its id. With `savepoint`, it continues from there.

    `lenient`: state of the savepoint for which the job has no operator is left behind; otherwise Flink refuses it.

    Raises StackError with the one line that says why; everything said stands in `log/submit-JOB.log` of the home
    folder.
    """
    if not Path(job_file).is_file():
        raise StackError(f"there is no job file {job_file}")
    Cluster(settings.flink_address).slots()
    flink.prepare(settings)
    log = settings.log_folder / f"submit-{Path(job_file).stem}.log"
    origin = ["--fromSavepoint", savepoint, *(["--allowNonRestoredState"] if lenient else [])] if savepoint else []
    text = _run(_command(job_file, arguments, settings, origin), settings, log)
    ids = JOB_ID.findall(text)
    if not ids:
        raise StackError(f"{Path(job_file).name} was not submitted: {relevant_line(text)} (all of it: {log})")
    return str(ids[-1])


def shipped_jars(settings: Settings) -> tuple[str, ...]:
    """URLs of the JVM parts that a job must ship itself; none to the local cluster, which has them."""
    return tuple(jar.as_uri() for jar in java.jars(settings.jvm / "flink")) if settings.flink else ()


def _command(job_file: str | Path, arguments: Sequence[str], settings: Settings, origin: Sequence[str]) -> list[str]:
    command = [str(flink.distribution() / "bin" / "flink"), "run", "--detached", "-m", settings.flink_address]
    command += ["-pyexec", sys.executable, "-pyclientexec", sys.executable]
    command += [f"-Dparallelism.default={settings.parallelism}"]
    return [*command, *origin, "-py", str(job_file), *arguments]


def _run(command: Sequence[str], settings: Settings, log: Path) -> str:
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **flink.environment(settings)}
    with log.open("w+", encoding="utf-8", errors="replace") as output:
        try:
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired as fault:
            raise StackError(f"`flink run` did not answer within {TIMEOUT_S} s; see {log}") from fault
        output.seek(0)
        return output.read()
