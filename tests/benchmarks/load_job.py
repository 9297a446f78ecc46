"""Fills the readings topic at the speed of the JVM: users at 4 Hz, seven channels a reading, in event-time order.

Every third, in which a beat ended, has its interval, too.

`flink run -py load_job.py JSON`, with bootstrap, topic, jars, users and readings; where `spoilt` is true, with what
senders do wrong in between (`inputs.FAULTS`).
"""

import json
import sys

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import EnvironmentSettings, StreamTableEnvironment

from tests.benchmarks.inputs import BEAT_MS, DELAY_MS, FAULTS, START_MS, STEP_MS

GOOD = """SELECT user_id, CONCAT('{{"timestamp":', CAST(ms AS STRING), ',"user_id":"', user_id,
  '","sensor_id":"wrist","measurements":{{"hr":', CAST(ROUND(72 + 9 * wave, 2) AS STRING),
  CASE WHEN MOD(ms, {beat}) = 0 THEN CONCAT(',"ibi":', CAST(ROUND({beat} + 4 * wave, 1) AS STRING))
  ELSE '' END, ',"gsr":', CAST(ROUND(2 + wave, 4) AS STRING),
  ',"temp":', CAST(ROUND(33 + wave / 4, 2) AS STRING), ',"acc_x":', CAST(ROUND(wave / 8, 4) AS STRING),
  ',"acc_y":', CAST(ROUND(wave / 9, 4) AS STRING), ',"acc_z":', CAST(ROUND(1 - wave / 7, 4) AS STRING),
  ',"spo2":', CAST(ROUND(97 + wave, 1) AS STRING), '}}}}') AS payload{more}
FROM ({rows})"""

ROWS = """SELECT CONCAT('user-', CAST(MOD(i, {users}) AS STRING)) AS user_id, {start} + (i / {users}) * {step} AS ms,
  SIN(CAST(MOD(i * 7919, 100003) AS DOUBLE)) AS wave, i FROM numbers"""

KINDS = ", ".join(f"CASE WHEN MOD(i, {every}) = 0 THEN '{kind}' END" for kind, every in FAULTS.items())

SPOILT = f"""
INSERT INTO readings SELECT user_id, CASE kind WHEN 'torn' THEN SUBSTRING(payload, 1, 40)
  WHEN 'absurd' THEN REPLACE(payload, '"hr":', '"hr":9') ELSE payload END
FROM ({{good}}) WHERE kind <> 'late' OR ms >= {START_MS}
"""

AGAIN = f"""SELECT user_id, CASE kind WHEN 'late' THEN ms - {DELAY_MS} ELSE ms END AS ms, wave, kind
FROM ({{rows}}) CROSS JOIN UNNEST(ARRAY['good', {KINDS}]) AS kinds (kind) WHERE kind IS NOT NULL"""


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
    tables.execute_sql(statement(wanted["users"], spoilt=wanted.get("spoilt", False)))


def statement(users: int, *, spoilt: bool) -> str:
    rows = ROWS.format(users=users, start=START_MS, step=STEP_MS)
    if not spoilt:
        return "INSERT INTO readings " + GOOD.format(more="", rows=rows, beat=BEAT_MS)
    return SPOILT.format(good=GOOD.format(more=", kind, ms", rows=AGAIN.format(rows=rows), beat=BEAT_MS))


if __name__ == "__main__":
    main()
