"""The features job's Python: one call a batch of windows."""

import numpy as np
import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import ScalarFunction, udf

from pipelines.feature_json import feature_window_json
from pipelines.features import compute_blobs

RESULT = DataTypes.ROW(
    [
        DataTypes.FIELD("payload", DataTypes.BYTES()),
        DataTypes.FIELD("samples", DataTypes.BIGINT()),
        DataTypes.FIELD("vector", DataTypes.ARRAY(DataTypes.DOUBLE())),
    ]
)


class ComputeFeatures(ScalarFunction):
    """Packed windows -> the feature record as JSON, and its numbers. Stateless."""

    def is_deterministic(self) -> bool:
        """False, although it is: the planner would otherwise evaluate it once per use of its result."""
        return False

    def eval(self, user_id: pd.Series, window_start_ms: pd.Series, samples: pd.Series) -> pd.DataFrame:
        starts = window_start_ms.to_numpy(dtype=np.int64)
        windows = compute_blobs(starts, list(samples))
        payloads = [
            feature_window_json(windows, row, user_id=user, window_start_ms=start)
            for row, (user, start) in enumerate(zip(user_id, starts, strict=True))
        ]
        return pd.DataFrame({"payload": payloads, "samples": windows.samples, "vector": list(windows.vector())})


compute_features = udf(ComputeFeatures(), result_type=RESULT, func_type="pandas")
