"""From a piece of a bundle to a graph for one window, and to the bytes of a TFLite file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from models.core.arrays import Float32s
from models.core.native_messages import without_native_messages
from models.edge.tensorflow import convert_variables_to_constants_v2, tf, types_pb2

Shapes = Mapping[str, tuple[int, ...]]
"""Of named inputs, without the axis of windows."""

LOOPS: Final = frozenset({"While", "StatelessWhile"})


@dataclass(frozen=True)
class Graph:
    """One function of one window."""

    function: Any
    """As TensorFlow's concrete function: inputs by name, each (1, …), to one output by name."""
    module: Any
    """Keeps it alive."""
    loops: bool
    """Whether it goes through the window second by second."""


def one_window(piece: Callable[[dict[str, Any]], Any], shapes: Shapes, *, output: str) -> Graph:
    """Traces `piece`, a function of named tensors, for a single window, with its weights as constants.

    Inputs that the output does not depend on are left out. Double precision becomes single: TFLite has no other.
    """
    traced = tf.function(piece).get_concrete_function(
        {name: tf.TensorSpec((1, *shape), name=name) for name, shape in shapes.items()}
    )
    fixed = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    (result,) = fixed.outputs
    graph = tf.compat.v1.graph_util.extract_sub_graph(fixed.graph.as_graph_def(), [result.op.name])
    for node in graph.node:
        _make_single(node)
    _make_lists_of_one_window(graph)
    read = [node.name for node in graph.node if node.op == "Placeholder"]
    module = tf.Module()
    module.answer = _function(graph, {name: shapes[name] for name in read}, result.name, output)
    loops = any(node.op in LOOPS for node in graph.node)
    return Graph(module.answer.get_concrete_function(), module, loops)


def _function(graph: Any, shapes: Shapes, result: str, output: str) -> Any:  # noqa: ANN401
    signature = {name: tf.TensorSpec((1, *shape), name=name) for name, shape in shapes.items()}

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        inputs = {f"{name}:0": tensor for name, tensor in given.items()}
        (found,) = tf.graph_util.import_graph_def(graph, input_map=inputs, return_elements=[result], name="")
        return {output: found}

    return tf.function(answer, input_signature=[signature])


def _make_single(node: Any) -> None:  # noqa: ANN401
    for attribute in node.attr.values():
        if attribute.type == types_pb2.DT_DOUBLE:
            attribute.type = types_pb2.DT_FLOAT
        if attribute.HasField("tensor") and attribute.tensor.dtype == types_pb2.DT_DOUBLE:
            values = tf.make_ndarray(attribute.tensor).astype(np.float32)
            attribute.tensor.CopyFrom(tf.make_tensor_proto(values))


def _make_lists_of_one_window(graph: Any) -> None:  # noqa: ANN401
    """Recurrent layers were traced for any number of windows, and TFLite takes no lists of tensors of unknown shape."""
    constants = {node.name: node.attr["value"].tensor for node in graph.node if node.op == "Const"}
    lists = [node for node in graph.node if node.op.startswith("TensorList")]
    for name in {source for node in lists for source in node.input} & constants.keys():
        shape = tf.make_ndarray(constants[name])
        if shape.ndim == 1:
            constants[name].CopyFrom(tf.make_tensor_proto(np.where(shape < 0, 1, shape).astype(shape.dtype)))


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
