"""Where the files of one export lie: in a folder, or packed in a zip, which is read in place and never unpacked."""

import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pipelines.core.errors import InputError, first_line
from pipelines.core.text_files import MOST_BYTES, read_text, text_of

ZIP: Final = ".zip"
TORN: Final = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)
"""What the reader of zips raises for one that is damaged, or packed in a way it does not know."""


@dataclass(frozen=True)
class ExportFiles:
    """The files of an export, by the names that the device's maker gives them, whatever their case here."""

    place: Path
    """The folder, or the zip."""
    entries: tuple[tuple[str, str], ...]
    """The maker's name of each file that is there, and where it lies below `place`."""

    @classmethod
    def among(cls, place: Path, below: Iterable[str], names: Iterable[str]) -> Self | None:
        """Those files among paths below a place that bear one of the names, in any case; None where none does.

        Raises InputError where two files bear the same name.

        >>> ExportFiles.among(Path("day.zip"), ["A01/eda.csv", "A01/notes.txt"], ["ACC.csv", "EDA.csv"]).entries
        (('EDA.csv', 'A01/eda.csv'),)
        """
        makers = {name.lower(): name for name in names}
        found = [(makers[_last(each)], each) for each in below if _last(each) in makers]
        times = Counter(name for name, _ in found)
        for name in times:
            if times[name] > 1:
                alike = " and ".join(sorted(str(place / entry) for same, entry in found if same == name))
                raise InputError(f"{alike} are both {name} of one recording; remove one of them")
        return cls(place, tuple(sorted(found))) if found else None

    def absolute(self) -> Self:
        """The same, wherever a program runs."""
        return type(self)(self.place.absolute(), self.entries)

    def where(self, name: str) -> Path:
        """What errors call a file."""
        return self.place / dict(self.entries).get(name, name)

    def text(self, name: str) -> str:
        """A file's text; nothing where the file is absent. Raises InputError."""
        entry = dict(self.entries).get(name)
        if entry is None:
            return ""
        if self.place.is_dir():
            return read_text(self.place / entry)
        return text_of(_packed(self.place, entry), self.where(name))


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].lower()


def zip_fault(path: Path, fault: Exception) -> InputError:
    """Of a zip, or a file in one, that cannot be read."""
    return InputError(f"{path}: cannot be unpacked ({first_line(fault)}); copy or export it again")


def _packed(place: Path, entry: str) -> bytes:
    """One byte more than may be read is enough to refuse the file; so no zip can fill the memory."""
    try:
        with zipfile.ZipFile(place) as packed, packed.open(entry) as file:
            return file.read(MOST_BYTES + 1)
    except (*TORN, KeyError) as fault:
        raise zip_fault(place / entry, fault) from fault
