"""The REST client, against a stand-in that answers as Flink does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.core import flink_rest as rest
from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster, Job, Slots
from tests.unit.stack.conftest import free_port

JOB = "0" * 32


class Flink(ThreadingHTTPServer):
    """Answers `method path` with the next of its answers; the last one stays."""

    answers: dict[str, list[tuple[int, Any]]]
    asked: list[tuple[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Flink

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = f"{self.command} {self.path}"
        self.server.asked.append((asked, json.loads(body) if body else None))
        waiting = self.server.answers[asked]
        code, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flink]:
    monkeypatch.setattr(rest, "POLL_S", 0.01)
    with Flink(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cluster(flink: Flink) -> Cluster:
    return Cluster(f"127.0.0.1:{flink.server_address[1]}")


def state(*states: str) -> list[tuple[int, Any]]:
    return [(200, {"state": each}) for each in states]


def test_capacity_and_jobs_running_ones_first(flink: Flink, cluster: Cluster) -> None:
    flink.answers["GET /overview"] = [(200, {"taskmanagers": 1, "slots-total": 8, "slots-available": 6})]
    jobs = [
        {"jid": "b", "name": "old", "state": "FINISHED", "start-time": 2, "duration": 1500},
        {"jid": "a", "name": "eqm", "state": "RUNNING", "start-time": 1, "duration": 2500},
    ]
    flink.answers["GET /jobs/overview"] = [(200, {"jobs": jobs})]
    assert cluster.slots() == Slots(1, 8, 6)
    assert cluster.jobs() == [Job("a", "eqm", "RUNNING", 2.5), Job("b", "old", "FINISHED", 1.5)]


def test_taskmanagers_by_where_they_listen(flink: Flink, cluster: Cluster) -> None:
    path = "pekko.tcp://flink@127.0.0.1:40123/user/rpc/taskmanager_0"
    flink.answers["GET /taskmanagers"] = [(200, {"taskmanagers": [{"id": "a", "path": path}]})]
    assert cluster.taskmanager_addresses() == ["127.0.0.1:40123"]


def test_stop_drains_waits_for_the_savepoint_and_for_the_end(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"POST /jobs/{JOB}/stop"] = [(202, {"request-id": "r"})]
    done = {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/savepoint"}}
    flink.answers[f"GET /jobs/{JOB}/savepoints/r"] = [(200, {"status": {"id": "IN_PROGRESS"}}), (200, done)]
    flink.answers[f"GET /jobs/{JOB}"] = state("RUNNING", "FINISHED")
    assert cluster.stop(JOB) == "file:/savepoint"
    assert flink.asked[0] == (f"POST /jobs/{JOB}/stop", {"drain": True})
    assert flink.asked[-1][0] == f"GET /jobs/{JOB}"


def test_a_savepoint_that_fails_is_one_line(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"POST /jobs/{JOB}/stop"] = [(202, {"request-id": "r"})]
    cause = {"failure-cause": {"stack-trace": "a.FlinkException: outer\nCaused by: b.IOException: no space left\n"}}
    answer = {"status": {"id": "COMPLETED"}, "operation": cause}
    flink.answers[f"GET /jobs/{JOB}/savepoints/r"] = [(200, answer)]
    with pytest.raises(StackError, match=r"made no savepoint, and goes on: IOException: no space left; stop it again$"):
        cluster.stop(JOB)


def test_waiting_for_a_job_that_fails_tells_why(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"GET /jobs/{JOB}"] = state("RUNNING", "FAILED")
    entries = [{"stacktrace": "x.JobException: suppressed\nCaused by: y.TimeoutException: broker gone\n"}]
    flink.answers[f"GET /jobs/{JOB}/exceptions"] = [(200, {"exceptionHistory": {"entries": entries}})]
    with pytest.raises(StackError, match=f"job {JOB} is FAILED: TimeoutException: broker gone"):
        cluster.wait(JOB, frozenset({"FINISHED"}), timeout_s=5)


def test_a_job_has_started_when_all_its_tasks_run(flink: Flink, cluster: Cluster) -> None:
    tasks = [["INITIALIZING", "RUNNING"], ["FINISHED", "RUNNING"]]
    answers = [{"vertices": [{"status": status} for status in statuses]} for statuses in tasks]
    flink.answers[f"GET /jobs/{JOB}"] = [(200, answer) for answer in answers]
    flink.answers[f"GET /jobs/{JOB}/exceptions"] = [(200, {"exceptionHistory": {"entries": []}})]
    cluster.wait_started(JOB, timeout_s=5)
    assert [asked for asked, _ in flink.asked].count(f"GET /jobs/{JOB}") == 2


def test_the_first_failure_of_a_job_that_starts_ends_the_wait(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"GET /jobs/{JOB}"] = [(200, {"vertices": [{"status": "CREATED"}]})]
    entries = [{"stacktrace": "a.Outer: outer\nCaused by: b.ContractChangedException: other windows\n"}]
    flink.answers[f"GET /jobs/{JOB}/exceptions"] = [(200, {"exceptionHistory": {"entries": entries}})]
    with pytest.raises(StackError, match=r"^ContractChangedException: other windows$"):
        cluster.wait_started(JOB, timeout_s=5)


def test_waiting_has_an_end(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"GET /jobs/{JOB}"] = state("RUNNING")
    with pytest.raises(StackError, match="is still RUNNING after 0 s"):
        cluster.wait(JOB, frozenset({"FINISHED"}), timeout_s=0.05)


def test_cancelling_what_has_ended_asks_for_nothing(flink: Flink, cluster: Cluster) -> None:
    flink.answers[f"GET /jobs/{JOB}"] = state("FINISHED")
    cluster.cancel(JOB)
    assert {asked for asked, _ in flink.asked} == {f"GET /jobs/{JOB}"}


def test_metrics_are_summed_over_subtasks_and_nan_before_the_first(flink: Flink, cluster: Cluster) -> None:
    path = f"GET /jobs/{JOB}/vertices/v/subtasks/metrics?get=numRecordsIn&agg=sum"
    flink.answers[path] = [(200, []), (200, [{"id": "numRecordsIn", "sum": 42.0}])]
    first, second = (cluster.metric(JOB, "v", "numRecordsIn") for _ in range(2))
    assert first != first
    assert second == 42.0


def test_a_refusal_and_a_silence_are_one_line(flink: Flink, cluster: Cluster) -> None:
    flink.answers["GET /overview"] = [(404, {"errors": ["a.b.NotFoundException: Job 0 not found\n\tat x"]})]
    with pytest.raises(StackError, match=r"refused /overview: NotFoundException: Job 0 not found$"):
        cluster.slots()
    with pytest.raises(StackError, match=r"no Flink cluster answers at 127\.0\.0\.1:.*EQM_FLINK"):
        Cluster(f"127.0.0.1:{free_port()}").slots()
