"""The stream job's Python: windows to features to answers in one call a batch."""

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.streaming.emotion_udfs import SCORED_FIELDS, ScoreStep
from pipelines.streaming.feature_udfs import RECORD_FIELDS, ROW_FIELDS, FeatureStep
from pipelines.streaming.job_config import StreamConfig


class AnswerWindows(ScalarFunction):
    """Both steps in one call: what `ComputeFeatures` gives, and what `Score` gives of it.

    What holds of either step holds here. A batch that fails in one of them fails whole, and the job is restored.
    """

    def __init__(self, config: StreamConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False: it writes, and the planner would evaluate it once per use of its result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        self._features = FeatureStep.opened(self._config)
        self._answers = ScoreStep.opened(self._config, function_context.get_index_of_this_subtask())

    def close(self) -> None:
        if hasattr(self, "_answers"):
            self._answers.close()

    def eval(
        self, user_id: pd.Series, window_start_ms: pd.Series, fresh: pd.Series, size: pd.Series, samples: pd.Series
    ) -> pd.DataFrame:
        batch = self._features.computed(user_id, window_start_ms, fresh, size, samples)
        blobs = self._answers.scorer.blobs(batch.as_read())
        answered = {"scored": [scored for scored, _ in blobs], "answer": [answer for _, answer in blobs]}
        records = batch.records() if self._config.publish else {}
        return pd.DataFrame({**batch.rows(), **records, **answered})


def answer_windows(config: StreamConfig) -> tuple[UserDefinedScalarFunctionWrapper, list[str]]:
    """The function, and the names of what it gives: no record where the features topic is no output."""
    fields = [*ROW_FIELDS, *(RECORD_FIELDS if config.publish else ()), *SCORED_FIELDS]
    function = udf(AnswerWindows(config), result_type=DataTypes.ROW(fields), func_type="pandas")
    return function, [field.name for field in fields]
