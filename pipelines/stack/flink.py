"""The local Flink cluster: a JobManager and a TaskManager of the distribution inside the `apache-flink` package."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml

from pipelines.core.errors import StackError
from pipelines.core.ports import Port
from pipelines.core.settings import Settings
from pipelines.stack import java

JOBMANAGER: Final = "jobmanager"
TASKMANAGER: Final = "taskmanager"
SCRIPTS: Final = {JOBMANAGER: "jobmanager.sh", TASKMANAGER: "taskmanager.sh"}
LOG_NAMES: Final = {JOBMANAGER: "standalonesession", TASKMANAGER: "taskexecutor"}
HEARTBEAT: Final = "2 s"
"""A TaskManager that cannot be reached twice is dead: found after 3 s. At Flink's 10 s its jobs stood for 13."""
METASPACE_MB: Final = 384
"""Each submitted job brings its classes; the default of 256 MB is used up after few submissions."""

LIGHT: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For JVMs that do little, or not for long: compiling for speed would cost them more than it saves."""

QUERY_PORT: Final = "metrics.internal.query-service.port"
PROMETHEUS: Final = "metrics.reporter.prometheus"
PORTS: Final = {
    JOBMANAGER: ("jobmanager.rpc.port", "blob.server.port", QUERY_PORT),
    TASKMANAGER: ("taskmanager.data.port",),
}
"""What listens on a port that is known beforehand.

A TaskManager's other two are new with each start. Pekko's remoting remembers who answered at an address: while the
JobManager still tried to reach a TaskManager that was killed, one in its place at the same address heard no answer.
"""


def distribution() -> Path:
    """FLINK_HOME of the installed package; PyFlink itself is not imported."""
    spec = find_spec("pyflink")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("Flink is not installed in this Python environment: run `make`, then .venv/stream/bin/eqm")
    return Path(spec.submodule_search_locations[0])


def ports(settings: Settings, name: str) -> tuple[Port, ...]:
    """The ports of the JobManager or the TaskManager; the first is the one to talk to."""
    own = [Port(number, f"Flink {key}", "flink_port_base") for key, number in _numbers(settings, name).items()]
    if name == JOBMANAGER:
        own.insert(0, Port(settings.flink_rest_port, "Flink REST", "flink_rest_port"))
    if settings.prometheus_port:
        own.append(Port(_prometheus_port(settings, name), "Prometheus metrics", "prometheus_port"))
    return tuple(own)


def configuration(settings: Settings) -> dict[str, str]:
    """What both parts are configured with; jobs bring the rest."""
    state = (settings.home / "flink").as_uri()
    return {
        **_addresses(settings),
        **_memory(settings),
        "taskmanager.numberOfTaskSlots": str(settings.task_slots),
        "parallelism.default": str(settings.parallelism),
        # A dead TaskManager is found after 3 s in place of 13: docs/decisions/0011-what-being-ready-costs.md.
        "heartbeat.interval": HEARTBEAT,
        "execution.checkpointing.interval": f"{settings.checkpoint_interval_ms} ms",
        "execution.checkpointing.dir": f"{state}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"{state}/savepoints",
        "state.backend.type": settings.state_backend,
        "classloader.resolve-order": "parent-first",
        "io.tmp.dirs": str(settings.home / "flink" / "tmp"),
        "web.submit.enable": "false",
        "security.delegation.tokens.enabled": "false",
        **_java_options(settings),
    }


def prepare(settings: Settings) -> None:
    """Writes the folders that server scripts and `flink run` read: configuration and library."""
    _link_library(settings)
    folder = configuration_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (settings.home / "flink" / "tmp").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration(settings)), encoding="utf-8")
    for name in ("log4j-console.properties", "log4j-cli.properties"):
        shutil.copyfile(distribution() / "conf" / name, folder / name)


def clear_temporary(settings: Settings) -> None:
    """Removes what servers that were killed left in the temporary folder; only while none runs."""
    shutil.rmtree(settings.home / "flink" / "tmp", ignore_errors=True)
    shutil.rmtree(settings.home / "run" / "flink", ignore_errors=True)


def command(settings: Settings, name: str) -> list[str]:
    """How the JobManager or the TaskManager is started: the script becomes the server, under one pid."""
    own = {key: str(number) for key, number in _numbers(settings, name).items()}
    if settings.prometheus_port:
        own[f"{PROMETHEUS}.factory.class"] = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
        own[f"{PROMETHEUS}.port"] = str(_prometheus_port(settings, name))
    options = [part for key, value in own.items() for part in ("-D", f"{key}={value}")]
    return [str(distribution() / "bin" / SCRIPTS[name]), "start-foreground", *options]


def environment(settings: Settings) -> dict[str, str]:
    """What Flink's scripts read from their environment."""
    home = distribution()
    return {
        "FLINK_HOME": str(home),
        "FLINK_LIB_DIR": str(_library(settings)),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "FLINK_CONF_DIR": str(configuration_folder(settings)),
        "FLINK_LOG_DIR": str(settings.log_folder),
        "FLINK_PID_DIR": str(settings.home / "run" / "flink"),
        "FLINK_IDENT_STRING": "eqm",
        "JVM_ARGS": "-Dconsole.log.level=OFF",
    }


