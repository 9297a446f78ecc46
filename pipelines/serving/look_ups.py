"""`eqm features`: a user's newest row of a feature view, as Feast serves it."""

import json
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from feature_repo.columns import VIEWS
from feature_repo.errors import FeatureStoreError
from feature_repo.store import open_online
from pipelines.core.errors import InputError, StackError
from pipelines.core.settings import Settings
from pipelines.core.terminal import readable
from pipelines.reports.tables import fitting
from pipelines.reports.tables.watch import instant

if TYPE_CHECKING:
    from feature_repo.online import OnlineRow, Scalar


def newest_row(settings: Settings, view: str, user: str) -> "OnlineRow":
    """Raises StackError where the store cannot be read and InputError for a user of whom it knows nothing."""
    try:
        store = open_online(settings.feast_profile, settings.feast_folder, settings.redis_url)
        from feature_repo.online import read_newest

        row = read_newest(store, view, [user])[0]
    except FeatureStoreError as fault:
        raise StackError(str(fault)) from fault
    if row is None:
        raise InputError(f"the feature store holds nothing of user {user!r} in {view}: has a window of theirs ended?")
    return row


def as_json(row: "OnlineRow", view: str) -> str:
    """One line; a missing value is null."""
    facts = {"user_id": row.user_id, "view": view, "event_timestamp_ms": row.event_timestamp_ms}
    return json.dumps(facts | {"values": dict(row.values)}, ensure_ascii=False, allow_nan=False)


def as_table(row: "OnlineRow", view: str) -> Table:
    """Name, value and unit of each column, in the order of the schema tables."""
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column("feature", no_wrap=True)
    grid.add_column("value", justify="right", no_wrap=True)
    grid.add_column("unit", no_wrap=True)
    for column in VIEWS[view]:
        value = row.values[column.name]
        grid.add_row(column.name, Text(readable(shown(value)), style="dim" if value is None else ""), Text(column.unit))
    return grid


def shown(value: "Scalar") -> str:
    """A value for people.

    >>> [shown(value) for value in (None, 0.0, 71.2345678, 1_700_000_000_000, True, "fear")]
    ['–', '0', '71.23', '1700000000000', 'yes', 'fear']
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show(settings: Settings, user: str, view: str, *, json_line: bool) -> None:
    """Print it."""
    row = newest_row(settings, view, user)
    if json_line:
        print(as_json(row, view))
    else:
        fitting.show([f"{row.user_id}: {view} at {instant(row.event_timestamp_ms)} UTC", as_table(row, view)])
