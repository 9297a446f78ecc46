"""The features job: readings in; features, archive, offline rows, online store and quarantine out.

Run by `flink run -py features_job.py JSON`, with `FeaturesConfig` as the JSON.
"""

from pyflink.table import StreamTableEnvironment
from pyflink.table.statement_set import StatementSet

from pipelines.features.compute import VECTOR_NAMES
from pipelines.streaming import sinks
from pipelines.streaming.environment import evaluated_once, execution_environment, table_environment
from pipelines.streaming.feature_udfs import compute_features
from pipelines.streaming.job_config import FeaturesConfig
from pipelines.streaming.readings import register_readings
from schemas.channels import CHANNEL_NAMES
from schemas.topics import FEATURES, READINGS
from schemas.windows import WINDOW_MS

COMPUTED = """
SELECT user_id, window_start_ms, computed.payload AS payload, computed.samples AS samples, computed.vector AS vector
FROM (SELECT user_id, window_start_ms, COMPUTE(user_id, window_start_ms, fresh, size, samples) AS computed FROM windows)
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
FROM computed
"""


def register_computed(tables: StreamTableEnvironment, config: FeaturesConfig) -> None:
    """Registers view `computed`: the features of each window, evaluated once for all the outputs that read it."""
    tables.create_temporary_system_function("COMPUTE", compute_features(config))
    tables.create_temporary_view("computed", tables.from_data_stream(evaluated_once(tables, COMPUTED)))


def outputs(tables: StreamTableEnvironment, config: FeaturesConfig) -> StatementSet:
    """All outputs as one job."""
    for table in (
        sinks.keyed_topic("features", FEATURES, config),
        sinks.quarantine_topic(config),
        sinks.archive(config),
        sinks.offline_features(config),
    ):
        tables.execute_sql(table)
    statements = tables.create_statement_set()
    for statement in (QUARANTINED, ARCHIVED, PUBLISHED, STORED_OFFLINE):
        statements.add_insert_sql(statement)
    return statements


def main() -> None:
    config = FeaturesConfig.from_command_line()
    environment = execution_environment(config, "eqm features")
    tables = table_environment(environment)
    register_readings(tables, environment, config)
    register_computed(tables, config)
    outputs(tables, config).execute()


if __name__ == "__main__":
    main()
