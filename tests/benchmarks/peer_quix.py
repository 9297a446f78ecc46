"""The same windows and features in Quix Streams: `python -m tests.benchmarks.peer_quix JSON`, one process per core.

As its documentation has it: hopping windows that collect, state in RocksDB with changelog topics, at-least-once.
"""

import json
import sys
from typing import Any

from quixstreams import Application

from schemas.windows import HOP_MS, LATENESS_MS, WINDOW_MS
from tests.benchmarks.one_window import window_record


def event_time(value: dict[str, Any], headers: object, timestamp: int, kind: object) -> int:
    return int(value["timestamp"])


def record(window: dict[str, Any], key: str, timestamp: int, headers: object) -> bytes:
    return window_record(key, window["start"], window["value"])


def main() -> None:
    wanted = json.loads(sys.argv[1])
    application = Application(
        broker_address=wanted["bootstrap"],
        consumer_group=wanted["group"],
        auto_offset_reset="earliest",
        state_dir=f"{wanted['state']}/{wanted['number']}",
        loglevel="WARNING",
    )
    readings = application.topic(
        wanted["topic"], key_deserializer="str", value_deserializer="json", timestamp_extractor=event_time
    )
    features = application.topic(wanted["output"], key_serializer="str", value_serializer="bytes")
    (
        application.dataframe(readings)
        .apply(lambda value: (value["timestamp"], value["measurements"]))
        .hopping_window(duration_ms=WINDOW_MS, step_ms=HOP_MS, grace_ms=LATENESS_MS)
        .collect()
        .final()
        .apply(record, metadata=True)
        .to_topic(features)
    )
    application.run()


if __name__ == "__main__":
    main()
