"""The columns of a training set's raw rows and of its examples, as TensorFlow Metadata schemas."""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from models.core.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE
from models.datasets.training_set import SCHEMA

KEYS: Final = ("user_id", "window_start_ms", "window_end_ms")
"""What tells a row from all others: kept in examples, seen by no network."""

INPUT_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    "features": FEATURE_SHAPE,
    "baseline_mean": FEATURE_SHAPE,
    "baseline_std": FEATURE_SHAPE,
    "sequence": SEQUENCE_SHAPE,
}
"""Real-valued inputs of preprocessing, beside the name `label`."""

OUTPUT_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    "features": (2 * FEATURE_SHAPE[0],),
    "relative": (2 * FEATURE_SHAPE[0],),
    "sequence": (SEQUENCE_SHAPE[0], 2 * SEQUENCE_SHAPE[1]),
}
"""Real-valued outputs, beside the number `label`: values along the last axis, then presence."""

INT: Final = schema_pb2.FeatureType.INT
FLOAT: Final = schema_pb2.FeatureType.FLOAT
BYTES: Final = schema_pb2.FeatureType.BYTES


def row_schema(labels: Sequence[str]) -> schema_pb2.Schema:
    """The columns of raw rows; numbers may be missing."""
    types = {pa.string(): BYTES, pa.int64(): INT}
    features = [_column(field.name, types.get(field.type, FLOAT), _row_shape(field.type)) for field in SCHEMA]
    named = {feature.name: feature for feature in features}
    named["label"].string_domain.value.extend(labels)
    return schema_pb2.Schema(feature=features)


def example_schema(labels: Sequence[str]) -> schema_pb2.Schema:
    """The columns of examples, none of them ever missing; a label's number is its place in `labels`."""
    features = [_column(name, FLOAT, shape) for name, shape in OUTPUT_SHAPES.items()]
    label = _column("label", INT, ())
    label.int_domain.CopyFrom(
        schema_pb2.IntDomain(name="/".join(labels), min=0, max=len(labels) - 1, is_categorical=True)
    )
    keys = [_column(name, INT if name.endswith("_ms") else BYTES, ()) for name in KEYS]
    return schema_pb2.Schema(feature=[*features, label, *keys])


def _row_shape(kind: pa.DataType) -> tuple[int, ...]:
    return SEQUENCE_SHAPE if pa.types.is_fixed_size_list(kind) else ()


def _column(name: str, kind: int, shape: tuple[int, ...]) -> schema_pb2.Feature:
    return schema_pb2.Feature(
        name=name,
        type=kind,
        presence=schema_pb2.FeaturePresence(min_fraction=1),
        shape=schema_pb2.FixedShape(dim=[schema_pb2.FixedShape.Dim(size=size) for size in shape]),
    )
