"""Which users a shared model has: the same in all workers, at any time, and more of them as the share grows."""

from hashlib import blake2b
from typing import Final

BYTES: Final = 8


def place(user_id: str, version: str) -> float:
    """A number in [0, 1), even over users, and another one for another model version.

    >>> round(place("ann", "0123456789ab"), 3), round(place("ann", "ba9876543210"), 3)
    (0.87, 0.365)
    """
    digest = blake2b(f"{version}\\0{user_id}".encode(), digest_size=BYTES).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def has(user_id: str, version: str, share: float) -> bool:
    """Whether the model with this share of users answers for the user."""
    return place(user_id, version) < share
