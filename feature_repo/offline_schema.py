"""How a view's rows stand in Parquet: one schema for every writer and reader."""

from typing import Final

import pyarrow as pa

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, VIEWS, Kind

ARROW_TYPES: Final = {
    Kind.FLOAT64: pa.float64(),
    Kind.INT64: pa.int64(),
    Kind.STRING: pa.string(),
    Kind.BOOL: pa.bool_(),
}


def arrow_schema(view: str) -> pa.Schema:
    """Join key, event timestamp (milliseconds UTC, written without a zone as Flink does), then the view's columns.

    >>> arrow_schema("window_features").names[:4]
    ['user_id', 'event_timestamp', 'window_start_ms', 'samples']
    """
    keys = [pa.field(JOIN_KEY, pa.string()), pa.field(EVENT_TIMESTAMP, pa.timestamp("ms"))]
    return pa.schema([*keys, *(pa.field(column.name, ARROW_TYPES[column.kind]) for column in VIEWS[view])])
