"""Rows made of columns are what Feast's own messages would be."""

import math

import numpy as np
from feast.protos.feast.types.Value_pb2 import RepeatedValue
from feast.protos.feast.types.Value_pb2 import Value as ValueProto
from hypothesis import given
from hypothesis import strategies as st

from feature_repo.columns import Column, Kind
from feature_repo.encoding import PROTO_FIELDS, encoded_rows

CELLS = {
    Kind.FLOAT64: st.floats(),
    Kind.INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.STRING: st.none() | st.text("aé€𝄞", max_size=5),
    Kind.BOOL: st.booleans(),
}
TYPES = {Kind.FLOAT64: np.float64, Kind.INT64: np.int64, Kind.STRING: object, Kind.BOOL: np.bool_}


@given(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=8), st.integers(0, 4), st.data())
def test_rows_are_those_of_the_messages(kinds: list[Kind], rows: int, data: st.DataObject) -> None:
    columns = [Column(f"c{place}", kind) for place, kind in enumerate(kinds)]
    cells = {c.name: data.draw(st.lists(CELLS[c.kind], min_size=rows, max_size=rows)) for c in columns}
    arrays = {c.name: np.array(cells[c.name], dtype=TYPES[c.kind]) for c in columns}
    assert encoded_rows(columns, arrays) == [
        RepeatedValue(val=[message(c.kind, cells[c.name][row]) for c in columns]).SerializeToString()
        for row in range(rows)
    ]


def message(kind: Kind, cell: float | int | str | bool | None) -> ValueProto:
    missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
    return ValueProto() if missing else ValueProto(**{PROTO_FIELDS[kind]: cell})
