"""Fills the readings topic at the speed of the JVM: users at 4 Hz, eight channels a reading, in event-time order.

`flink run -py load_job.py JSON`, with bootstrap, topic, jars, users and readings.
"""

import json
import sys

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import EnvironmentSettings, StreamTableEnvironment

from tests.benchmarks.inputs import START_MS, STEP_MS

READINGS = """
INSERT INTO readings SELECT user_id, CONCAT('{{"timestamp":', CAST(ms AS STRING), ',"user_id":"', user_id,
  '","sensor_id":"wrist","measurements":{{"hr":', CAST(ROUND(72 + 9 * wave, 2) AS STRING),
  ',"ibi":', CAST(ROUND(833 - 60 * wave, 1) AS STRING), ',"gsr":', CAST(ROUND(2 + wave, 4) AS STRING),
  ',"temp":', CAST(ROUND(33 + wave / 4, 2) AS STRING), ',"acc_x":', CAST(ROUND(wave / 8, 4) AS STRING),
  ',"acc_y":', CAST(ROUND(wave / 9, 4) AS STRING), ',"acc_z":', CAST(ROUND(1 - wave / 7, 4) AS STRING),
  ',"spo2":', CAST(ROUND(97 + wave, 1) AS STRING), '}}}}')
FROM (SELECT CONCAT('user-', CAST(MOD(i, {users}) AS STRING)) AS user_id, {start} + (i / {users}) * {step} AS ms,
  SIN(CAST(MOD(i * 7919, 100003) AS DOUBLE)) AS wave FROM numbers)
"""


def main() -> None:
    wanted = json.loads(sys.argv[1])
    settings = Configuration()
    settings.set_string("parallelism.default", "1")
    settings.set_string("pipeline.name", "load")
    settings.set_string("execution.checkpointing.interval", "1 h")
    settings.set_string("execution.checkpointing.checkpoints-after-tasks-finish.enabled", "false")
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    if wanted["jars"]:
        environment.add_jars(*wanted["jars"])
    tables = StreamTableEnvironment.create(environment, EnvironmentSettings.in_streaming_mode())
    tables.execute_sql(f"""CREATE TEMPORARY TABLE numbers (i BIGINT) WITH ('connector' = 'datagen',
      'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '{wanted["readings"] - 1}',
      'rows-per-second' = '10000000')""")
    tables.execute_sql(f"""CREATE TEMPORARY TABLE readings (user_id STRING, payload STRING) WITH (
      'connector' = 'kafka', 'topic' = '{wanted["topic"]}', 'properties.bootstrap.servers' = '{wanted["bootstrap"]}',
      'key.format' = 'raw', 'key.fields' = 'user_id', 'value.format' = 'raw', 'value.fields-include' = 'EXCEPT_KEY',
      'properties.linger.ms' = '20', 'properties.batch.size' = '262144')""")
    tables.execute_sql(READINGS.format(users=wanted["users"], start=START_MS, step=STEP_MS))


if __name__ == "__main__":
    main()
