"""What can go wrong, as a tree, and the one line of a long failure that says why."""

import re
from typing import Final

from feature_repo.errors import FeatureStoreError
from models.core.errors import BundleError, RegistryError, TrainingError
from schemas.errors import EqmError
from schemas.message_rules import escaped


class SettingsError(EqmError):
    """A setting that cannot be used."""


class InputError(EqmError):
    """A file, folder or record that cannot be read; one line, whatever the file or folder is called."""

    def __str__(self) -> str:
        return escaped(super().__str__())


class StackError(EqmError):
    """A broker, cluster or store that is not as it must be."""


def first_line(fault: BaseException) -> str:
    """What another library's exception says, cut to its first line.

    >>> first_line(OSError("torn\\nsomewhere"))
    'torn'
    """
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]


__all__ = [
    "BundleError",
    "EqmError",
    "FeatureStoreError",
    "InputError",
    "RegistryError",
    "SettingsError",
    "StackError",
    "TrainingError",
    "first_line",
]


_CAUSE: Final = re.compile(
    r"^\s*(?:Caused by: |: )?((?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt)): (\S.*)$"
)
_WRAPPERS: Final = ("ProgramAbortException", "ProgramInvocationException", "Py4JJavaError", "SerializedThrowable")
_NOTHING: Final = ("Python process exits with code", "Exception in thread")


def relevant_line(text: str) -> str:
    """The deepest cause of a Java stack trace or Python traceback, as `Error: message`, without packages.

    Where nothing looks like a cause, the last line that is not empty.

    >>> relevant_line("a.JobException: outer\\n\\tat a.b(C.java:1)\\nCaused by: java.io.IOException: disk full")
    'IOException: disk full'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [found.groups() for line in lines if (found := _CAUSE.match(line))]
    telling = [(name, message) for name, message in causes if not _is_wrapper(name, message)]
    if telling:
        name, message = telling[-1]
        return f"{name.rsplit('.', 1)[-1]}: {message}"
    return lines[-1] if lines else "no reason given"


def _is_wrapper(name: str, message: str) -> bool:
    return name.rsplit(".", 1)[-1] in _WRAPPERS or message.startswith(_NOTHING)
