"""What control messages say, and which say nothing."""

import json

import pytest

from pipelines.core.errors import InputError
from pipelines.rollout.control import good_key_of, instruction, is_kept, key_of
from schemas.roles import Role

GOOD = {"role": "serve", "name": "small", "version": "1", "uri": "file:///models/small-1", "checksum": "0" * 64}


@pytest.mark.parametrize("role", Role)
def test_a_message_gives_a_role_or_ends_it(role: Role) -> None:
    share = {"share": 0.25} if role == Role.SHARE else {}
    value = json.dumps(GOOD | {"role": role} | share).encode()
    for key in (key_of(role), good_key_of(role)):
        found = instruction(key, value)
        assert (found.role, found.control and found.control.role) == (role, role)
        assert instruction(key, None).control is None
    assert (is_kept(key_of(role)), is_kept(good_key_of(role))) == (False, True)


@pytest.mark.parametrize(
    ("key", "change", "said"),
    [
        (None, {}, "key is None"),
        (b"\xff", {}, "key is"),
        (b"good", {}, "key is"),
        (b"serve", {"role": "king"}, "role"),
        (b"shadow", {}, "role is serve, the key says shadow"),
        (b"serve", {"checksum": "0"}, "checksum"),
        (b"serve", {"uri": "models/small-1"}, "uri"),
        (b"serve", {"colour": "red"}, "colour"),
        (b"serve", {"share": 0.5}, "share must be given for the role share"),
        (b"share", {"role": "share"}, "share must be given for the role share"),
        (b"share", {"role": "share", "share": 1.5}, "share"),
    ],
)
def test_what_cannot_be_followed_is_one_line_that_names_the_field(
    key: bytes | None, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match="not a control message") as fault:
        instruction(key, json.dumps(GOOD | change).encode())
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_object_is_refused(value: bytes) -> None:
    with pytest.raises(InputError, match="not a control message"):
        instruction(b"serve", value)
