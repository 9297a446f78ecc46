"""A TFLite file as a device runs it: on one thread, a window at a time. The one place that imports LiteRT."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.core.arrays import Float32s
from models.core.native_messages import without_native_messages


@dataclass(frozen=True)
class Device:
    """A loaded file with one output."""

    run: Any
    inputs: dict[str, tuple[int, ...]]
    """Shape of each by name, of one window: (1, …)."""
    outputs: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Loads a file; the interpreter has no operations but its own."""
        # Only one environment has it, and both import this module.
        from ai_edge_litert.interpreter import Interpreter

        with without_native_messages():
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
            run = interpreter.get_signature_runner()
        return cls(run, _shapes(run.get_input_details()), _shapes(run.get_output_details()))

    def one(self, **window: Float32s) -> Float32s:
        """The answer (1, …) for one window; more inputs than it reads may be given."""
        (answer,) = self.run(**{name: window[name] for name in self.inputs}).values()
        return np.asarray(answer)


def _shapes(details: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(detail["shape"].tolist()) for name, detail in sorted(details.items())}