def configuration_folder(settings: Settings) -> Path:
    return settings.home / "flink" / "conf"


def log_file(settings: Settings, name: str) -> Path:
    """The newest log of a server; it may not exist yet."""
    logs = sorted(settings.log_folder.glob(f"flink-eqm-{LOG_NAMES[name]}-*.log"), key=lambda log: log.stat().st_mtime)
    return logs[-1] if logs else settings.log_folder / f"{name}.out"


def _library(settings: Settings) -> Path:
    return settings.home / "flink" / "lib"


def _link_library(settings: Settings) -> None:
    """Flink's jars, the Python runner, and our own parts: loaded once for all jobs.

    A job's own copies are never unloaded, since threads of theirs live on: a TaskManager died of that, out of
    metaspace, after a dozen submissions and restarts.
    """
    library = _library(settings)
    library.mkdir(parents=True, exist_ok=True)
    jars = [*(distribution() / "lib").glob("*.jar"), *(distribution() / "opt").glob("flink-python-*.jar")]
    jars += java.jars(settings.jvm / "flink")
    wanted = {library / jar.name: jar for jar in jars}
    for link in library.iterdir():
        if wanted.get(link) != link.readlink():
            link.unlink()
    for link in wanted.keys() - set(library.iterdir()):
        link.symlink_to(wanted[link])


def _numbers(settings: Settings, name: str) -> dict[str, int]:
    first = settings.flink_port_base + (len(PORTS[JOBMANAGER]) if name == TASKMANAGER else 0)
    return {key: first + place for place, key in enumerate(PORTS[name])}


def _prometheus_port(settings: Settings, name: str) -> int:
    return settings.prometheus_port + (name == TASKMANAGER)


def _addresses(settings: Settings) -> dict[str, str]:
    return {
        "rest.address": settings.host,
        "rest.bind-address": settings.host,
        "rest.port": str(settings.flink_rest_port),
        "rest.bind-port": str(settings.flink_rest_port),
        "jobmanager.rpc.address": settings.host,
        "jobmanager.rpc.port": str(_numbers(settings, JOBMANAGER)["jobmanager.rpc.port"]),
        "jobmanager.bind-host": settings.host,
        "taskmanager.rpc.port": "0",
        "taskmanager.host": settings.host,
        "taskmanager.bind-host": settings.host,
    }


def _memory(settings: Settings) -> dict[str, str]:
    return {
        "jobmanager.memory.process.size": f"{settings.jobmanager_memory_mb}m",
        "taskmanager.memory.process.size": f"{settings.taskmanager_memory_mb}m",
        "taskmanager.memory.managed.size": f"{settings.managed_memory_mb}m",
        "taskmanager.memory.jvm-metaspace.size": f"{METASPACE_MB}m",
    }


def _java_options(settings: Settings) -> dict[str, str]:
    """The module openings that Flink needs on Java 17, as its own configuration has them; and how each is run."""
    packaged: Any = yaml.safe_load((distribution() / "conf" / "config.yaml").read_text(encoding="utf-8"))
    return {
        "env.java.opts.all": packaged["env"]["java"]["opts"]["all"],
        "env.java.opts.jobmanager": LIGHT,
        "env.java.opts.client": LIGHT,
        **({"env.java.opts.taskmanager": settings.java_options} if settings.java_options else {}),
    }
