"""Up and down: the servers as one thing, which is there as a whole or not at all."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psutil

from pipelines.core import ports
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.stack import feast, flink, home, processes
from pipelines.stack.processes import Process
from pipelines.stack.servers import Server, servers

START_S: Final = 90
GRACE_S: Final = 20
POLL_S: Final = 0.1
SERVER_SETTINGS: Final = (
    *("host", "java_options", "kafka_port", "kafka_controller_port", "kafka_heap_mb", "kafka_retention_mb"),
    *("flink_rest_port", "flink_port_base", "prometheus_port", "task_slots", "state_backend"),
    *("jobmanager_memory_mb", "taskmanager_memory_mb", "managed_memory_mb"),
)
"""What servers are started with; the other settings may change while they run."""

Say = Callable[[str], None]


def up(settings: Settings, say: Say = print) -> bool:
    """Brings up what is not up: servers, topics, feature store. Returns False when all of it was.

    Leftovers of a crash are ended first. If anything fails, what this call started is stopped again.
    """
    with _alone(settings):
        home.mark(settings.home)
        wanted = servers(settings)
        missing = _missing(settings, wanted, say)
        _require_same_settings(settings, fresh=len(missing) == len(wanted))
        _clean(settings, missing, say)
        begun: list[Process] = []
        try:
            _start(settings, missing, begun)
            applied = feast.apply(settings)
            _await(settings, wanted, say)
            made = _topics(settings)
        except BaseException:
            _stop(settings, [process.name for process in begun])
            raise
        if made:
            say(f"topics made: {', '.join(made)}")
        if applied:
            say(f"feature store applied in {settings.feast_folder} ({settings.feast_profile})")
        return bool(missing or made or applied)


def down(settings: Settings, *, wipe: bool = False) -> int:
    """Stops all that a stack of this home folder started. Returns how many processes that were.

    With `wipe`, also removes what EQM keeps in the home folder. Raises StackError, before anything is stopped, where
    the folder is no home. Where none is, nothing is written.
    """
    names = [flink.TASKMANAGER, flink.JOBMANAGER, "kafka"]
    if wipe:
        home.require_made(settings.home)
    if home.maker_of(settings.home) is None:
        return _stop(settings, names)
    with _alone(settings):
        count = _stop(settings, names)
        if wipe:
            home.remove(settings.home)
        return count


def _missing(settings: Settings, wanted: Sequence[Server], say: Say) -> list[Server]:
    """Servers that are not up. A TaskManager whose JobManager has died is ended: it works on for a job that is lost."""
    dead = {server.name for server in wanted if processes.recorded(settings.home, server.name) is None}
    if flink.JOBMANAGER in dead and flink.TASKMANAGER not in dead and any(s.name == flink.TASKMANAGER for s in wanted):
        processes.end(_recorded_family(settings, flink.TASKMANAGER), grace_s=GRACE_S)
        say("ended the TaskManager, whose JobManager had died")
        dead.add(flink.TASKMANAGER)
    return [server for server in wanted if server.name in dead]


def _clean(settings: Settings, missing: Sequence[Server], say: Say) -> None:
    """Ends what an earlier stack left behind, and checks that nobody else has our ports."""
    kept = [process for name in _names(settings) for process in _recorded_family(settings, name)]
    orphans = [process for process in processes.owned(settings.home) if process not in kept]
    if orphans:
        say(f"ended {processes.end(orphans, grace_s=GRACE_S)} processes that an earlier stack left behind")
    for server in missing:
        processes.forget(settings.home, server.name)
        ports.require_free(settings.host, server.ports)
    if {flink.JOBMANAGER, flink.TASKMANAGER} <= {server.name for server in missing}:
        flink.clear_temporary(settings)


def _require_same_settings(settings: Settings, *, fresh: bool) -> None:
    """Servers that run are kept, so what they were started with must still be what is wanted."""
    file = settings.home / "started-with.json"
    wanted = settings.model_dump(mode="json", include=set(SERVER_SETTINGS))
    if not fresh and file.is_file():
        running = json.loads(file.read_text(encoding="utf-8"))
        changed = [f"{name} {running.get(name)}" for name in sorted(wanted) if running.get(name) != wanted[name]]
        if changed:
            raise StackError(f"the stack runs with other settings ({', '.join(changed)}): `eqm down` first")
    file.write_text(json.dumps(wanted), encoding="utf-8")


def _start(settings: Settings, missing: Sequence[Server], begun: list[Process]) -> None:
    for server in missing:
        server.prepare()
        log = settings.log_folder / f"{server.name}.out"
        begun.append(
            processes.start(
                server.name, server.command(), home=settings.home, log=log, environment=server.environment()
            )
        )


def _await(settings: Settings, wanted: Sequence[Server], say: Say) -> None:
    end_s = time.monotonic() + START_S
    for server in wanted:
        while not server.answers():
            if processes.recorded(settings.home, server.name) is None:
                raise StackError(f"{server.name} ended while starting: {_last_line(settings, server)}")
            if time.monotonic() > end_s:
                raise StackError(f"{server.name} does not answer within {START_S} s; see {server.log()}")
            time.sleep(POLL_S)
        process = processes.recorded(settings.home, server.name)
        age_s = time.time() - process.started_s if process else 0.0
        say(f"{server.name} answers at {settings.host}:{server.ports[0].number} (started {age_s:.1f} s ago)")


def _topics(settings: Settings) -> list[str]:
    from pipelines.stack import topics

    return topics.make(settings.bootstrap_servers, partitions=settings.partitions)


def _stop(settings: Settings, names: Sequence[str]) -> int:
    """Ends the named servers with their children, then whatever carries this home folder's mark and has no server."""
    doomed = [process for name in names for process in _recorded_family(settings, name)]
    kept = [p for name in _names(settings) if name not in names for p in _recorded_family(settings, name)]
    doomed += [process for process in processes.owned(settings.home) if process not in [*doomed, *kept]]
    count = processes.end(doomed, grace_s=GRACE_S)
    for name in names:
        processes.forget(settings.home, name)
    return count


def _names(settings: Settings) -> list[str]:
    return [flink.TASKMANAGER, flink.JOBMANAGER, "kafka"]


def _recorded_family(settings: Settings, name: str) -> list[psutil.Process]:
    process = processes.recorded(settings.home, name)
    return processes.family(process) if process else []


def _last_line(settings: Settings, server: Server) -> str:
    """The last error of a server that ended, and where its log is."""
    from pipelines.core.errors import relevant_line

    texts = [
        log.read_text(encoding="utf-8", errors="replace")
        for log in (settings.log_folder / f"{server.name}.out", server.log())
        if log.is_file()
    ]
    return f"{relevant_line(''.join(texts))} (all of it: {server.log()})"


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Only one command at a time changes the stack of a home folder."""
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = os.open(settings.home / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as fault:
        raise StackError(f"another command is changing the stack in {settings.home}: wait for its end") from fault
    finally:
        os.close(lock)
