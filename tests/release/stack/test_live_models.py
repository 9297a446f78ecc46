"""Models change while the stream runs: nothing stops, nothing is lost, and every event names its model.

The tests share one running job and follow one another.
"""

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from models.bundle.folder import SAVED_MODEL, checksum, read_manifest
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.inference.active_models import has
from pipelines.replay.publish import publisher
from pipelines.rollout.announcing import announce, retire
from pipelines.rollout.bundles import control_for
from pipelines.streaming.submission import submit_emotions
from schemas.records import ModelControl
from schemas.roles import Role
from schemas.topics import MODELS, SHADOW
from tests.integration import streaming
from tests.integration.commands import eqm
from tests.recovery.kills import python_workers
from tests.release.stack.live_stream import USERS, Stream, rewrite, variant, versions_by_user

SECOND, BESIDE, SHARED, OTHER = ("2" * 12, "3" * 12, "4" * 12, "5" * 12)
SHARE = 0.4


@pytest.fixture(scope="module")
def stream(stack: Settings, bundle: Path) -> Iterator[Stream]:
    streaming.fresh(stack)
    running = Stream(stack, submit_emotions(stack, bundle))
    thread = threading.Thread(target=running.send)
    thread.start()
    try:
        yield running
    finally:
        running.end()
        thread.join()
        Cluster(stack.flink_address).cancel(running.job)


@pytest.fixture(scope="module")
def first(stream: Stream) -> str:
    """The version that the job was submitted with."""
    versions = {event["model_version"] for event in stream.new_events().values()}
    assert len(versions) == 1
    return versions.pop()


def serving(stream: Stream) -> set[str]:
    return {event["model_version"] for event in stream.new_events().values()}


def test_an_announced_model_takes_over_between_two_batches(
    stream: Stream, first: str, bundle: Path, tmp_path: Path
) -> None:
    announce(stream.settings, variant(bundle, tmp_path, SECOND), Role.SERVE)
    stream.wait_for(SECOND, "loaded")
    assert serving(stream) == {SECOND}
    events = stream.events()
    assert versions_by_user(events) == {user: [first, SECOND] for user in USERS}
    assert stream.restarts() == 0


def test_a_bad_announcement_is_refused_and_told(stream: Stream, bundle: Path, tmp_path: Path) -> None:
    """Sent by hand: `eqm models announce` refuses such bundles itself."""
    bad = {
        "a" * 12: "the folder does not exist",
        "b" * 12: "its checksum is",
        "c" * 12: "was made for schema",
        "d" * 12: "differ from the checksum",
        "e" * 12: "its network cannot be used",
    }
    controls = {version: control_of(variant(bundle, tmp_path, version)) for version in bad}
    shutil.rmtree(tmp_path / ("a" * 12))
    controls["b" * 12] = controls["b" * 12].model_copy(update={"checksum": "0" * 64})
    rewrite(tmp_path / ("c" * 12), schema_hash="0" * 16)
    spoil(tmp_path / ("d" * 12))
    spoil(tmp_path / ("e" * 12))
    torn = rewrite(tmp_path / ("e" * 12), checksum=checksum(tmp_path / ("e" * 12) / SAVED_MODEL))
    controls["e" * 12] = controls["e" * 12].model_copy(update={"checksum": torn.checksum})
    by_hand(stream.settings, [b"{", *(control.model_dump_json().encode() for control in controls.values())])

    for version, reason in bad.items():
        assert all(reason in report["detail"] for report in stream.wait_for(version, "refused"))
    assert len({r["worker"] for r in stream.reports() if "not a control message" in r["detail"]}) == 2
    assert serving(stream) == {SECOND}
    assert stream.restarts() == 0


def control_of(folder: Path) -> ModelControl:
    return control_for(Role.SERVE, folder, read_manifest(folder), None)


def spoil(folder: Path) -> None:
    """Cuts the network's file in half."""
    file = folder / SAVED_MODEL / "saved_model.pb"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def by_hand(settings: Settings, values: Sequence[bytes]) -> None:
    with publisher(settings.bootstrap_servers) as client:
        for value in values:
            client.send(MODELS.name, Role.SERVE.encode(), value)


