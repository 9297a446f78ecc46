"""Point-in-time retrieval through Feast: what the store knew of users at moments."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, VIEWS

if TYPE_CHECKING:
    from feast import FeatureStore


def historical(
    store: "FeatureStore", user_ids: Sequence[str], event_timestamp_ms: NDArray[np.int64], views: Sequence[str]
) -> pd.DataFrame:
    """Each user's newest rows at or before the moment beside it: n moments (at least one), n rows in their order.

    Columns: `user_id`, `event_timestamp`, then those of the views. Values are NaN where no row was known by then, or
    only one older than the view's time to live. Raises FeatureStoreError for rows that cannot be read.
    """
    moments = pd.to_datetime(event_timestamp_ms, unit="ms", utc=True)
    asked = pd.DataFrame({JOIN_KEY: list(user_ids), EVENT_TIMESTAMP: moments})
    references = [f"{view}:{column.name}" for view in views for column in VIEWS[view]]
    # Feast, once imported, shows everybody's deprecation warnings.
    with warnings.catch_warnings():
        found: pd.DataFrame = store.get_historical_features(asked, references).to_df()
    return found
