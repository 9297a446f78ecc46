"""The root of all errors that are shown to users as one line, and that line of a record's validation."""

from typing import TYPE_CHECKING, Final

from schemas.message_rules import escaped

if TYPE_CHECKING:
    from pydantic import ValidationError

MOST_CHARS: Final = 200
"""Of what was found in a record: names of members are text of whoever sent it."""


class EqmError(Exception):
    """One clear line: what, where, and what to do."""


def first_problem(fault: "ValidationError") -> str:
    """The first thing wrong with a record: its field, and what it must be; one line, however it was named.

    >>> from pydantic import ValidationError
    >>> from schemas.records import Label
    >>> try: Label.model_validate_json(b'{"label": 7}')
    ... except ValidationError as fault: first_problem(fault)
    'user_id: Field required'
    """
    error = fault.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in error["loc"])
    return one_line(f"{field}: {error['msg']}" if field else error["msg"])


def one_line(text: str, most_chars: int = MOST_CHARS) -> str:
    """Text of others as a part of one line that can be stored: cut where it is too long, escaped as JSON would escape.

    >>> one_line("calm\\n\\x1b[31m"), one_line("a" * 9, most_chars=4)
    ('calm\\\\u000a\\\\u001b[31m', 'aaa…')
    """
    shown = escaped(text[: most_chars + 1])
    return shown if len(shown) <= most_chars else f"{shown[: most_chars - 1]}…"