def test_a_shadow_answers_beside_and_is_compared(stream: Stream, bundle: Path, tmp_path: Path) -> None:
    announce(stream.settings, variant(bundle, tmp_path, BESIDE, min_confidence=0.99), Role.SHADOW)
    stream.wait_for(BESIDE, "loaded")
    told = stream.new_events()
    assert {event["model_version"] for event in told.values()} == {SECOND}
    streaming.wait(lambda: set(told) <= set(streaming.by_window(stream.settings, SHADOW.name)))
    beside = streaming.by_window(stream.settings, SHADOW.name)
    assert {event["model_version"] for event in beside.values()} == {BESIDE}
    assert all(event["abstained"] for event in beside.values())
    assert all(beside[key]["raw"] == event["raw"] for key, event in told.items())
    stream.wait_for(BESIDE, "running")
    pair = next(p for p in json.loads(eqm(stream.settings, "models", "compare", "--json")) if p["kind"] == "shadow")
    assert (pair["serving"]["version"], pair["other"]["version"]) == (SECOND, BESIDE)
    assert pair["agreement"]["windows"] >= len(told)
    assert pair["agreement"]["total_variation"] < 0.01, "only the shadow's first means are of fewer windows"
    assert (pair["serving"]["abstained"] < 1, pair["other"]["abstained"]) == (True, 1)
    assert pair["other"]["latency"]["p50_ms"] > 0
    assert pair["other"]["trained_on"] == "simulated people"
    retire(stream.settings, Role.SHADOW)
    stream.wait_for(BESIDE, "retired")


def test_a_share_has_the_users_that_the_hash_says(stream: Stream, bundle: Path, tmp_path: Path) -> None:
    announce(stream.settings, variant(bundle, tmp_path, SHARED), Role.SHARE, share=SHARE)
    stream.wait_for(SHARED, "loaded")
    of_share = {user for user in USERS if has(user, SHARED, SHARE)}
    assert 0 < len(of_share) < len(USERS)
    for (user, _), event in stream.new_events().items():
        assert event["model_version"] == (SHARED if user in of_share else SECOND)
    live = json.loads(eqm(stream.settings, "models", "live", "--json"))
    assert [{r["role"]: r["version"] for r in said if r["status"] != "refused"} for said in live.values()] == [
        {"serve": SECOND, "share": SHARED}
    ] * 2
    retire(stream.settings, Role.SHARE)
    stream.wait_for(SHARED, "retired")


def test_other_labels_are_averaged_anew(stream: Stream, bundle: Path, tmp_path: Path) -> None:
    labels = ("a", "b", "c", "d", "e", "f", "g")
    announce(stream.settings, variant(bundle, tmp_path, OTHER, labels=labels), Role.SERVE)
    stream.wait_for(OTHER, "loaded")
    assert serving(stream) == {OTHER}
    events = sorted(stream.events().items(), key=lambda item: item[0][1])
    for user in USERS:
        new = [event for (who, _), event in events if who == user and event["model_version"] == OTHER]
        assert tuple(new[0]["probabilities"]) == labels
        assert new[0]["probabilities"] == new[0]["raw"]
        assert new[1]["probabilities"] != new[1]["raw"]
    assert stream.restarts() == 0


def test_after_a_killed_worker_the_same_model_goes_on(stream: Stream, first: str) -> None:
    for worker in python_workers(stream.settings):
        os.kill(worker.pid, signal.SIGKILL)
    streaming.wait(lambda: stream.restarts() > 0)
    assert serving(stream) == {OTHER}
    assert all(
        versions == [first, SECOND, OTHER]
        for user, versions in versions_by_user(stream.events()).items()
        if not has(user, SHARED, SHARE)
    )


def test_every_window_has_one_event(stream: Stream) -> None:
    stream.end()
    sent = set(stream.sent)
    streaming.wait(lambda: len(stream.events()) >= len(sent))
    assert set(stream.events()) == sent
    assert streaming.quarantined(stream.settings) == []
