"""A report on disk: a folder of files that are written together or not at all."""

from collections.abc import Collection, Mapping
from pathlib import Path

from pipelines.errors import InputError, SettingsError
from schemas.whole import whole_folder


def check(output: Path, names: Collection[str], what: str) -> None:
    """Raises SettingsError where the folder holds anything but an earlier such report, which will be replaced."""
    if output.exists() and (not output.is_dir() or {each.name for each in output.iterdir()} - set(names)):
        raise SettingsError(f"{output} holds something else than {what}; choose another --output")


def write(output: Path, texts: Mapping[str, str], what: str) -> None:
    """Writes the texts by file name beside the folder and moves them there together."""
    check(output, texts, what)
    try:
        with whole_folder(output) as fresh:
            for name, text in texts.items():
                (fresh / name).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise InputError(f"{output} cannot be written ({fault.strerror}); choose another --output") from fault
