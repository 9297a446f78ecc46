"""Flink's REST interface: the few questions and orders that we have for it."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pipelines.core.errors import StackError, relevant_line

TIMEOUT_S: Final = 30
"""Where nobody listens, that is told at once; one that is busy, or on a machine that stands still, gets time."""
POLL_S: Final = 0.2
JOB_NAMES: Final = {"stream": "eqm stream", "features": "eqm features", "emotions": "eqm emotions"}
"""What our jobs are called on a cluster, by kind."""
ENDED: Final = frozenset({"FINISHED", "FAILED", "CANCELED", "SUSPENDED"})
STARTED: Final = frozenset({"RUNNING", "FINISHED"})
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Job:
    """A job as the cluster tells it."""

    id: str
    name: str
    state: str
    duration_s: float


@dataclass(frozen=True)
class Slots:
    """The cluster's capacity."""

    taskmanagers: int
    total: int
    free: int


@dataclass(frozen=True)
class Cluster:
    """A Flink cluster at `host:port`. Every method raises StackError where the cluster does not answer, or refuses."""

    address: str

    def slots(self) -> Slots:
        found = self.get("/overview")
        return Slots(found["taskmanagers"], found["slots-total"], found["slots-available"])

    def taskmanager_addresses(self) -> list[str]:
        """`host:port` of every TaskManager that is registered; one that was killed stays so for a while."""
        found = self.get("/taskmanagers")["taskmanagers"]
        return [urlsplit(each["path"]).netloc.rpartition("@")[2] for each in found]

    def jobs(self) -> list[Job]:
        """All jobs that the cluster remembers, running ones first, then the newest."""
        found = sorted(self.get("/jobs/overview")["jobs"], key=lambda job: (job["state"] in ENDED, -job["start-time"]))
        return [Job(job["jid"], job["name"], job["state"], job["duration"] / 1000) for job in found]

    def job(self, job_id: str) -> dict[str, Any]:
        """State, times and vertices of one job."""
        return self.get(f"/jobs/{job_id}")

    def state(self, job_id: str) -> str:
        return str(self.job(job_id)["state"])

    def root_cause(self, job_id: str) -> str:
        """The one relevant line of why a job failed; empty when it did not."""
        newest = self.get(f"/jobs/{job_id}/exceptions").get("exceptionHistory", {}).get("entries", [])
        return relevant_line(newest[0]["stacktrace"]) if newest else ""

    def vertices(self, job_id: str) -> dict[str, dict[str, Any]]:
        """Per vertex name its id, parallelism, status and read and written records."""
        return {vertex["name"]: vertex for vertex in self.job(job_id)["vertices"]}

    def metric(self, job_id: str, vertex_id: str, name: str) -> float:
        """A subtask metric, summed over subtasks; NaN where none reported it yet."""
        path = f"/jobs/{job_id}/vertices/{vertex_id}/subtasks/metrics?get={name}&agg=sum"
        found = self._send("GET", path)
        return float(found[0]["sum"]) if isinstance(found, list) and found else float("nan")

    def checkpoints(self, job_id: str) -> dict[str, Any]:
        """Counts and the newest checkpoints."""
        return self.get(f"/jobs/{job_id}/checkpoints")

    def cancel(self, job_id: str, *, timeout_s: float = 60) -> None:
        """Cancels a job and waits until it has ended. A job that had ended already is left so."""
        if self.state(job_id) not in ENDED:
            self._send("PATCH", f"/jobs/{job_id}?mode=cancel")
        self.wait(job_id, ENDED, timeout_s=timeout_s)

    def stop(self, job_id: str, *, drain: bool = True, timeout_s: float = 120) -> str:
        """Ends a job with a savepoint and waits until it is FINISHED. Returns the savepoint's place.

        With `drain`, event time goes to its end first: every window closes and is sent.
        """
        request = _object(self._send("POST", f"/jobs/{job_id}/stop", {"drain": drain}))["request-id"]
        end_s = time.monotonic() + timeout_s
        while (answer := self.get(f"/jobs/{job_id}/savepoints/{request}"))["status"]["id"] != "COMPLETED":
            self._patience(end_s, f"job {job_id} did not make its savepoint within {timeout_s:.0f} s")
        operation = answer["operation"]
        if "failure-cause" in operation:
            reason = relevant_line(operation["failure-cause"]["stack-trace"])
            raise StackError(f"job {job_id} made no savepoint, and goes on: {reason}; stop it again")
        self.wait(job_id, frozenset({"FINISHED"}), timeout_s=max(1.0, end_s - time.monotonic()))
        return str(operation["location"])

    def wait(self, job_id: str, states: frozenset[str], *, timeout_s: float) -> str:
        """Waits until the job is in one of the states, and returns it; any other end is a StackError."""
        end_s = time.monotonic() + timeout_s
        while (state := self.state(job_id)) not in states:
            if state in ENDED:
                raise StackError(f"job {job_id} is {state}: {self.root_cause(job_id)}")
            self._patience(end_s, f"job {job_id} is still {state} after {timeout_s:.0f} s")
        return state

    def wait_started(self, job_id: str, *, timeout_s: float) -> None:
        """Waits until all tasks of a job run, their state restored; its first failure is a StackError.

        Flink would restart it, and it would fail again.
        """
        end_s = time.monotonic() + timeout_s
        while any(vertex["status"] not in STARTED for vertex in self.job(job_id)["vertices"]):
            if reason := self.root_cause(job_id):
                raise StackError(reason)
            self._patience(end_s, f"job {job_id} does not run after {timeout_s:.0f} s")

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object that answers a GET."""
        return _object(self._send("GET", path))

    def _patience(self, end_s: float, complaint: str) -> None:
        if time.monotonic() > end_s:
            raise StackError(f"{complaint}; see http://{self.address}")
        time.sleep(POLL_S)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as fault:
            with fault:
                raise StackError(f"Flink at {self.address} refused {path}: {_errors(fault.read())}") from fault
        except OSError as fault:
            advice = "start one with `eqm up`, or set EQM_FLINK"
            raise StackError(f"no Flink cluster answers at {self.address}: {advice}") from fault
        return json.loads(text) if text else {}


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise StackError(f"Flink gave an answer that cannot be read: {str(answer)[:80]!r}")
    return answer


def _errors(body: bytes) -> str:
    """The one line that a refused request brings back."""
    try:
        return relevant_line("\n".join(json.loads(body)["errors"]))
    except (ValueError, KeyError, TypeError):
        return "no reason given"
