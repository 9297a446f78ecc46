"""DDL of the topics and folders the jobs use, made from the schemas."""

from pipelines.features.compute import VECTOR_NAMES
from pipelines.streaming.job_config import FeaturesConfig, JobConfig
from schemas.channels import CHANNEL_NAMES
from schemas.topics import FEATURES, QUARANTINE, Topic


def _with(options: dict[str, str]) -> str:
    return ",\n".join(f"  '{key}' = '{value}'" for key, value in options.items())


EXACTLY_ONCE = {
    "sink.delivery-guarantee": "exactly-once",
    "sink.transaction-naming-strategy": "POOLING",
    "properties.transaction.timeout.ms": "900000",
}
"""Few transactional ids, used again and again. The connector's default takes a new one for each checkpoint: the broker
would keep 86,400 a day for each subtask and topic, and a job that starts without a checkpoint would try them all to end
what is unfinished. See docs/decisions/0009-what-goes-on-over-a-failure.md."""


def _producer(config: JobConfig, topic: str) -> dict[str, str]:
    delivery = EXACTLY_ONCE if config.exactly_once else {"sink.delivery-guarantee": "at-least-once"}
    return {
        "connector": "kafka",
        "topic": topic,
        "properties.bootstrap.servers": config.bootstrap,
        "properties.linger.ms": "5",
        # The same after every restart: whoever has the prefix ends what its predecessor left open. So no two jobs may
        # run under one group and topic; submission refuses the second.
        "sink.transactional-id-prefix": f"{config.group}-{topic}",
        **delivery,
    }


def feature_windows_source(config: JobConfig) -> str:
    """Feature records, undecoded, in the order of each user; only committed ones."""
    consumer = {f"properties.{name}": value for name, value in config.consumer_properties().items()}
    options = {
        "connector": "kafka",
        "topic": FEATURES.name,
        **consumer,
        "properties.auto.offset.reset": "earliest",
        "scan.startup.mode": "group-offsets",
        "key.format": "raw",
        "key.fields": "user_id",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        **({"scan.bounded.mode": "latest-offset"} if config.bounded else {}),
    }
    return f"""CREATE TEMPORARY TABLE feature_windows (
  user_id STRING, payload BYTES, event_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  `partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL
) WITH (\n{_with(options)}\n)"""


def keyed_topic(table: str, topic: Topic, config: JobConfig) -> str:
    """Ready-made records, keyed by user, stamped with event time. Exactly-once: invisible until its checkpoint."""
    options = {
        **_producer(config, topic.name),
        "key.format": "raw",
        "key.fields": "user_id",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
    }
    return f"""CREATE TEMPORARY TABLE {table} (
  user_id STRING, payload BYTES, event_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'
) WITH (\n{_with(options)}\n)"""


def quarantine_topic(config: JobConfig) -> str:
    """Quarantine records as JSON, unkeyed: a bad user id must not choose a partition."""
    options = {**_producer(config, QUARANTINE.name), "format": "json"}
    return f"""CREATE TEMPORARY TABLE quarantine (
  reason STRING, detail STRING, `topic` STRING, `partition` INT, `offset` BIGINT,
  user_id STRING, sensor_id STRING, timestamp_ms BIGINT, payload STRING
) WITH (\n{_with(options)}\n)"""


def _parquet(path: str) -> dict[str, str]:
    """No dictionaries: measured numbers hardly repeat, and looking each up took a third of the job's JVM time."""
    return {
        "connector": "filesystem",
        "path": path,
        "format": "parquet",
        "parquet.compression": "SNAPPY",
        "parquet.enable.dictionary": "false",
        "parquet.write.int64.timestamp": "true",
        "parquet.timestamp.time.unit": "millis",
        "parquet.utc-timezone": "true",
    }


def archive(config: FeaturesConfig) -> str:
    """Accepted readings by day, late ones marked. A file appears whole, with the checkpoint that holds its rows."""
    channels = ", ".join(f"{name} DOUBLE" for name in CHANNEL_NAMES)
    return f"""CREATE TEMPORARY TABLE archive (
  user_id STRING, sensor_id STRING, timestamp_ms BIGINT, {channels},
  late BOOLEAN, kafka_partition INT, kafka_offset BIGINT, `day` STRING
) PARTITIONED BY (`day`) WITH (\n{_with(_parquet(config.archive))}\n)"""


def offline_features(config: FeaturesConfig) -> str:
    """Feature rows by day, as the feature store reads them."""
    numbers = ", ".join(f"{name} DOUBLE" for name in VECTOR_NAMES)
    return f"""CREATE TEMPORARY TABLE offline_features (
  user_id STRING, window_start_ms BIGINT, event_timestamp TIMESTAMP(3), samples BIGINT, {numbers}, `day` STRING
) PARTITIONED BY (`day`) WITH (\n{_with(_parquet(config.offline))}\n)"""
