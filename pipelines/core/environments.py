"""The two Python environments: Beam's and Flink's cannot be one, so a command moves to the one it needs.

PyFlink and tf.transform need versions of protobuf that exclude each other. See
docs/decisions/0006-all-that-learns-runs-in-the-batch-environment.md.
"""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pipelines.core.errors import StackError

MARKS: Final = {"stream": "pyflink", "batch": "tensorflow_transform"}
"""A package that only this environment has."""


def require(environment: str, arguments: Sequence[str]) -> None:
    """Returns where this is that environment; else continues the same command in the one beside it."""
    if find_spec(MARKS[environment]):
        return
    python = Path(sys.prefix).parent / environment / "bin" / "python"
    if not python.is_file():
        raise StackError(f"this command needs the {environment} environment: install it at {python.parents[1]}")
    sys.stdout.flush()
    os.execv(python, [str(python), "-m", "pipelines.cli.main", *arguments])
