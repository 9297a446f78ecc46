"""In place of an offline store where only the online one is used: a store that answers nothing.

Feast imports the offline store that its configuration names, whether it is used or not. Ours is made of Feast's own,
and that of Dask: two and a half seconds for each worker of a job that starts.
"""

from typing import Any, Literal, NoReturn

from feast.infra.offline_stores.offline_store import OfflineStore
from feast.repo_config import FeastConfigBaseModel

from feature_repo.errors import FeatureStoreError


class NoOfflineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """Settings of `NoOfflineStore`."""

    type: Literal["feature_repo.no_offline.NoOfflineStore"] = "feature_repo.no_offline.NoOfflineStore"


def _refused(*_: Any, **__: Any) -> NoReturn:  # noqa: ANN401
    raise FeatureStoreError("this store was opened for its online rows alone: open it with `open_store`")


class NoOfflineStore(OfflineStore):  # type: ignore[misc]
    """Raises `FeatureStoreError` whatever it is asked for."""

    pull_latest_from_table_or_query = staticmethod(_refused)
    pull_all_from_table_or_query = staticmethod(_refused)
    get_historical_features = staticmethod(_refused)
