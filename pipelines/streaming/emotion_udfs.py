"""The emotions job's Python: the networks on a batch of windows, then the smoothed events of a batch."""

import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.streaming.feature_udfs import MEASURED
from pipelines.streaming.job_config import EmotionsConfig
from pipelines.streaming.measuring.measures import Measures
from schemas.message_rules import excerpt
from schemas.metrics.table import FAILED, SAID, Cache, EventTopic, Place, Stage
from schemas.reasons import Abstained, Quarantined
from schemas.roles import Role

if TYPE_CHECKING:
    from models.bundle.predictor import Predictor
    from pipelines.features.records import ParsedWindows
    from pipelines.inference.scorer import Blobs, ModelAnswer, Scorer
    from pipelines.rollout.worker import Worker

SCORED_FIELDS: Final = (DataTypes.FIELD("scored", DataTypes.BYTES()), DataTypes.FIELD("answer", DataTypes.BYTES()))
"""All that a window's event says, and what later windows' means need of it."""

TOLD: Final = [DataTypes.FIELD(name, DataTypes.BYTES()) for name in ("event", "shadow")]


@dataclass(frozen=True)
class ScoreStep:
    """Windows' features -> scored windows, by the models in force.

    After a restore these are read from the control topic again, before the first batch. Baselines come from the online
    store. Where topic or store cannot be read the job fails, and Flink tries again.
    """

    worker: "Worker"
    scorer: "Scorer"
    measures: Measures

    @classmethod
    def opened(cls, config: EmotionsConfig, subtask: int, measures: Measures) -> Self:
        from pipelines.baselines.online_cache import stored_baselines
        from pipelines.inference.scorer import Scorer
        from pipelines.rollout.worker import Worker, WorkerConfig

        def looked_up(hits: int, misses: int) -> None:
            measures.add("baselines", hits, Cache.HIT)
            measures.add("baselines", misses, Cache.MISS)

        baselines = stored_baselines(
            config.feast_profile, config.feast_data, config.redis_url or None, clock=time.monotonic, counted=looked_up
        )
        name = f"{subtask}@{socket.gethostname()}:{os.getpid()}"
        about = WorkerConfig(config.bootstrap, config.bundle, config.threads, config.report_s, name)
        worker = Worker(
            about,
            clock_ms=lambda: time.time_ns() // 1_000_000,
            changed=lambda status: measures.add("model_changes", 1, status),
        )
        try:
            worker.open()
        except BaseException:
            worker.close()
            raise

        def took(role: Role, windows: int, seconds: float) -> None:
            worker.times.add(role, windows, seconds)
            measures.took(Stage.NETWORKS, seconds)

        def give_up(role: Role, predictor: "Predictor", fault: Exception) -> None:
            measures.add("model_changes", 1, FAILED)
            worker.models.give_up(role, predictor, fault)

        scorer = Scorer(
            worker.now,
            baselines,
            time.perf_counter,
            took,
            give_up,
            looked_up=lambda seconds: measures.took(Stage.BASELINES, seconds),
        )
        return cls(worker, scorer, measures)

    def blobs(self, windows: "ParsedWindows") -> list["Blobs"]:
        """Of good windows of a batch, as the scorer gives them."""
        found = self.scorer.blobs(windows)
        self._measured(len(windows))
        return found

    def answers(self, payloads: list[bytes]) -> list["ModelAnswer"]:
        """Of feature records of a batch, as the scorer gives them."""
        found = self.scorer.score(payloads)
        self._measured(len(payloads))
        self.measures.add("quarantined", sum(each.fault is not None for each in found), Quarantined.BAD_FEATURES)
        return found

    def _measured(self, windows: int) -> None:
        self.measures.observe("batch_windows", windows, Place.SCORES)
        self.measures.in_force(self.worker.now().named())

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
        self._measures = Measures(Place.SCORES)
        self._step = ScoreStep.opened(self._config, function_context.get_index_of_this_subtask(), self._measures)

    def close(self) -> None:
        if hasattr(self, "_step"):
            self._step.close()

    def eval(self, payload: pd.Series) -> pd.DataFrame:
        payloads = [each or b"" for each in payload]
        answers = self._step.answers(payloads)
        return pd.DataFrame(
            {
                "fault": [a.fault for a in answers],
                "excerpt": [a.fault and excerpt(each) for a, each in zip(answers, payloads, strict=True)],
                "scored": [a.scored for a in answers],
                "answer": [a.answer for a in answers],
                MEASURED.name: self._measures.column(len(answers)),
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
        self._measures = Measures(Place.EVENTS)
        self._events, self._store_newest = events, write_newest_events
        self._store = open_online(config.feast_profile, config.feast_data, config.redis_url or None)

    def eval(self, user_id: pd.Series, scored: pd.Series, recent: pd.Series) -> pd.DataFrame:
        self._measures.observe("batch_windows", len(user_id), Place.EVENTS)
        begun = time.perf_counter()
        told = self._events(user_id.to_list(), scored.to_list(), recent.to_list(), self._told)
        made = time.perf_counter()
        self._measures.took(Stage.SMOOTHING, made - begun)
        self._store_newest(self._store, [event for event, _ in told])
        self._measures.took(Stage.EVENT_WRITE, time.perf_counter() - made)
        found = pd.DataFrame(told, columns=["event", "shadow"])
        return found.assign(**{MEASURED.name: pd.Series(self._measures.column(len(told)), dtype=object)})

    def _told(self, shadow: bool, reason: Abstained | None, count: int) -> None:
        self._measures.add("events", count, EventTopic.SHADOW if shadow else EventTopic.EMOTIONS, reason or SAID)


def score(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    fault = [DataTypes.FIELD(name, DataTypes.STRING()) for name in ("fault", "excerpt")]
    return udf(Score(config), result_type=DataTypes.ROW([*fault, *SCORED_FIELDS, MEASURED]), func_type="pandas")


def emit(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Emit(config), result_type=DataTypes.ROW([*TOLD, MEASURED]), func_type="pandas")
