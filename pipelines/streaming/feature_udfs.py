"""The features job's Python: one call a batch of windows. It computes their features and stores the newest online."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import FunctionContext, ScalarFunction, UserDefinedScalarFunctionWrapper, udf

from pipelines.features.compute import VECTOR_NAMES, WindowFeatures, compute_each
from pipelines.features.pane_cache import FollowedPanes, SentWindow
from pipelines.features.records import ParsedWindows, as_read, feature_records
from pipelines.signals.series.segments import Ints
from pipelines.streaming.job_config import FeaturesConfig
from schemas.windows import WINDOW_MS

ROW_FIELDS: Final = (
    DataTypes.FIELD("samples", DataTypes.BIGINT()),
    DataTypes.FIELD("vector", DataTypes.ARRAY(DataTypes.DOUBLE())),
)
"""The numbers of the offline row, `vector` in the order of `VECTOR_NAMES`."""

RECORD_FIELDS: Final = (DataTypes.FIELD("payload", DataTypes.BYTES()),)
"""The feature record."""

FOLLOWED: Final = FollowedPanes()
"""Of the process, not of the function: an idle worker drops its functions and makes new ones."""


@dataclass(frozen=True)
class ComputedBatch:
    """Windows of one call, computed, and stored online where they are their users' newest."""

    user_ids: list[str]
    window_start_ms: Ints
    computed: WindowFeatures
    vector: list[Any]
    """Of each window, in the order of `VECTOR_NAMES`."""

    def rows(self) -> dict[str, Any]:
        """`ROW_FIELDS` by name."""
        return {"samples": self.computed.samples, "vector": self.vector}

    def records(self) -> dict[str, Any]:
        """`RECORD_FIELDS` by name."""
        return {"payload": feature_records(self.computed, self.user_ids, self.window_start_ms)}

    def as_read(self) -> ParsedWindows:
        """As the emotions job reads the records."""
        return as_read(self.computed, self.user_ids, self.window_start_ms)


@dataclass(frozen=True)
class FeatureStep:
    """Windows as they are sent -> their features, the newest of each user also in the online store.

    Windows of one user come in order to one worker. After a restore the windows since the checkpoint are computed
    again to the same bytes; the store refuses rows older than what it holds, so that a replay changes nothing there.
    A store that cannot be written fails the job, and Flink tries again.
    """

    store: Any

    @classmethod
    def opened(cls, config: FeaturesConfig) -> Self:
        from feature_repo.store import open_online

        return cls(open_online(config.feast_profile, config.feast_data, config.redis_url or None))

    def computed(
        self, user_id: pd.Series, window_start_ms: pd.Series, fresh: pd.Series, size: pd.Series, samples: pd.Series
    ) -> ComputedBatch:
        users, starts = user_id.to_list(), window_start_ms.to_numpy(dtype=np.int64)
        sent = map(SentWindow, users, starts.tolist(), fresh.to_list(), size.to_list(), samples.to_list())
        windows = compute_each(starts, [FOLLOWED.samples(window) for window in sent])
        vector = windows.vector()
        numbers = dict(zip(VECTOR_NAMES, vector.T, strict=True))
        self._store_online(users, starts, {"samples": windows.samples, **numbers})
        return ComputedBatch(users, starts, windows, list(vector))

    def _store_online(self, users: list[str], starts_ms: Ints, numbers: dict[str, Any]) -> None:
        from feature_repo.online import write_newest

        columns = {"window_start_ms": starts_ms, **numbers}
        write_newest(self.store, "window_features", users, starts_ms + WINDOW_MS, columns)


class ComputeFeatures(ScalarFunction):
    """The feature step, its result as the offline row's numbers and as the feature record."""

    def __init__(self, config: FeaturesConfig) -> None:
        self._config = config

    def is_deterministic(self) -> bool:
        """False: it writes, and the planner would evaluate it once per use of its result."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        self._step = FeatureStep.opened(self._config)

    def eval(
        self, user_id: pd.Series, window_start_ms: pd.Series, fresh: pd.Series, size: pd.Series, samples: pd.Series
    ) -> pd.DataFrame:
        batch = self._step.computed(user_id, window_start_ms, fresh, size, samples)
        return pd.DataFrame({**batch.rows(), **batch.records()})


def compute_features(config: FeaturesConfig) -> UserDefinedScalarFunctionWrapper:
    return udf(ComputeFeatures(config), result_type=DataTypes.ROW([*ROW_FIELDS, *RECORD_FIELDS]), func_type="pandas")
