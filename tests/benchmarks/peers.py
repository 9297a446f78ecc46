"""Frameworks that one would use instead, as many processes as cores, on the same topic.

Their time is from the start of the processes to the last record on the output topic; the slope takes the start away.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from pipelines.core.errors import StackError
from pipelines.core.settings import OWNER_VARIABLE, Settings
from schemas.topics import EMOTIONS, FEATURES, READINGS
from tests.benchmarks.bench import CORES, Bench
from tests.benchmarks.inputs import Input, Pair
from tests.benchmarks.throughput import load, rate
from tests.integration import streaming
from tests.integration.ports import separate_settings

QUIET_S = 8.0
"""No record for so long, after the first: all are there. Longer than any pause between the windows of two instants."""
LOOK_S = 0.1
PATIENCE_S = 600
GRACE_S = 10


@dataclass(frozen=True)
class Peer:
    """How one is started: its command for a process, of what it is told."""

    name: str
    command: Callable[[Bench, dict[str, Any]], list[str]]
    output: str = FEATURES.name


def _quix(bench: Bench, told: dict[str, Any]) -> list[str]:
    return [str(bench.peers_python), "-m", "tests.benchmarks.peer_quix", json.dumps(told)]


def _bytewax(bench: Bench, told: dict[str, Any]) -> list[str]:
    flow = f"tests.benchmarks.peer_bytewax:flow({json.dumps(told)!r})"
    place = ["-i", str(told["number"]), "-a", told["addresses"]] if told["of"] > 1 else []
    return [str(bench.peers_python), "-m", "bytewax.run", flow, *place]


def _seed(bench: Bench, told: dict[str, Any]) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.peer_seed", json.dumps(told)]


QUIX = Peer("Quix Streams", _quix)
BYTEWAX = Peer("Bytewax", _bytewax)
SEED = Peer("consumer per user", _seed, output=EMOTIONS.name)


def quix(bench: Bench) -> dict[str, Any]:
    return measured(bench, QUIX, bench.sizes.peers)


def bytewax(bench: Bench) -> dict[str, Any]:
    return measured(bench, BYTEWAX, bench.sizes.peers)


def seed(bench: Bench) -> dict[str, Any]:
    return measured(bench, SEED, bench.sizes.seed)


def measured(bench: Bench, peer: Peer, pair: Pair) -> dict[str, Any]:
    return rate(pair, [timed(bench, peer, each) for each in pair.inputs])


def timed(bench: Bench, peer: Peer, given: Input) -> float:
    """Seconds until the last record was there."""
    streaming.fresh(bench.settings)
    load(bench.settings, given.readings, users=given.users)
    begun_s = time.monotonic()
    with running(bench, peer) as started:
        return last_record_s(bench.settings, peer, started) - begun_s


@contextmanager
def running(bench: Bench, peer: Peer) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Its processes, until the block ends."""
    home = bench.settings.home
    told = {
        "bootstrap": bench.settings.bootstrap_servers,
        "topic": READINGS.name,
        "output": peer.output,
        "group": f"bench-{uuid.uuid4().hex[:8]}",
        "state": str(home / "peers" / uuid.uuid4().hex),
        "addresses": _addresses(home),
        "of": CORES,
    }
    started = [_start(bench, peer, told | {"number": number}) for number in range(CORES)]
    try:
        yield started
    finally:
        for each in started:
            each.terminate()
        for each in started:
            _end(each)


def _start(bench: Bench, peer: Peer, told: dict[str, Any]) -> subprocess.Popen[bytes]:
    log = _log(bench.settings, peer, told["number"])
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {OWNER_VARIABLE: str(bench.settings.home), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as output:
        return subprocess.Popen(peer.command(bench, told), env=environment, stdout=output, stderr=output)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _addresses(home: Path) -> str:
    first = separate_settings(home).kafka_port
    return ";".join(f"127.0.0.1:{first + number}" for number in range(CORES))


def _log(settings: Settings, peer: Peer, number: int) -> Path:
    return settings.log_folder / f"{peer.name.replace(' ', '-').lower()}-{number}.log"


def last_record_s(settings: Settings, peer: Peer, started: Sequence[subprocess.Popen[bytes]]) -> float:
    """When the output grew for the last time; raises StackError where a process fails."""
    begun_s = grown_s = time.monotonic()
    before = 0
    with ends(settings.bootstrap_servers, peer.output) as end:
        while True:
            time.sleep(LOOK_S)
            now_s, records = time.monotonic(), end()
            if records > before:
                before, grown_s = records, now_s
            ended = all(each.poll() is not None for each in started)
            if before and now_s - grown_s > (LOOK_S if ended else QUIET_S):
                return grown_s
            _raise_failure(settings, peer, started)
            if now_s - begun_s > PATIENCE_S or (ended and not before):
                raise StackError(f"{peer.name} wrote nothing more: see {_log(settings, peer, 0)}")


def _raise_failure(settings: Settings, peer: Peer, started: Sequence[subprocess.Popen[bytes]]) -> None:
    for number, each in enumerate(started):
        if each.poll():
            log = _log(settings, peer, number)
            last = (log.read_text(errors="replace").strip().splitlines() or ["nothing said"])[-1]
            raise StackError(f"{peer.name} ended with {each.returncode}: {last} (all of it: {log})")


@contextmanager
def ends(bootstrap: str, topic: str) -> Iterator[Callable[[], int]]:
    """How many records a topic holds, asked again and again."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-ends"})
    partitions = [
        TopicPartition(topic, each) for each in consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ]
    try:
        yield lambda: sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in partitions)
    finally:
        consumer.close()
