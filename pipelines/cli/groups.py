"""The commands by what people do, and the help that shows them so."""

import argparse
from typing import Any, Final

GROUPS: Final = {
    "run": ("demo", "up", "down", "replay"),
    "look": ("watch", "features"),
    "data": ("enrol", "training-set", "backfill", "parity"),
    "models": ("train", "search", "distil", "evaluate", "explain", "export", "models"),
    "operate": ("submit", "stop", "status"),
}
"""What people do, and the commands for it, in the order of `eqm --help`."""

INDENT: Final = 14


class Commands:
    """Adds commands and keeps what each is for, so that the help can show them by group."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._subparsers = parser.add_subparsers(required=True, metavar="COMMAND", help=argparse.SUPPRESS)
        self._purposes: dict[str, str] = {}

    def add_parser(self, name: str, *, help: str, **options: Any) -> argparse.ArgumentParser:  # noqa: ANN401
        """A parser for `eqm NAME`; `help` stands in the list of commands and in the command's own help."""
        self._purposes[name] = help
        return self._subparsers.add_parser(name, description=help, **options)

    def shown(self) -> str:
        """All commands by group. A command that no group has is an error of ours, and ends here."""
        if set(self._purposes) != {name for names in GROUPS.values() for name in names}:
            raise ValueError("GROUPS must have each command once: " + ", ".join(sorted(self._purposes)))
        return "\n\n".join(
            "\n".join([f"{group}:", *(f"  {name:<{INDENT}}{self._purposes[name]}" for name in names)])
            for group, names in GROUPS.items()
        )
