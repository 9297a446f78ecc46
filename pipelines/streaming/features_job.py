"""The features job: readings in; features, archive, offline rows, online store and quarantine out.

Run by `flink run -py features_job.py JSON`, with `FeaturesConfig` as the JSON.
"""

from collections.abc import Sequence

from pyflink.datastream import DataStream
from pyflink.table import StreamTableEnvironment
from pyflink.table.statement_set import StatementSet
from pyflink.table.udf import UserDefinedScalarFunctionWrapper

from pipelines.core.flink_rest import JOB_NAMES
from pipelines.features.compute import VECTOR_NAMES
from pipelines.streaming import sinks
from pipelines.streaming.environment import evaluated_once, execution_environment, held_back, table_environment
from pipelines.streaming.feature_udfs import RECORD_FIELDS, ROW_FIELDS, compute_features
from pipelines.streaming.job_config import FeaturesConfig
from pipelines.streaming.readings import register_readings
from schemas.channels import CHANNEL_NAMES
from schemas.topics import FEATURES, READINGS
from schemas.windows import WINDOW_MS

COMPUTED = """
SELECT user_id, window_start_ms, COMPUTE(user_id, window_start_ms, fresh, size, samples) AS computed FROM windows
"""

QUARANTINED = f"""
INSERT INTO quarantine
SELECT reason, detail, '{READINGS.name}', `partition`, `offset`, user_id, sensor_id, timestamp_ms, payload
FROM decoded WHERE reason IS NOT NULL
"""

ARCHIVED = f"""
INSERT INTO archive
SELECT user_id, sensor_id, timestamp_ms, {", ".join(CHANNEL_NAMES)}, late, `partition`, `offset`,
  DATE_FORMAT(TO_TIMESTAMP_LTZ(timestamp_ms, 3), 'yyyy-MM-dd')
FROM accepted
"""

PUBLISHED = f"""
INSERT INTO features
SELECT user_id, payload, TO_TIMESTAMP_LTZ(window_start_ms + {WINDOW_MS}, 3) FROM computed
"""

STORED_OFFLINE = f"""
INSERT INTO offline_features
SELECT user_id, window_start_ms, CAST(TO_TIMESTAMP_LTZ(window_start_ms + {WINDOW_MS}, 3) AS TIMESTAMP(3)), samples,
  {", ".join(f"vector[{index}]" for index in range(1, len(VECTOR_NAMES) + 1))},
  DATE_FORMAT(TO_TIMESTAMP_LTZ(window_start_ms + {WINDOW_MS}, 3), 'yyyy-MM-dd')
FROM kept
"""

KEPT = ("user_id", "window_start_ms", *(field.name for field in ROW_FIELDS))
"""What is kept of a window in the offline rows."""


def computed_rows(
    tables: StreamTableEnvironment,
    config: FeaturesConfig,
    compute: UserDefinedScalarFunctionWrapper,
    names: Sequence[str],
) -> DataStream:
    """Each window's user_id, window_start_ms, and what `compute` gives by these names; evaluated once.

    Registers view `kept`: of them the columns of the offline rows, held back until they are worth a file.
    """
    tables.create_temporary_system_function("COMPUTE", compute)
    given = ", ".join(f"computed.{name} AS {name}" for name in names)
    rows = evaluated_once(tables, f"SELECT user_id, window_start_ms, {given} FROM ({COMPUTED})")
    kept = held_back(rows, KEPT, "held rows", config.roll_ms)
    tables.create_temporary_view("kept", tables.from_data_stream(kept))
    return rows


def add_outputs(statements: StatementSet, tables: StreamTableEnvironment, config: FeaturesConfig) -> None:
    """Quarantine and archive of the views of readings; offline rows of view `kept`, features topic of `computed`."""
    wanted = {
        QUARANTINED: sinks.quarantine_topic(config),
        ARCHIVED: sinks.archive(config),
        STORED_OFFLINE: sinks.offline_features(config),
    }
    if config.publish:
        wanted[PUBLISHED] = sinks.keyed_topic("features", FEATURES, config)
    for statement, table in wanted.items():
        tables.execute_sql(table)
        statements.add_insert_sql(statement)


def main() -> None:
    config = FeaturesConfig.from_command_line()
    environment = execution_environment(config, JOB_NAMES["features"])
    tables = table_environment(environment)
    register_readings(tables, environment, config)
    names = [field.name for field in (*ROW_FIELDS, *RECORD_FIELDS)]
    rows = computed_rows(tables, config, compute_features(config), names)
    tables.create_temporary_view("computed", tables.from_data_stream(rows))
    statements = tables.create_statement_set()
    add_outputs(statements, tables, config)
    statements.execute()


if __name__ == "__main__":
    main()
