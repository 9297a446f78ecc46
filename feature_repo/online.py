"""The quick way in and out of the online store: arrays to rows without a data frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import orjson
from feast import FeatureStore, FeatureView
from feast.errors import FeatureViewNotFoundException
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKeyProto
from feast.protos.feast.types.Value_pb2 import Value as ValueProto
from numpy.typing import NDArray

from feature_repo.columns import JOIN_KEY, LATEST_EMOTION, VIEWS, Kind
from feature_repo.encoding import encoded_rows
from feature_repo.errors import FeatureStoreError
from feature_repo.newest import newest_rows
from feature_repo.rows import epoch_us

Scalar = float | int | str | bool | None

_DTYPES: Final[dict[Kind, type]] = {
    Kind.FLOAT64: np.float64,
    Kind.INT64: np.int64,
    Kind.BOOL: np.bool_,
    Kind.STRING: object,
}

VIEW_NAMES: Final = {view: tuple(column.name for column in columns) for view, columns in VIEWS.items()}


@dataclass(frozen=True)
class OnlineRow:
    """A user's newest row; a missing value is None."""

    user_id: str
    event_timestamp_ms: int
    values: Mapping[str, Scalar]


def write_newest(
    store: FeatureStore,
    view_name: str,
    user_ids: Sequence[str],
    event_timestamp_ms: NDArray[np.int64],
    columns: Mapping[str, NDArray[Any]],
) -> int:
    """Write each user's newest row, unless the store holds a newer one; n rows in, rows written out.

    `columns` holds every column of the view, each of length n: float64, int64, bool, or objects (str, None).
    NaN and None are stored as null. Repeating a call changes nothing. Raises `FeatureStoreError` when the
    columns are not the view's, or the store cannot be written.
    """
    view = _view(store, view_name)
    _check(view_name, columns, len(user_ids), len(event_timestamp_ms))
    newest = newest_rows(user_ids, event_timestamp_ms.tolist())
    if not newest:
        return 0
    packed = encoded_rows(VIEWS[view_name], {name: values[newest] for name, values in columns.items()})
    moments_us = (event_timestamp_ms[newest] * 1000).tolist()
    keys = [_serialised(user_ids[row], store.config.entity_key_serialization_version) for row in newest]
    rows = list(zip(keys, moments_us, packed, strict=True))
    written: int = store._get_provider().online_store.write_encoded(store.config, view, rows)
    return written


def write_newest_events(store: FeatureStore, events: Sequence[bytes]) -> int:
    """The same of emotion events as JSON, by the end of their windows; their members that are maps are not stored."""
    told = [orjson.loads(event) for event in events]
    ends_ms = np.array([event["window_end_ms"] for event in told], dtype=np.int64)
    columns: dict[str, NDArray[Any]] = {
        column.name: np.array([event[column.name] for event in told], dtype=_DTYPES[column.kind])
        for column in VIEWS[LATEST_EMOTION]
    }
    return write_newest(store, LATEST_EMOTION, [event[JOIN_KEY] for event in told], ends_ms, columns)


def read_newest(store: FeatureStore, view_name: str, user_ids: Sequence[str]) -> list[OnlineRow | None]:
    """Each user's newest row, in the order asked; None for a user of whom nothing is stored."""
    view = _view(store, view_name)
    keys = [_entity_key(user) for user in user_ids]
    online = store._get_provider().online_store
    answers = online.online_read(store.config, view, keys, list(VIEW_NAMES[view_name])) if keys else []
    return [
        None if moment is None or epoch_us(moment) == 0 else OnlineRow(user, epoch_us(moment) // 1000, _scalars(values))
        for user, (moment, values) in zip(user_ids, answers, strict=True)
    ]


@lru_cache(maxsize=16)
def _view(store: FeatureStore, name: str) -> FeatureView:
    try:
        return store.get_feature_view(name)
    except FeatureViewNotFoundException as error:
        raise FeatureStoreError(f"feature view {name!r} is not in the registry: run `eqm up`") from error


def _check(view: str, columns: Mapping[str, NDArray[Any]], users: int, moments: int) -> None:
    missing = [name for name in VIEW_NAMES[view] if name not in columns]
    unknown = [name for name in columns if name not in VIEW_NAMES[view]]
    if missing or unknown:
        raise FeatureStoreError(f"rows for {view!r}: missing columns {missing}, unknown columns {unknown}")
    lengths = {users, moments, *(len(column) for column in columns.values())}
    if len(lengths) > 1:
        raise FeatureStoreError(f"rows for {view!r}: columns of different lengths {sorted(lengths)}")


@lru_cache(maxsize=1 << 16)
def _serialised(user_id: str, version: int) -> bytes:
    key: bytes = serialize_entity_key(_entity_key(user_id), version)
    return key


def _entity_key(user_id: str) -> EntityKeyProto:
    return EntityKeyProto(join_keys=[JOIN_KEY], entity_values=[ValueProto(string_val=user_id)])


def _scalars(values: Mapping[str, ValueProto]) -> dict[str, Scalar]:
    return {name: _scalar(value) for name, value in values.items()}


def _scalar(value: ValueProto) -> Scalar:
    kind = value.WhichOneof("val")
    return None if kind is None else getattr(value, kind)
