"""Historical retrieval: asked moments in, the features known by then beside them out. Needs no Feast."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, VIEWS
from feature_repo.errors import FeatureStoreError
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import MEASURED, days, read_whole
from feature_repo.point_in_time import NONE, Ints, UserMoments, newest_known
from feature_repo.row_files import Wanted, read_keys, read_values

INSTANT = "datetime64[ns, UTC]"
EPOCH_NS = 0


@dataclass(frozen=True)
class Lookup:
    """Columns of a view's rows; the answer calls them by prefix and name."""

    view: str
    folder: Path
    names: Sequence[str]
    ttl_ns: int | None
    """How old a row may be; None: any age."""
    prefix: str = ""

    def schema(self) -> pa.Schema:
        stored = arrow_schema(self.view)
        return pa.schema([stored.field(name) for name in self.names])


def join(asked: pd.DataFrame, lookups: Sequence[Lookup]) -> pd.DataFrame:
    """`asked` (in order, numbered anew) with the columns of the lookups beside it.

    A row gets the values of its user's newest row at or before its event timestamp, which without a zone is taken as
    UTC; where there is none, NaN for a number and None for anything else. Each value is copied once: all floats stand
    in one block. Raises FeatureStoreError for files that cannot be read, or a name that comes twice.
    """
    at = pd.to_datetime(asked[EVENT_TIMESTAMP], utc=True).astype(INSTANT)
    user, users = pd.factorize(asked[JOIN_KEY])
    moments = UserMoments(user, at.astype(np.int64).to_numpy())
    frame = asked.assign(**{EVENT_TIMESTAMP: at}).reset_index(drop=True)
    _check_names(frame, lookups)
    answers = (_newest(each, moments, pa.array(users.astype(object), pa.string())) for each in lookups)
    return _side_by_side(frame, lookups, answers)


def _check_names(asked: pd.DataFrame, lookups: Sequence[Lookup]) -> None:
    names = [*asked.columns, *(each.prefix + name for each in lookups for name in each.names)]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise FeatureStoreError(f"the answer would have the columns {twice} twice: rename them, or ask for full names")


def _newest(lookup: Lookup, asked: UserMoments, users: pa.Array) -> tuple[pa.Table, Ints]:
    """The rows that are seen, and the position of each moment's row among them."""
    last_ns = int(asked.at_ns.max(initial=EPOCH_NS))
    first_ns = EPOCH_NS if lookup.ttl_ns is None else int(asked.at_ns.min(initial=last_ns)) - lookup.ttl_ns
    is_measured = MEASURED in (column.name for column in VIEWS[lookup.view])
    wanted = Wanted(lookup.schema(), is_measured, users, first_ns, last_ns)

    def read(files: Sequence[Path]) -> tuple[pa.Table, Ints]:
        keys = read_keys(files, wanted)
        newest = newest_known(asked, keys.moments, keys.measured, ttl_ns=lookup.ttl_ns)
        seen = newest != NONE
        needed, newest[seen] = np.unique(newest[seen], return_inverse=True)
        return read_values(files, keys, needed, wanted), newest

    first, last = (str(np.datetime64(at_ns, "ns").astype("datetime64[D]")) for at_ns in (first_ns, last_ns))
    return read_whole(lookup.folder, [day for day in days(lookup.folder) if first <= day <= last], read)


def _side_by_side(
    frame: pd.DataFrame, lookups: Sequence[Lookup], answers: Iterator[tuple[pa.Table, Ints]]
) -> pd.DataFrame:
    names = [*frame.columns]
    others = dict(frame.items())
    block = np.empty((sum(_is_float(field) for each in lookups for field in each.schema()), len(frame)))
    floats: list[str] = []
    for lookup, (rows, newest) in zip(lookups, answers, strict=True):
        for field, column in zip(rows.schema, rows.columns, strict=True):
            name = lookup.prefix + field.name
            names.append(name)
            if _is_float(field):
                np.take(np.append(column.to_numpy(), np.nan), newest, out=block[len(floats)], mode="wrap")
                floats.append(name)
            else:
                others[name] = column.take(pa.array(newest, mask=newest == NONE)).to_pandas()
    whole = pd.DataFrame(block.T, columns=floats, copy=False)
    for place, name in enumerate(names):
        if name in others:
            whole.insert(place, name, others[name])
    return whole


def _is_float(field: pa.Field) -> bool:
    return bool(pa.types.is_floating(field.type))
