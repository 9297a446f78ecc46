"""What one writes first: a PyFlink KeyedProcessFunction that sees every reading. Same windows, same features.

`flink run -py per_reading_job.py JSON`, with bootstrap, topic, jars, group, parallelism, checkpoint_ms and output.
"""

import json
import sys
from collections.abc import Iterator

from pyflink.common import Configuration, Duration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.common.serialization import ByteArraySchema
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)
from pyflink.datastream.state import MapStateDescriptor

from schemas.windows import HOP_MS, LATENESS_S, WINDOW_MS
from tests.benchmarks.one_window import window_record


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: dict, record_timestamp: int) -> int:
        return value["timestamp"]


class Windows(KeyedProcessFunction):
    """Keeps each pane's readings in state and computes a window whenever a pane's end has passed."""

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = MapStateDescriptor("panes", Types.LONG(), Types.PICKLED_BYTE_ARRAY())
        self.panes = runtime_context.get_map_state(descriptor)

    def process_element(self, value: dict, ctx: KeyedProcessFunction.Context) -> Iterator[bytes]:
        at = value["timestamp"]
        pane = at - at % HOP_MS
        rows = self.panes.get(pane) or []
        rows.append(value)
        self.panes.put(pane, rows)
        for end in range(pane + HOP_MS, pane + HOP_MS + WINDOW_MS, HOP_MS):
            ctx.timer_service().register_event_time_timer(end - 1)
        return iter(())

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[bytes]:
        start = timestamp + 1 - WINDOW_MS
        rows = [row for pane in range(start, start + WINDOW_MS, HOP_MS) for row in self.panes.get(pane) or ()]
        self.panes.remove(start)
        if rows:
            readings = [(row["timestamp"], row["measurements"]) for row in rows]
            yield window_record(ctx.get_current_key(), start, readings)


def main() -> None:
    wanted = json.loads(sys.argv[1])
    settings = Configuration()
    settings.set_string("parallelism.default", str(wanted["parallelism"]))
    settings.set_string("pipeline.name", "per reading")
    settings.set_string("execution.checkpointing.interval", f"{wanted['checkpoint_ms']} ms")
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    if wanted["jars"]:
        environment.add_jars(*wanted["jars"])
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(wanted["bootstrap"])
        .set_topics(wanted["topic"])
        .set_group_id(wanted["group"])
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    sink = (
        KafkaSink.builder()
        .set_bootstrap_servers(wanted["bootstrap"])
        .set_record_serializer(
            KafkaRecordSerializationSchema.builder()
            .set_topic(wanted["output"])
            .set_value_serialization_schema(ByteArraySchema())
            .build()
        )
        .build()
    )
    watermarks = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(LATENESS_S))
    (
        environment.from_source(source, WatermarkStrategy.no_watermarks(), "readings")
        .map(json.loads)
        .assign_timestamps_and_watermarks(watermarks.with_timestamp_assigner(EventTime()))
        .key_by(lambda reading: reading["user_id"])
        .process(Windows(), Types.PRIMITIVE_ARRAY(Types.BYTE()))
        .sink_to(sink)
    )
    environment.execute()


if __name__ == "__main__":
    main()
