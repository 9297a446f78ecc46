"""Text that others wrote, in files and as their names: whether it can be a user id, and how a line shows it."""

from typing import Final

from schemas.message_rules import FORBIDDEN, MAX_ID_LENGTH, is_identity

SHOWN_CHARS: Final = 40


def id_fault(text: str) -> str | None:
    """Why a text cannot be a user id, to be put behind the text; None where it can.

    >>> id_fault("S1/Final"), id_fault("a" * 129)
    (None, 'has 129 characters, where a user id has 128 at most')
    """
    if not 1 <= len(text) <= MAX_ID_LENGTH:
        return f"has {len(text)} characters, where a user id has {MAX_ID_LENGTH} at most"
    return None if is_identity(text) else "holds a character that no user id may have"


def holds_control(text: str) -> bool:
    """Whether a terminal or a reader of lines would obey some character of the text.

    >>> holds_control("Zoë"), holds_control("calm\\n"), holds_control("\\x1b[2J")
    (False, True, True)
    """
    return FORBIDDEN.search(text) is not None


def shown(text: str) -> str:
    r"""Text of a file as a part of one line: in quotes, escaped as Python does, and cut where it is long.

    >>> print(shown("calm\n"), shown("a" * 50))
    'calm\n' 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'…
    """
    return f"{text[:SHOWN_CHARS]!r}{'…' if len(text) > SHOWN_CHARS else ''}"
