"""The emotions job: feature windows in; smoothed emotion events out, one for each window.

Run by `flink run -py emotions_job.py JSON`, with `EmotionsConfig` as the JSON.

State: the answers to the last windows of each user, and which windows have come: one that comes again, as from a
features job that delivers at least once, gives no second event. Windows of one user come in order, because the features
job writes them in order to one partition; so the mean over the last 30 s of event time needs no watermark, and no
event waits for another user. After a restore it continues exactly, but for personal baselines: a window computed again
is seen beside the baseline that the online store has by then, and by the models that the control topic names by then.
State says by itself which labels it is of, so any bundle fits any savepoint. A user of whom nothing has come for a week
leaves none behind (`FORGET_DAYS`).
"""

from pyflink.datastream import DataStream
from pyflink.table import Schema, StreamTableEnvironment, Table
from pyflink.table.statement_set import StatementSet

from pipelines.core.flink_rest import JOB_NAMES
from pipelines.streaming import sinks
from pipelines.streaming.emotion_udfs import emit, score
from pipelines.streaming.environment import evaluated_once, execution_environment, table_environment
from pipelines.streaming.job_config import EmotionsConfig
from schemas.reasons import Quarantined
from schemas.topics import EMOTIONS, FEATURES, SHADOW
from schemas.windows import HOP_MS, SMOOTHED_WINDOWS

SCORED = """
SELECT user_id, event_time, `partition`, `offset`,
  told.fault AS fault, told.excerpt AS excerpt, told.scored AS scored, told.answer AS answer
FROM (SELECT user_id, event_time, `partition`, `offset`, SCORE(payload) AS told FROM feature_windows)
"""

ANSWERED = "SELECT user_id, event_time, scored, answer, arrival FROM scored_windows WHERE fault IS NULL"

RECENT = f"""
SELECT user_id, event_time, scored, RECENT_WINDOWS(answer, event_time, {HOP_MS}, {SMOOTHED_WINDOWS}) OVER (
  PARTITION BY user_id ORDER BY arrival ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS recent
FROM answered
"""

TOLD = f"""
SELECT user_id, event_time, told.event AS event, told.shadow AS shadow
FROM (SELECT user_id, event_time, EMIT(user_id, scored, recent) AS told FROM ({RECENT}) WHERE recent IS NOT NULL)
"""

EMITTED = "INSERT INTO emotions SELECT user_id, event, event_time FROM told_windows"

SHADOWED = "INSERT INTO shadow SELECT user_id, shadow, event_time FROM told_windows WHERE shadow IS NOT NULL"

QUARANTINED = f"""
INSERT INTO quarantine
SELECT '{Quarantined.BAD_FEATURES}', fault, '{FEATURES.name}', `partition`, `offset`, user_id, CAST(NULL AS STRING),
  CAST(NULL AS BIGINT), excerpt
FROM scored_windows WHERE fault IS NOT NULL
"""


def register_scored(tables: StreamTableEnvironment, config: EmotionsConfig) -> None:
    """Registers view `scored_windows`; the networks run once per window, whatever reads the view."""
    tables.create_temporary_system_function("SCORE", score(config))
    tables.execute_sql(sinks.feature_windows_source(config))
    tables.create_temporary_view("scored_windows", in_arrival(tables, evaluated_once(tables, SCORED)))
    tables.create_temporary_view("answered", tables.sql_query(ANSWERED))


def in_arrival(tables: StreamTableEnvironment, rows: DataStream) -> Table:
    """The rows with the time attribute `arrival`: the order in which windows of a user come is that of the mean."""
    schema = Schema.new_builder().column_by_expression("arrival", "PROCTIME()").build()
    return tables.from_data_stream(rows, schema)


def add_events(statements: StatementSet, tables: StreamTableEnvironment, config: EmotionsConfig) -> None:
    """Events, and the shadow's events, of view `answered`; each window's events are made once."""
    tables.create_temporary_system_function("EMIT", emit(config))
    tables.create_java_temporary_system_function("RECENT_WINDOWS", "org.eqm.streaming.RecentWindows")
    tables.create_temporary_view("told_windows", tables.from_data_stream(evaluated_once(tables, TOLD)))
    tables.execute_sql(sinks.keyed_topic("emotions", EMOTIONS, config))
    tables.execute_sql(sinks.keyed_topic("shadow", SHADOW, config))
    statements.add_insert_sql(EMITTED)
    statements.add_insert_sql(SHADOWED)


def main() -> None:
    config = EmotionsConfig.from_command_line()
    tables = table_environment(execution_environment(config, JOB_NAMES["emotions"]))
    register_scored(tables, config)
    statements = tables.create_statement_set()
    add_events(statements, tables, config)
    tables.execute_sql(sinks.quarantine_topic(config))
    statements.add_insert_sql(QUARANTINED)
    statements.execute()


if __name__ == "__main__":
    main()
