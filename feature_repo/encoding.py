"""Columns to rows in the wire format of Feast's values, without an object per number."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np
from feast.protos.feast.types.Value_pb2 import RepeatedValue
from feast.protos.feast.types.Value_pb2 import Value as ValueProto
from numpy.typing import NDArray

from feature_repo.columns import Column, Kind

PROTO_FIELDS: Final = {
    Kind.FLOAT64: "double_val",
    Kind.INT64: "int64_val",
    Kind.STRING: "string_val",
    Kind.BOOL: "bool_val",
}

_FIXED64: Final = 1
_DOUBLE: Final = (ValueProto.DESCRIPTOR.fields_by_name["double_val"].number << 3) | _FIXED64
_ELEMENT: Final = (RepeatedValue.DESCRIPTOR.fields_by_name["val"].number << 3) | 2
_CELL: Final = 11
_NULL: Final = 2
"""Bytes of an element with a double in it, and of one with nothing."""


def encoded_rows(columns: Sequence[Column], values: Mapping[str, NDArray[Any]]) -> list[bytes]:
    """n values of every column -> n rows, each the bytes of a `RepeatedValue` in the order of the columns.

    NaN and None are null.

    >>> row = encoded_rows([Column("x", Kind.FLOAT64), Column("n", Kind.INT64)], {"x": np.ones(1), "n": np.array([3])})
    >>> [value.WhichOneof("val") for value in RepeatedValue.FromString(row[0]).val]
    ['double_val', 'int64_val']
    """
    parts = list(_parts(columns, values))
    return [b"".join(row) for row in zip(*parts, strict=True)]


def _parts(columns: Sequence[Column], values: Mapping[str, NDArray[Any]]) -> Iterator[list[bytes]]:
    """Neighbouring columns of numbers in one go, others one by one."""
    for kind, group in groupby(columns, key=lambda column: column.kind):
        names = [column.name for column in group]
        if kind is Kind.FLOAT64:
            yield _doubles(np.stack([values[name] for name in names], axis=1))
        else:
            yield from ([_element(kind, cell) for cell in values[name].tolist()] for name in names)


def _doubles(numbers: NDArray[np.float64]) -> list[bytes]:
    missing = np.isnan(numbers)
    cells = np.empty((*numbers.shape, _CELL), dtype=np.uint8)
    cells[..., 0] = _ELEMENT
    cells[..., 1] = np.where(missing, 0, _CELL - _NULL)
    cells[..., _NULL] = _DOUBLE
    cells[..., _NULL + 1 :] = np.ascontiguousarray(numbers, dtype="<f8").view(np.uint8).reshape(*numbers.shape, 8)
    kept = np.repeat(~missing[..., None], _CELL, axis=2)
    kept[..., :_NULL] = True
    ends = np.cumsum(kept.sum(axis=(1, 2))).tolist()
    flat = cells[kept].tobytes()
    return [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@lru_cache(maxsize=1 << 12, typed=True)
def _element(kind: Kind, cell: float | int | str | bool | None) -> bytes:
    """A cell's bytes. Cells of a batch are much alike: a model's name, a reason, the few ends of windows."""
    given: dict[str, Any] = {} if cell is None else {PROTO_FIELDS[kind]: cell}
    blob: bytes = RepeatedValue(val=[ValueProto(**given)]).SerializeToString()
    return blob
