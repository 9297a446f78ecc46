"""The limit: the same topic decoded by Flink's JSON format into nothing. `flink run -py decode_job.py JSON`."""

import json
import sys

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import EnvironmentSettings, StreamTableEnvironment

from schemas.channels import CHANNEL_NAMES


def main() -> None:
    wanted = json.loads(sys.argv[1])
    settings = Configuration()
    settings.set_string("parallelism.default", str(wanted["parallelism"]))
    settings.set_string("pipeline.name", "decode only")
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    if wanted["jars"]:
        environment.add_jars(*wanted["jars"])
    tables = StreamTableEnvironment.create(environment, EnvironmentSettings.in_streaming_mode())
    channels = ", ".join(f"{name} DOUBLE" for name in CHANNEL_NAMES)
    tables.execute_sql(f"""CREATE TEMPORARY TABLE readings (
      `timestamp` BIGINT, user_id STRING, sensor_id STRING, measurements ROW<{channels}>) WITH (
      'connector' = 'kafka', 'topic' = '{wanted["topic"]}', 'properties.bootstrap.servers' = '{wanted["bootstrap"]}',
      'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json')""")
    tables.execute_sql("CREATE TEMPORARY TABLE nowhere WITH ('connector' = 'blackhole') LIKE readings (EXCLUDING ALL)")
    tables.execute_sql("INSERT INTO nowhere SELECT * FROM readings")


if __name__ == "__main__":
    main()
