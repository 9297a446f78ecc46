"""Rounds of a target: an input made, tried and judged, again and again, and the inputs that broke something kept."""

import signal
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from pipelines.core.errors import EqmError
from pipelines.core.terminal import complain
from schemas.message_rules import FORBIDDEN
from tests.fuzz.cases import Case, keep, shrunk

ROOT: Final = Path(__file__).parents[2]
MOST_CPU_S: Final = 2.0
"""Of one input."""

MOST_OF_A_KIND: Final = 3
"""So many inputs are kept of a kind of fault; all are counted."""

LINE_CHARS: Final = 300
ROUNDS_OF_A_SEED: Final = 1 << 40


class BrokenError(Exception):
    """What must hold of an input does not. `kind` is the same for all inputs that break the same thing."""

    def __init__(self, kind: str, detail: object = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail != "" else kind)
        self.kind = kind


class TooSlowError(BaseException):
    """More than `MOST_CPU_S`. No Exception, so that nobody who catches those takes it for one of his own."""


@dataclass(frozen=True)
class Fault:
    """That something is wrong with an input; one line of what, and the kind."""

    kind: str
    line: str


@dataclass(frozen=True)
class Target:
    """What reads inputs. `tried` raises for what must not be; what it returns, `compared` judges many at a time."""

    name: str
    made: Callable[[Random], Case]
    tried: Callable[[Case], object]
    compared: Callable[[Sequence[Case], Sequence[object]], Sequence[BrokenError | None]] | None = None
    at_once: int = 1


@dataclass
class Findings:
    """Of one run."""

    rounds: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    """The first of each kind, as it was said."""


@dataclass(frozen=True)
class Limits:
    """When a run ends: whichever comes first."""

    seconds: float = float("inf")
    rounds: int = ROUNDS_OF_A_SEED


def run(target: Target, seed: int, limits: Limits, folder: Path, say: Callable[[str], None] = print) -> Findings:
    """Rounds until a limit is reached. Round n of a seed has the same input whenever it runs.

    The first inputs of each kind of fault are made smaller, written below `folder`, and said.
    """
    found, begun = Findings(), time.monotonic()
    for first in count(0, target.at_once):
        found.seconds = time.monotonic() - begun
        last = min(first + target.at_once, limits.rounds)
        if first >= last or found.seconds > limits.seconds:
            return found
        cases = [target.made(Random(seed * ROUNDS_OF_A_SEED + number)) for number in range(first, last)]
        for number, (case, fault) in enumerate(zip(cases, faults(target, cases), strict=True), first):
            if fault is not None:
                _note(target, case, fault, f"{target.name}: seed {seed}, round {number}", found, folder, say)
        found.rounds = last
    raise AssertionError("numbers do not end")


def faults(target: Target, cases: Sequence[Case]) -> list[Fault | None]:
    """What is wrong with each input, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tried = [_tried(target, case) for case in cases]
        found = [each if isinstance(each, Fault) else None for each in tried]
        if target.compared is not None:
            good = [place for place, fault in enumerate(found) if fault is None]
            judged = target.compared([cases[place] for place in good], [tried[place] for place in good])
            for place, broken in zip(good, judged, strict=True):
                found[place] = _fault(broken) if broken is not None else None
    return found


def _tried(target: Target, case: Case) -> object:
    """Slow is what is slow twice: the first call of a compiled loop compiles it."""
    try:
        try:
            return _in_time(target, case)
        except TooSlowError:
            return _in_time(target, case)
    except (Exception, TooSlowError) as error:
        return _fault(error)


def _in_time(target: Target, case: Case) -> object:
    with _cpu_limit():
        return target.tried(case)


@contextmanager
def _cpu_limit() -> Iterator[None]:
    def too_slow(*_: object) -> None:
        raise TooSlowError(f"more than {MOST_CPU_S} s")

    before = signal.signal(signal.SIGVTALRM, too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _fault(error: BaseException) -> Fault:
    """Its kind is what broke, or the exception and the line of ours that raised it."""
    if isinstance(error, BrokenError):
        return Fault(error.kind, _shown(str(error)))
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename]
    product = [frame for frame in ours if not Path(frame.filename).is_relative_to(ROOT / "tests")]
    at = (product or ours or frames)[-1]
    kind = f"{type(error).__name__} at {at.filename.removeprefix(f'{ROOT}/')}:{at.lineno}"
    return Fault(kind, _shown(f"{kind}: {error}"))


def _shown(text: str) -> str:
    return ascii(text)[1:-1][:LINE_CHARS]


def _note(
    target: Target, case: Case, fault: Fault, where: str, found: Findings, folder: Path, say: Callable[[str], None]
) -> None:
    found.kinds[fault.kind] += 1
    if found.kinds[fault.kind] > MOST_OF_A_KIND:
        return
    file = keep(shrunk(case, lambda smaller: _kind(target, smaller) == fault.kind), folder / target.name)
    if found.kinds[fault.kind] == 1:
        line = f"{where}: {fault.line}; {file}"
        found.lines.append(line)
        say(line)


def _kind(target: Target, case: Case) -> str | None:
    fault = faults(target, [case])[0]
    return fault.kind if fault else None


def refusal_of(action: Callable[[], object], *, naming: str = "", most_chars: int = 2_000) -> object:
    """What the action returns; an `EqmError` becomes None, after a look at what `eqm` would print of it.

    That must say something, must name what is at fault, and must be one line without anything that a terminal obeys.
    """
    try:
        return action()
    except EqmError as error:
        said = str(error)
        if not said.strip() or len(said) > most_chars:
            raise BrokenError("a refusal says nothing, or a whole page", f"{len(said)} characters") from error
        if naming not in said:
            raise BrokenError("a refusal does not name what is at fault", said) from error
        with redirect_stderr(StringIO()) as printed:
            complain(error)
        if FORBIDDEN.search(printed.getvalue().removesuffix("\n").replace("\t", " ")):
            raise BrokenError("a refusal is not one line that can be printed", said) from error
        return None
