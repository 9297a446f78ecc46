"""The features job's Python: one call a batch of windows. It computes their features and stores the newest online."""

from typing import Final

import numpy as np
import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.features.compute import VECTOR_NAMES, compute_each
from pipelines.features.pane_cache import FollowedPanes, SentWindow
from pipelines.features.records import feature_records
from pipelines.signals.series.segments import Floats, Ints
from pipelines.streaming.job_config import FeaturesConfig
from schemas.windows import WINDOW_MS

RESULT = DataTypes.ROW(
    [
        DataTypes.FIELD("payload", DataTypes.BYTES()),
        DataTypes.FIELD("samples", DataTypes.BIGINT()),
        DataTypes.FIELD("vector", DataTypes.ARRAY(DataTypes.DOUBLE())),
    ]
)

FOLLOWED: Final = FollowedPanes()
"""Of the process, not of the function: an idle worker drops its functions and makes new ones."""


class ComputeFeatures(ScalarFunction):
    """Windows as they are sent -> the feature record, and its numbers, which also go to the online store.

    Windows of one user come in order to one worker. After a restore the windows since the checkpoint are computed
    again to the same bytes; the store refuses rows older than what it holds, so that a replay changes nothing there.
    A store that cannot be written fails the job, and Flink tries again.
    """

    def __init__(self, config: FeaturesConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False: it writes, and the planner would evaluate it once per use of its result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        from feature_repo.store import open_store

        self._store = open_store(self._config.feast_profile, self._config.feast_data, self._config.redis_url or None)

    def eval(
        self, user_id: pd.Series, window_start_ms: pd.Series, fresh: pd.Series, size: pd.Series, samples: pd.Series
    ) -> pd.DataFrame:
        users, starts = user_id.to_list(), window_start_ms.to_numpy(dtype=np.int64)
        sent = map(SentWindow, users, starts.tolist(), fresh.to_list(), size.to_list(), samples.to_list())
        windows = compute_each(starts, [FOLLOWED.samples(window) for window in sent])
        payloads = feature_records(windows, users, starts)
        vector = windows.vector()
        self._store_online(users, starts, windows.samples, vector)
        return pd.DataFrame({"payload": payloads, "samples": windows.samples, "vector": list(vector)})

    def _store_online(self, users: list[str], starts_ms: Ints, samples: Ints, vector: Floats) -> None:
        from feature_repo.online import write_newest

        numbers = dict(zip(VECTOR_NAMES, vector.T, strict=True))
        columns = {"window_start_ms": starts_ms, "samples": samples, **numbers}
        write_newest(self._store, "window_features", users, starts_ms + WINDOW_MS, columns)


def compute_features(config: FeaturesConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(ComputeFeatures(config), result_type=RESULT, func_type="pandas")
