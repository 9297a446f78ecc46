"""What can be read as recordings: a file of JSON lines, or a session of an Empatica E4."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.recordings.names import Place, composed
from pipelines.recordings.wearers import Block
from pipelines.sources import empatica_e4, json_lines
from pipelines.sources.export_files import ExportFiles
from pipelines.sources.recording import Recording


@dataclass(frozen=True)
class LinesFile:
    """A file of JSON lines, which name their users themselves."""

    path: Path

    def read(self) -> list[Recording]:
        """Its recordings, loaded, one a user; raises `InputError`."""
        return json_lines.recordings(self.path)

    def absolute(self) -> "LinesFile":
        """The same, wherever a program runs."""
        return LinesFile(self.path.absolute())


@dataclass(frozen=True)
class Session:
    """One wearer's session: a folder of E4 files, a zip of them, or a folder in a zip."""

    path: Path
    files: ExportFiles
    place: Place
    """The absolute path as names; of a zip without its suffix, as if it were unpacked."""
    beside: Path
    """The folder whose labels.csv says whose it is."""
    user_id: str = ""
    blocks: tuple[Block, ...] = ()
    """What labels.csv says of it, in order of time."""

    @property
    def name(self) -> str:
        """What labels.csv calls the recording."""
        return composed(self.place[-1]).strip()

    @property
    def data_set(self) -> str:
        """The folder that the session lies in."""
        return self.place[-2] if len(self.place) > 1 else ""

    def read(self) -> list[Recording]:
        """The recording, loaded; a label that is given twice is there once. Raises `InputError`."""
        labels = tuple(dict.fromkeys(block.label for block in self.blocks))
        return [Recording(self.user_id, empatica_e4.read(self.files), labels)]

    def absolute(self) -> "Session":
        """The same, wherever a program runs."""
        return replace(self, path=self.path.absolute(), files=self.files.absolute(), beside=self.beside.absolute())


Source = LinesFile | Session
