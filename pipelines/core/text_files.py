"""Text files as people's programs save them: UTF-8 with or without a mark at its start, UTF-16 or UTF-32 with one.

A file without a mark is UTF-8. Anything else is refused with its line, for a guess at the coding changes names.
"""

import codecs
import gzip
import io
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final

from pipelines.core.errors import InputError

UTF_8: Final = "utf-8"
MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, longer ones first: UTF-32's begins with UTF-16's. Each codec takes its mark off."""

LONGEST_MARK: Final = max(len(mark) for mark, _ in MARKS)
MOST_BYTES: Final = 1 << 28
"""Of a file that is read whole: a month of the fastest signal that we read."""

LONGEST_LINE: Final = 1 << 20
"""Of a file that is read line by line; many times what a reading may have."""

GZIP: Final = b"\x1f\x8b"
"""How a gzipped file begins, whatever it is called."""

SAVE_AGAIN: Final = "save it as UTF-8 text"


def coding(start: bytes) -> str:
    """The coding that a file's first bytes name.

    >>> coding(b"user_id"), coding(b"\\xff\\xfeu\\0")
    ('utf-8', 'utf-16')
    """
    return next((name for mark, name in MARKS if start.startswith(mark)), UTF_8)


def text_of(data: bytes, where: Path) -> str:
    """A file's bytes as text, without its mark; `where` is what errors name.

    Raises InputError with the line: of the first byte that is not of its coding, of the first NUL (which is what UTF-16
    without a mark looks like), or of none where the file has more than `MOST_BYTES`.

    >>> text_of("é;1".encode("utf-16"), Path("labels.csv"))
    'é;1'
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"{where}: more than {MOST_BYTES >> 20} MiB; no recording's file is so large, so remove it")
    name = coding(data[:LONGEST_MARK])
    try:
        text = data.decode(name)
    except UnicodeDecodeError as fault:
        line = data[: fault.start].decode(name, "ignore").count("\n") + 1
        problem = f"byte 0x{data[fault.start]:02x} is not {name.removesuffix('-sig').upper()}"
        raise InputError(f"{where}, line {line}: {problem}; {SAVE_AGAIN}") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{where}, line {line}: a NUL character; {SAVE_AGAIN}")
    return text


def read_text(path: Path) -> str:
    """A whole file as text. Raises InputError where it cannot be read, or is no text."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise InputError(f"{path} cannot be read ({fault.strerror}); check that it is a readable file") from fault
    return text_of(data, path)


@contextmanager
def utf8_lines(path: Path) -> Iterator[Iterator[bytes]]:
    """Yields a file's lines in UTF-8, with their ends and without a mark, as they are read; gzipped files are unpacked.

    A line in UTF-8 is given as it is, even where it is none. Raises InputError naming the line for one of more than
    `LONGEST_LINE` bytes, and for one in UTF-16 or UTF-32 that is not; OSError, EOFError and zlib.error pass through.
    """
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP)) == GZIP
        raw.seek(0)
        with gzip.open(raw) if packed else raw as file:
            name = coding(file.read(LONGEST_MARK))
            file.seek(len(codecs.BOM_UTF8) if name == "utf-8-sig" else 0)
            lines = _as_they_are(path, file) if name.startswith(UTF_8) else _recoded(path, file, name)
            with closing(lines):
                yield lines


def _as_they_are(path: Path, file: IO[bytes] | gzip.GzipFile) -> Generator[bytes, None, None]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        yield _not_too_long(path, number, line)


def _recoded(path: Path, file: IO[bytes] | gzip.GzipFile, name: str) -> Generator[bytes, None, None]:
    number = 0
    text = io.TextIOWrapper(file, name, newline="\n")
    try:
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            yield _not_too_long(path, number, line.encode())
    except UnicodeError:
        raise InputError(f"{path}, after line {number}: not {name.upper()} as its mark says; {SAVE_AGAIN}") from None
    finally:
        text.detach()


def _not_too_long(path: Path, number: int, line: bytes) -> bytes:
    if len(line) > LONGEST_LINE:
        raise InputError(f"{path}, line {number}: more than {LONGEST_LINE:,} bytes; end each reading with a line break")
    return line
