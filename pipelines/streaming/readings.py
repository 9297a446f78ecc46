"""The readings topic as views: every message once as accepted, late or rejected; every window once."""

from py4j.java_collections import JavaMap
from py4j.java_gateway import JavaObject
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from pipelines.streaming.decoder_contract import decoder_contract
from pipelines.streaming.environment import held_back
from pipelines.streaming.job_config import FeaturesConfig
from schemas.channels import CHANNEL_NAMES
from schemas.fingerprint import schema_hash
from schemas.topics import READINGS
from schemas.windows import HOP_MS, LATENESS_MS, WINDOW_MS

HOLD_MS = 3_000
"""How long event time waits when readings come again, as after an outage: for the partitions that are last.

Without it the first partition to come back would move event time, and the others' readings would be late. See
docs/decisions/0009-what-goes-on-over-a-failure.md."""

DRIFT_MS = 60_000
"""How far in event time a partition may be read ahead of the slowest; what is ahead waits in open windows.

Without it state grows with the backlog. See docs/decisions/0010-partitions-at-one-pace.md."""

BOUNDED_IDLE_MS = 600_000

ACCEPTED = ("user_id", "sensor_id", "timestamp_ms", *CHANNEL_NAMES, "late", "partition", "offset")
"""What is kept of an accepted reading."""

STRIDE_MS = 500
"""How long event time waits while a backlog is read, so that many windows close at once, and batches are large.

See docs/decisions/0018-what-one-pass-spends.md."""


def register_readings(
    tables: StreamTableEnvironment, environment: StreamExecutionEnvironment, config: FeaturesConfig
) -> None:
    """Registers `decoded` (every message), `windows` (packed samples) and `accepted`: readings with their `late` mark,
    held back until they are worth a file."""
    stream = _reading_stream(environment, config)
    views = {
        "decoded": DataStream(stream.decoded()),
        "accepted": held_back(DataStream(stream.accepted()), ACCEPTED, "held readings", config.roll_ms),
        "windows": DataStream(stream.windows()),
    }
    for name, rows in views.items():
        tables.create_temporary_view(name, tables.from_data_stream(rows))


def _reading_stream(environment: StreamExecutionEnvironment, config: FeaturesConfig) -> JavaObject:
    settings = {
        **_waiting(config),
        "topic": READINGS.name,
        "contract": decoder_contract(),
        "features": schema_hash(),
        "stride_ms": str(STRIDE_MS),
        "lateness_ms": str(LATENESS_MS),
        "pane_ms": str(HOP_MS),
        "window_ms": str(WINDOW_MS),
        "phases": str(config.phases),
    }
    return get_gateway().jvm.org.eqm.streaming.ReadingStream(
        environment._j_stream_execution_environment, _java_map(settings), _java_map(config.consumer_properties())
    )


def _waiting(config: FeaturesConfig) -> dict[str, str]:
    """How partitions wait for each other. A bounded read ends by itself: until then no partition is left behind."""
    if config.bounded:
        return {"bounded": "true", "idle_ms": str(BOUNDED_IDLE_MS), "hold_ms": "0", "drift_ms": "0"}
    return {"bounded": "false", "idle_ms": str(config.idle_ms), "hold_ms": str(HOLD_MS), "drift_ms": str(DRIFT_MS)}


def _java_map(entries: dict[str, str]) -> JavaMap:
    converted = get_gateway().jvm.java.util.HashMap()
    for key, value in entries.items():
        converted.put(key, value)
    return converted
