"""The emotions job's Python: the networks on a batch of windows, then the smoothed events of a batch."""

import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.streaming.job_config import EmotionsConfig
from schemas.message_rules import excerpt

if TYPE_CHECKING:
    from pipelines.inference.scorer import Scorer
    from pipelines.rollout.worker import Worker

SCORED_FIELDS: Final = (DataTypes.FIELD("scored", DataTypes.BYTES()), DataTypes.FIELD("answer", DataTypes.BYTES()))
"""All that a window's event says, and what later windows' means need of it."""

TOLD = DataTypes.ROW([DataTypes.FIELD("event", DataTypes.BYTES()), DataTypes.FIELD("shadow", DataTypes.BYTES())])


@dataclass(frozen=True)
class ScoreStep:
    """Windows' features -> scored windows, by the models in force.

    After a restore these are read from the control topic again, before the first batch. Baselines come from the online
    store. Where topic or store cannot be read the job fails, and Flink tries again.
    """

    worker: "Worker"
    scorer: "Scorer"

    @classmethod
    def opened(cls, config: EmotionsConfig, subtask: int) -> Self:
        from pipelines.baselines.online_cache import stored_baselines
        from pipelines.inference.scorer import Scorer
        from pipelines.rollout.worker import Worker, WorkerConfig

        baselines = stored_baselines(
            config.feast_profile, config.feast_data, config.redis_url or None, clock=time.monotonic
        )
        name = f"{subtask}@{socket.gethostname()}:{os.getpid()}"
        about = WorkerConfig(config.bootstrap, config.bundle, config.threads, config.report_s, name)
        worker = Worker(about, clock_ms=lambda: time.time_ns() // 1_000_000)
        try:
            worker.open()
        except BaseException:
            worker.close()
            raise
        return cls(worker, Scorer(worker.now, baselines, time.perf_counter, worker.times.add, worker.models.give_up))

    def close(self) -> None:
        self.worker.close()


class Score(ScalarFunction):
    """The score step on feature records: scored windows, or what is wrong with a record and how it begins."""

    def __init__(self, config: EmotionsConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False, although it is: the planner would otherwise run the networks once per use of the result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        self._step = ScoreStep.opened(self._config, function_context.get_index_of_this_subtask())

    def close(self) -> None:
        if hasattr(self, "_step"):
            self._step.close()

    def eval(self, payload: pd.Series) -> pd.DataFrame:
        payloads = [each or b"" for each in payload]
        answers = self._step.scorer.score(payloads)
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
        from feature_repo.store import open_online
        from pipelines.inference.smoothed_events import events

        config = self._config
        self._events, self._store_newest = events, write_newest_events
        self._store = open_online(config.feast_profile, config.feast_data, config.redis_url or None)

    def eval(self, user_id: pd.Series, scored: pd.Series, recent: pd.Series) -> pd.DataFrame:
        told = self._events(user_id.to_list(), scored.to_list(), recent.to_list())
        self._store_newest(self._store, [event for event, _ in told])
        return pd.DataFrame(told, columns=["event", "shadow"])


def score(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    fault = [DataTypes.FIELD(name, DataTypes.STRING()) for name in ("fault", "excerpt")]
    return udf(Score(config), result_type=DataTypes.ROW([*fault, *SCORED_FIELDS]), func_type="pandas")


def emit(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Emit(config), result_type=TOLD, func_type="pandas")
