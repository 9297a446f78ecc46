"""A small bounded PyFlink job: reads Kafka up to its present end, calls Python on each message, writes Kafka."""

import sys

from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

KAFKA = "'connector' = 'kafka', 'properties.bootstrap.servers' = '{bootstrap}', 'topic' = '{topic}', 'format' = 'raw'"


def main(bootstrap: str, source: str, sink: str) -> None:
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    bounded = "'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'"
    tables.execute_sql(
        f"CREATE TABLE source (v STRING) WITH ({KAFKA.format(bootstrap=bootstrap, topic=source)}, {bounded})"
    )
    tables.execute_sql(f"CREATE TABLE sink (v STRING) WITH ({KAFKA.format(bootstrap=bootstrap, topic=sink)})")
    tables.create_temporary_system_function("SHOUT", udf(str.upper, result_type=DataTypes.STRING()))
    tables.execute_sql("INSERT INTO sink SELECT SHOUT(v) FROM source")


if __name__ == "__main__":
    main(*sys.argv[1:])
