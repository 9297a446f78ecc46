"""The emotions job's Python: the networks on a batch of windows, then the smoothed events of a batch."""

import os
import socket
import time

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.streaming.job_config import EmotionsConfig
from schemas.message_rules import excerpt

SCORED = DataTypes.ROW(
    [
        DataTypes.FIELD("fault", DataTypes.STRING()),
        DataTypes.FIELD("excerpt", DataTypes.STRING()),
        DataTypes.FIELD("scored", DataTypes.BYTES()),
        DataTypes.FIELD("answer", DataTypes.BYTES()),
    ]
)
TOLD = DataTypes.ROW([DataTypes.FIELD("event", DataTypes.BYTES()), DataTypes.FIELD("shadow", DataTypes.BYTES())])


class Score(ScalarFunction):
    """Feature records -> scored windows, or what is wrong with a record and how it begins.

    The models are those in force. After a restore they are read from the control topic again, before the first batch.
    Baselines come from the online store. Where topic or store cannot be read the job fails, and Flink tries again.
    """

    def __init__(self, config: EmotionsConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False, although it is: the planner would otherwise run the networks once per use of the result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        from pipelines.baselines.online_cache import stored_baselines
        from pipelines.inference.scorer import Scorer
        from pipelines.rollout.worker import Worker, WorkerConfig

        config = self._config
        baselines = stored_baselines(
            config.feast_profile, config.feast_data, config.redis_url or None, clock=time.monotonic
        )
        name = f"{function_context.get_index_of_this_subtask()}@{socket.gethostname()}:{os.getpid()}"
        about = WorkerConfig(config.bootstrap, config.bundle, config.threads, config.report_s, name)
        self._worker = Worker(about, clock_ms=lambda: time.time_ns() // 1_000_000)
        self._worker.open()
        models, times = self._worker.models, self._worker.times
        self._scorer = Scorer(self._worker.now, baselines, time.perf_counter, times.add, models.give_up)

    def close(self) -> None:
        if hasattr(self, "_worker"):
            self._worker.close()

    def eval(self, payload: pd.Series) -> pd.DataFrame:
        payloads = [each or b"" for each in payload]
        answers = self._scorer.score(payloads)
        return pd.DataFrame(
            {
                "fault": [a.fault for a in answers],
                "excerpt": [a.fault and excerpt(each) for a, each in zip(answers, payloads, strict=True)],
                "scored": [a.scored for a in answers],
                "answer": [a.answer for a in answers],
            }
        )


class Emit(ScalarFunction):
    """A scored window and the answers before it -> the emotion event as JSON, and the shadow's where there is one.

    It knows no model: the blobs tell. Its state is the SQL window's. Each user's newest event also goes to the online
    store, which refuses an older one: after a restore events are told again, and change nothing there. It may hold an
    event some moments before the topic's readers see it, for the topic waits for the checkpoint. A store that cannot be
    written fails the job, and Flink tries again.
    """

    def __init__(self, config: EmotionsConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False: it writes, and the planner would evaluate it once per use of its result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        from feature_repo.online import write_newest_events
        from feature_repo.store import open_store
        from pipelines.inference.smoothed_events import events

        config = self._config
        self._events, self._store_newest = events, write_newest_events
        self._store = open_store(config.feast_profile, config.feast_data, config.redis_url or None)

    def eval(self, user_id: pd.Series, scored: pd.Series, recent: pd.Series) -> pd.DataFrame:
        told = self._events(user_id.to_list(), scored.to_list(), recent.to_list())
        self._store_newest(self._store, [event for event, _ in told])
        return pd.DataFrame(told, columns=["event", "shadow"])


def score(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Score(config), result_type=SCORED, func_type="pandas")


def emit(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Emit(config), result_type=TOLD, func_type="pandas")
