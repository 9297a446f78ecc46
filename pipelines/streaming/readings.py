"""The decoded readings as a table: every message is there once, accepted, late, or with a reason."""

from py4j.java_collections import JavaMap
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import Schema, StreamTableEnvironment

from pipelines.streaming.contract import decoder_contract
from pipelines.streaming.job_config import FeaturesConfig
from schemas.topics import READINGS
from schemas.windows import HOP_MS, LATENESS_MS


def register_readings(tables: StreamTableEnvironment, environment: StreamExecutionEnvironment, config: FeaturesConfig) -> None:
    """Registers view `readings`. After a restore, reading goes on at the checkpointed offsets."""
    settings = {
        "topic": READINGS.name,
        "contract": decoder_contract(),
        "lateness_ms": str(LATENESS_MS),
        "idle_ms": str(config.idle_ms),
        "pane_ms": str(HOP_MS),
        "bounded": str(config.bounded).lower(),
    }
    stream = get_gateway().jvm.org.eqm.streaming.ReadingStream.of(
        environment._j_stream_execution_environment, _java_map(settings), _java_map(config.consumer_properties())
    )
    schema = (
        Schema.new_builder()
        .column_by_metadata("rowtime", "TIMESTAMP_LTZ(3)")
        .watermark("rowtime", "SOURCE_WATERMARK()")
        .build()
    )
    tables.create_temporary_view("readings", tables.from_data_stream(DataStream(stream), schema))


def _java_map(entries: dict[str, str]) -> JavaMap:
    converted = get_gateway().jvm.java.util.HashMap()
    for key, value in entries.items():
        converted.put(key, value)
    return converted
