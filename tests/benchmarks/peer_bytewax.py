"""The same windows and features in Bytewax: `python -m bytewax.run 'tests.benchmarks.peer_bytewax:flow("JSON")'`.

One process per core, joined into one cluster; no recovery store, so nothing is written for a restart. It ends with the
topic, and closes every window then.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing
from orjson import loads

from schemas.windows import HOP_S, LATENESS_S, WINDOW_S
from tests.benchmarks.one_window import window_record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOP = timedelta(seconds=HOP_S)
Collected = tuple[str, tuple[int, list[dict[str, Any]]]]


def flow(text: str) -> Dataflow:
    wanted = json.loads(text)
    brokers = [wanted["bootstrap"]]
    dataflow = Dataflow("features")
    messages = kop.input("readings", dataflow, brokers=brokers, topics=[wanted["topic"]], tail=False)
    read = op.map("decode", messages.oks, lambda message: loads(message.value))
    keyed = op.key_on("by user", read, lambda reading: reading["user_id"])
    clock = windowing.EventClock(event_time, wait_for_system_duration=timedelta(seconds=LATENESS_S))
    sliding = windowing.SlidingWindower(length=timedelta(seconds=WINDOW_S), offset=HOP, align_to=EPOCH)
    windows = windowing.collect_window("windows", keyed, clock, sliding, ordered=False)
    records = op.map("compute", windows.down, record)
    kop.output("features", records, brokers=brokers, topic=wanted["output"])
    return dataflow


def event_time(reading: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(reading["timestamp"] / 1000, UTC)


def record(collected: Collected) -> KafkaSinkMessage[bytes, bytes]:
    """Windows are numbered from the epoch, a hop apart."""
    user, (number, readings) = collected
    start_ms = number * HOP_S * 1000
    rows = [(reading["timestamp"], reading["measurements"]) for reading in readings]
    return KafkaSinkMessage(user.encode(), window_record(user, start_ms, rows))
