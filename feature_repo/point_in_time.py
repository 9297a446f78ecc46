"""For each asked moment the newest row that was known by then."""

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY

INSTANT = "datetime64[ns, UTC]"


def join_as_of(asked: pd.DataFrame, rows: pd.DataFrame, names: Sequence[str], *, ttl: timedelta | None) -> pd.DataFrame:
    """`asked` with the columns `names` of the user's newest row at or before its event timestamp.

    Both frames have `user_id` and `event_timestamp` (UTC; without time zone it is taken as UTC). Rows older
    than `ttl` do not count; None is without limit. Without a row the values are NaN. Of rows with equal time
    the last one counts. Order and index of `asked` are kept; neither frame is changed.
    """
    left = asked.assign(**{EVENT_TIMESTAMP: _instants(asked), "__order": range(len(asked))})
    right = rows.assign(**{EVENT_TIMESTAMP: _instants(rows)})[[JOIN_KEY, EVENT_TIMESTAMP, *names]]
    joined = pd.merge_asof(
        left.sort_values(EVENT_TIMESTAMP, kind="stable"),
        right.sort_values(EVENT_TIMESTAMP, kind="stable"),
        on=EVENT_TIMESTAMP,
        by=JOIN_KEY,
        tolerance=None if ttl is None else pd.Timedelta(ttl),
    )
    return joined.sort_values("__order").drop(columns="__order").set_axis(asked.index)


def _instants(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame[EVENT_TIMESTAMP], utc=True).astype(INSTANT)
