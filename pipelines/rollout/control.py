"""Messages of the control topic."""

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from pipelines.core.errors import InputError
from schemas.errors import first_problem, one_line
from schemas.records import ModelControl
from schemas.roles import Role

GOOD: Final = ".good"
"""Ends the key under which workers keep what they loaded last for a role."""


@dataclass(frozen=True)
class Instruction:
    """What a message says: a model for the role, or, with none, the role's end."""

    role: Role
    control: ModelControl | None


def key_of(role: Role) -> bytes:
    return role.encode()


def good_key_of(role: Role) -> bytes:
    return (role + GOOD).encode()


def role_of(key: bytes | None) -> Role | None:
    """The role that a key names; None for any other key."""
    try:
        return Role((key or b"").decode("utf-8", "replace"))
    except ValueError:
        return None


def is_kept(key: bytes | None) -> bool:
    """Whether workers have left it, for themselves."""
    return role_of(key) is None and role_of((key or b"").removesuffix(GOOD.encode())) is not None


def instruction(key: bytes | None, value: bytes | None) -> Instruction:
    """What a message says; raises InputError, naming the field, where it says nothing that could be done.

    >>> instruction(b"shadow", None)
    Instruction(role=<Role.SHADOW: 'shadow'>, control=None)
    >>> instruction(b"shadow", b"{}")
    Traceback (most recent call last):
    pipelines.core.errors.InputError: not a control message: role: Field required; announce with `eqm models announce`
    """
    role = role_of((key or b"").removesuffix(GOOD.encode()))
    if role is None:
        raise _bad(f"key is {one_line(repr(key))}, must be one of {', '.join(Role)}")
    return Instruction(role, None if value is None else _control(role, value))


def _control(role: Role, value: bytes) -> ModelControl:
    try:
        control = ModelControl.model_validate_json(value)
    except ValidationError as fault:
        raise _bad(first_problem(fault)) from None
    if control.role != role:
        raise _bad(f"role is {control.role}, the key says {role}")
    if (control.share is None) == (role == Role.SHARE):
        raise _bad("share must be given for the role share, and for no other")
    return control


def _bad(what: str) -> InputError:
    return InputError(f"not a control message: {what}; announce with `eqm models announce`")
