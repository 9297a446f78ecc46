"""The features job's writes to the online store."""

import numpy as np
import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.features import VECTOR_NAMES
from pipelines.streaming.job_config import FeaturesConfig
from schemas.windows import WINDOW_MS


class WriteOnline(ScalarFunction):
    """Writes a batch of feature rows, newest per user, and answers true for each row.

    The store refuses rows older than what it holds, so that a replay after a restore changes nothing.
    """

    def __init__(self, config: FeaturesConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False: it writes."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        from feature_repo.store import open_store

        self._store = open_store(self._config.feast_profile, self._config.feast_data, self._config.redis_url or None)

    def eval(self, user_id: pd.Series, window_start_ms: pd.Series, samples: pd.Series, vector: pd.Series) -> pd.Series:
        from feature_repo.online import write_newest

        starts = window_start_ms.to_numpy(dtype=np.int64)
        numbers = np.stack(vector.to_list())
        columns = {
            "window_start_ms": starts,
            "samples": samples.to_numpy(dtype=np.int64),
            **dict(zip(VECTOR_NAMES, numbers.T, strict=True)),
        }
        write_newest(self._store, "window_features", list(user_id), starts + WINDOW_MS, columns)
        return pd.Series(np.ones(len(starts), dtype=bool))


def online_writer(config: FeaturesConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(WriteOnline(config), result_type=DataTypes.BOOLEAN(), func_type="pandas")
