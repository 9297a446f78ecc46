"""The emotions job's windows of each user, in this process: for how long state is kept, and how many answers each is
given, are printed.

expiry_job.py TTL SECONDS WINDOWS JAR...: two users in turn, a window of one of them after so many seconds; an empty TTL
is the job's own.
"""

import sys

from pyflink.table.expressions import col

from pipelines.streaming.emotions_job import RECENT
from pipelines.streaming.environment import execution_environment, table_environment
from pipelines.streaming.job_config import EmotionsConfig
from schemas.windows import HOP_MS

WINDOWS = f"""
SELECT CAST(MOD(n, 2) AS STRING) AS user_id, TO_TIMESTAMP_LTZ(n * {HOP_MS}, 3) AS event_time,
  CAST('' AS BYTES) AS scored, CAST(CAST(n AS STRING) AS BYTES) AS answer,
  PROCTIME() AS arrival
FROM numbers
"""


def main(ttl: str, seconds: float, windows: int, *jars: str) -> None:
    tables = table_environment(execution_environment(EmotionsConfig("", "", jars=jars, parallelism=1), "expiry"))
    if ttl:
        tables.get_config().set("table.exec.state.ttl", ttl)
    print(tables.get_config().get("table.exec.state.ttl", "for ever"))
    tables.execute_sql(
        "CREATE TEMPORARY TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',"
        f" 'fields.n.start' = '1', 'fields.n.end' = '{windows}', 'rows-per-second' = '{1 / seconds:.0f}')"
    )
    tables.create_java_temporary_system_function("RECENT_WINDOWS", "org.eqm.streaming.RecentWindows")
    tables.create_temporary_view("answered", tables.sql_query(WINDOWS))
    with tables.sql_query(RECENT).select(col("recent").cardinality).execute().collect() as found:
        print(*(row[0] for row in found))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
