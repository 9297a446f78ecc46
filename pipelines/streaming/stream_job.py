"""The stream job: readings in; features and smoothed emotion events out, in one pass.

Run by `flink run -py stream_job.py JSON`, with `StreamConfig` as the JSON.

It is made of the two jobs' parts (`features_job.py`, `emotions_job.py`). A window's features go to the networks as
arrays, within the call that computed them. Between the two jobs they would be written as a record, sent through the
broker, committed with a checkpoint, and read again (docs/decisions/0016-one-pass.md).

State is that of both: offsets, open windows, the answers to each user's last windows. It is restored as one, so no
window comes twice to the smoothing, even where output is delivered at least once.
"""

from pipelines.core.flink_rest import JOB_NAMES
from pipelines.streaming import emotions_job, features_job
from pipelines.streaming.environment import execution_environment, table_environment
from pipelines.streaming.job_config import StreamConfig
from pipelines.streaming.readings import register_readings
from pipelines.streaming.stream_udf import answer_windows
from schemas.windows import WINDOW_MS

ANSWERED = f"""
SELECT user_id, TO_TIMESTAMP_LTZ(window_start_ms + {WINDOW_MS}, 3) AS event_time, scored, answer, arrival FROM computed
"""


def main() -> None:
    config = StreamConfig.from_command_line()
    environment = execution_environment(config, JOB_NAMES["stream"])
    tables = table_environment(environment)
    register_readings(tables, environment, config)
    rows = features_job.computed_rows(tables, config, *answer_windows(config))
    tables.create_temporary_view("computed", emotions_job.in_arrival(tables, rows))
    tables.create_temporary_view("answered", tables.sql_query(ANSWERED))
    statements = tables.create_statement_set()
    features_job.add_outputs(statements, tables, config)
    emotions_job.add_events(statements, tables, config.for_events())
    statements.execute()


if __name__ == "__main__":
    main()
