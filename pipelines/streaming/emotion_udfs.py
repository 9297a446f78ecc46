"""The emotions job's Python: the networks on a batch of windows, then the smoothed events of a batch."""

import time

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.streaming.job_config import EmotionsConfig

SCORED = DataTypes.ROW([DataTypes.FIELD("fault", DataTypes.STRING()), DataTypes.FIELD("scored", DataTypes.BYTES())])


class Score(ScalarFunction):
    """Feature records -> scored windows, or what is wrong with a record. The bundle is loaded once per worker.

    Baselines come from the online store; where it cannot be read the job fails, and Flink tries again.
    """

    def __init__(self, config: EmotionsConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False, although it is: the planner would otherwise run the networks once per use of the result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        from pipelines.known_baselines import stored_baselines
        from pipelines.scoring import Scorer

        config = self._config
        baselines = stored_baselines(
            config.feast_profile, config.feast_data, config.redis_url or None, clock=time.monotonic
        )
        self._scorer = Scorer.load(config.bundle, config.threads, baselines)

    def eval(self, payload: pd.Series) -> pd.DataFrame:
        answers = self._scorer.score(payload.to_list())
        return pd.DataFrame({"fault": [a.fault for a in answers], "scored": [a.scored for a in answers]})


class Emit(ScalarFunction):
    """A scored window and those before it -> the emotion event as JSON. Its state is the SQL window's."""

    def __init__(self, config: EmotionsConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        return False

    def open(self, function_context: FunctionContext) -> None:
        from pipelines.scoring import Smoother

        self._smoother = Smoother.load(self._config.bundle)

    def eval(self, user_id: pd.Series, scored: pd.Series, recent: pd.Series) -> pd.Series:
        rows = zip(user_id, scored, recent, strict=True)
        return pd.Series([self._smoother.event(user, bytes(now), list(last)) for user, now, last in rows])


def score(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Score(config), result_type=SCORED, func_type="pandas")


def emit(config: EmotionsConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(Emit(config), result_type=DataTypes.BYTES(), func_type="pandas")
