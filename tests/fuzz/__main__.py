"""`python -m tests.fuzz`: the targets, one after another, for so long; exit status 1 where anything was found."""

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.fuzz import control, decoder, files, labels
from tests.fuzz.cases import read
from tests.fuzz.rounds import ROOT, Limits, Target, faults, run

TARGETS: Final[Mapping[str, Callable[[], AbstractContextManager[Target]]]] = {
    "decoder": decoder.target,
    "files": files.target,
    "labels": labels.target,
    "control": control.target,
}
FOUND: Final = ROOT / "build" / "fuzz"


def main() -> int:
    """Whether anything was found."""
    asked = _arguments()
    names = list(TARGETS) if asked.target == "all" else [asked.target]
    return max(_again(name, asked.input) if asked.input else _searched(name, asked) for name in names)


def _searched(name: str, asked: argparse.Namespace) -> int:
    with TARGETS[name]() as target:
        found = run(target, asked.seed, Limits(seconds=asked.seconds, rounds=asked.rounds), FOUND)
    speed = f"{found.rounds} rounds in {found.seconds:.0f} s, {found.rounds / max(found.seconds, 1e-9):.0f} a second"
    print(f"{name}: seed {asked.seed}, {speed}; {sum(found.kinds.values())} faults of {len(found.kinds)} kinds")
    for kind, times in found.kinds.most_common():
        print(f"  {times:8d}  {kind}")
    return int(bool(found.kinds))


def _again(name: str, file: Path) -> int:
    """One input that was written down."""
    with TARGETS[name]() as target:
        fault = faults(target, [read(file.read_text(encoding="ascii"))])[0]
    print(f"{name}: {fault.line if fault else 'nothing is wrong with it'}")
    return int(fault is not None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--rounds", type=int, default=Limits.rounds, help="for each target, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", type=Path, help="try this one, which an earlier run has written; name its target")
    asked = parser.parse_args()
    if asked.input and asked.target == "all":
        parser.error("--input FILE needs the --target that FILE was written for")
    return asked


if __name__ == "__main__":
    sys.exit(main())
