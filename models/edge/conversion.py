"""From a graph to the bytes of a TFLite file."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np

from models.core.arrays import Float32s
from models.core.native_messages import without_native_messages
from models.edge.graph import Graph
from models.edge.tensorflow import tf

Format = Literal["float32", "float16", "int8"]

ARITHMETIC: Final[dict[Format, str]] = {
    "float32": "float32",
    "float16": "float32, weights kept as float16",
    "int8": "int8, float32 where there is no int8 operation; inputs and outputs are float32",
}
LOOPED: Final = "float32, weights kept as int8: ranges inside a recurrent layer cannot be learnt"


def arithmetic(graph: Graph, form: Format) -> str:
    """What a file computes with."""
    return LOOPED if form == "int8" and graph.loops else ARITHMETIC[form]


def converted(graph: Graph, form: Format, examples: Float32s | None = None) -> bytes:
    """A TFLite file of plain operations.

    int8 learns the range of each value from `examples` (n, …), inputs of a graph that has just one; of a graph with
    loops, in which no range can be learnt, only the weights become int8.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph.function], graph.module)
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form == "int8" and not graph.loops:
        if examples is None:
            raise ValueError("int8 needs examples to learn ranges from")
        converter.representative_dataset = lambda: _one_by_one(examples)
    with without_native_messages():
        content: bytes = converter.convert()
    return content


def _one_by_one(examples: Float32s) -> Iterator[list[Any]]:
    for row in examples:
        yield [row[np.newaxis]]
