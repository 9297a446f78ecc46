"""The command `eqm`: how its line is read, and how one command runs."""

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from pipelines.cli.groups import Commands
from pipelines.core.environments import require
from pipelines.core.errors import EqmError
from pipelines.core.settings import Settings, load
from pipelines.core.terminal import complain, escaped_output

MODULES: Final = ("stack", "replay", "look", "enrol", "training_set", "history", "train", "judge", "models", "jobs")
"""The modules of `pipelines.cli` that add commands."""


def parser() -> argparse.ArgumentParser:
    """The whole command line. A flag named as a setting (`--parallelism`) overrides that setting."""
    root = argparse.ArgumentParser(
        prog="eqm",
        description="Emotions from wearables, while they happen.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--home", help="folder of everything that runs or is kept (default: build/eqm)")
    commands = Commands(root)
    for module in MODULES:
        import_module(f"pipelines.cli.{module}").register(commands)
    root.epilog = f"{commands.shown()}\n\n`eqm COMMAND --help` tells more of each."
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. 0: done; 1: it could not be, with one line on stderr that says why; 2: bad usage.

    A command may say more by other numbers: 3 of `eqm parity` is that rows differ.
    """
    with escaped_output():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    given = parser().parse_args(arguments)
    try:
        if environment := getattr(given, "environment", None):
            require(environment, sys.argv[1:] if arguments is None else arguments)
        flags = {name: value for name, value in vars(given).items() if name in Settings.model_fields}
        return given.handler(given, load(flags)) or 0
    except EqmError as fault:
        complain(fault)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
