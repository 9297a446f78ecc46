"""The table environment both jobs run in, and how rows go between tables and operators."""

from collections.abc import Sequence

from pyflink.common import Configuration
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, StreamTableEnvironment
from pyflink.util.java_utils import to_jarray

from pipelines.streaming.job_config import FORGET_DAYS, JobConfig

BUNDLE_ROWS = 1000
BUNDLE_MS = 10


def execution_environment(config: JobConfig, name: str) -> StreamExecutionEnvironment:
    """Exactly-once state with retained checkpoints, UTC everywhere, Python in processes of its own.

    Operators have the same ids at any parallelism, so that a savepoint can be continued at another.

    A bundle is closed after 10 ms, watermarks come every 20 ms and exchanges are flushed after 10 ms, so that few rows
    do not wait; under load, bundles and buffers fill first.
    """
    settings = Configuration()
    for key, value in _settings(config).items():
        settings.set_string(key, value)
    settings.set_string("pipeline.name", name)
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    if config.jars:
        environment.add_jars(*config.jars)
    return environment


def table_environment(environment: StreamExecutionEnvironment) -> StreamTableEnvironment:
    """The streaming table environment on top of it."""
    return StreamTableEnvironment.create(environment, EnvironmentSettings.in_streaming_mode())


def evaluated_once(tables: StreamTableEnvironment, query: str) -> DataStream:
    """The rows of a query, evaluated once for all that reads them.

    They stay as the engine keeps them: as `Row`, each number would become an object, and back.
    """
    found = tables.sql_query(query)._j_table
    internal = get_gateway().jvm.Class.forName("org.apache.flink.table.data.RowData")
    kind = found.getResolvedSchema().toPhysicalRowDataType().bridgedTo(internal)
    return DataStream(tables._j_tenv.toDataStream(found, kind))


def held_back(rows: DataStream, columns: Sequence[str], uid: str, roll_ms: int) -> DataStream:
    """These columns of the rows, held until they are worth a file; `uid` names their state in a savepoint.

    No query: that would change the ids of all later operators, and no older savepoint would fit. See
    docs/decisions/0017-files-by-size-and-time.md.
    """
    jvm = get_gateway().jvm
    names = to_jarray(jvm.String, list(columns))
    return DataStream(jvm.org.eqm.streaming.HeldRows.of(rows._j_data_stream, names, uid, roll_ms))


def _settings(config: JobConfig) -> dict[str, str]:
    return {
        "parallelism.default": str(config.parallelism),
        "table.local-time-zone": "UTC",
        # Without ids of their own, operators get them from their place in the plan, and a savepoint fits no other plan.
        "table.exec.uid.generation": "ALWAYS",
        "table.exec.state.ttl": f"{FORGET_DAYS} d",
        "pipeline.object-reuse": "true",
        "pipeline.auto-watermark-interval": "20 ms",
        "execution.buffer-timeout.interval": "10 ms",
        "execution.checkpointing.interval": f"{config.checkpoint_ms} ms",
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.min-pause": f"{config.checkpoint_ms // 2} ms",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.timeout": "60 s",
        # A worker whose death goes unseen makes checkpoints fail: the third failure restarts the job. See
        # docs/decisions/0009-what-goes-on-over-a-failure.md.
        "execution.checkpointing.tolerable-failed-checkpoints": "2",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.max-backoff": "10 s",
        # In processes of their own: as threads, the subtasks of a TaskManager would share one interpreter lock.
        "python.execution-mode": "process",
        "python.fn-execution.bundle.size": str(BUNDLE_ROWS),
        "python.fn-execution.bundle.time": str(BUNDLE_MS),
        "python.fn-execution.arrow.batch.size": str(BUNDLE_ROWS),
    }
