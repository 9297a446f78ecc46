"""Inputs of targets as text, one Python literal a line: those found, and those kept because they once broke something.

A case is made of bytes, text, whole numbers and None, in tuples, lists and dicts.
"""

import time
from ast import literal_eval
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

KEPT: Final = Path(__file__).with_name("kept")
MEMORY: Final = Path("/dev/shm")
MOST_TRIES: Final = 1_000
MOST_S: Final = 10.0

Case = Any


def written(case: Case) -> str:
    """The case as one line of ASCII.

    >>> written((b"a", "é", None))
    "(b'a', '\\\\xe9', None)"
    """
    return ascii(case)


def read(text: str) -> Case:
    """The inverse."""
    return literal_eval(text.strip())


def keep(case: Case, folder: Path) -> Path:
    """Writes the case below the folder, under a name that follows from what it holds."""
    text = written(case)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / blake2b(text.encode(), digest_size=6).hexdigest()
    file.write_text(text + "\n", encoding="ascii")
    return file


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for inputs that are files, in memory where the machine has such a place; removed at the end."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def kept(name: str) -> list[tuple[str, Case]]:
    """Each kept case of a target after what it once broke, which the comment lines above it say.

    A case without a comment raises ValueError: nobody would know what it is for.
    """
    found: list[tuple[str, Case]] = []
    said: list[str] = []
    for number, line in enumerate((KEPT / f"{name}.txt").read_text(encoding="ascii").splitlines(), 1):
        if line.startswith("#"):
            said.append(line[1:].strip())
        elif line:
            if not said:
                raise ValueError(f"{name}.txt, line {number}: say in a comment above what the case once broke")
            found.append((" ".join(said), read(line)))
            said = []
    return found


def shrunk(case: Case, is_broken: Callable[[Case], bool]) -> Case:
    """A smaller case that is broken as well, after so many tries or seconds; the case itself where none is found.

    >>> shrunk((b"abcxdef", 1), lambda case: b"x" in case[0])
    (b'x', 1)
    """
    tries, end_s = 0, time.monotonic() + MOST_S
    while True:
        for smaller in _smaller(case):
            tries += 1
            if tries > MOST_TRIES or time.monotonic() > end_s:
                return case
            if is_broken(smaller):
                case = smaller
                break
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    """The case with something left out: stretches of bytes, items, members; at any depth."""
    if isinstance(case, bytes | list):
        size = (len(case) + 1) // 2
        while size:
            for at in range(0, len(case), size):
                yield case[:at] + case[at + size :]
            size //= 2
    if isinstance(case, dict):
        yield from ({name: value for name, value in case.items() if name != left_out} for left_out in case)
        yield from ({**case, name: smaller} for name, value in case.items() for smaller in _smaller(value))
    if isinstance(case, list | tuple):
        for at, value in enumerate(case):
            yield from (type(case)((*case[:at], smaller, *case[at + 1 :])) for smaller in _smaller(value))
