"""Ids: 63-bit integers in tables, prefixed text for people.

An id is derived from what the thing is called outside, so the same order from the same source has the same id whenever and wherever it
is loaded. `derived` here and `hash63` in an engine give the same number for the same text.
"""

from __future__ import annotations

import hashlib
from typing import NewType

import ibis

CustomerId = NewType("CustomerId", int)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_LENGTH = 13
SEPARATOR = "\x1f"  # between the parts of a name; cannot be typed, so parts cannot run into each other


def derived(*parts: str) -> int:
    """The id of the thing with this name: 63 bits of the MD5 of its parts."""
    digest = hashlib.md5(SEPARATOR.join(parts).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") >> 1


@ibis.udf.scalar.builtin(signature=(("string",), "int64"))
def hash63(text):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The same number as `derived` for a text in a table; each engine adapter provides it."""


def shown(prefix: str, number: int) -> str:
    """An id as people and other programs see it.

    >>> shown("cus", 1)
    'cus_0000000000001'
    """
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"


def number_of(text: str, prefix: str) -> int | None:
    """The number inside a shown id, or None when the text is no such id.

    >>> number_of("cus_0000000000001", "cus")
    1
    """
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH or any(c not in _ALPHABET for c in tail):
        return None
    number = 0
    for char in tail:
        number = number * 32 + _ALPHABET.index(char)
    return number
