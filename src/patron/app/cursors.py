"""Cursors: places in lists that grow, as texts that callers keep and hand back. A cursor stays right while the list grows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError
from patron.kernel.given import given
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

    from patron.kernel.given import Plain

LATEST = "latest"
"""The cursor behind all that there is: what is asked for is what comes from now on."""
_BITS = 63


def instant_of(text: str) -> datetime:
    """The instant that a cursor says, UTC without a zone as in tables.

    Raises:
        ValueError: it says none.
    """
    read = datetime.fromisoformat(text)
    try:
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except OverflowError as error:  # in UTC it is before the first year, or after the last
        raise ValueError(text) from error


def whole_of(text: str) -> int:
    """The whole number that a part of a cursor says, as tables hold them.

    Raises:
        ValueError: it says none.
    """
    read = int(text)
    if read.bit_length() > _BITS:
        raise ValueError(text)
    return read


def text_of(text: str) -> str:
    """A part of a cursor as it is.

    Raises:
        ValueError: no text in a table is like it.
    """
    if "\0" in text:
        raise ValueError(text)
    return text


def parts_of(cursor: str, kinds: Sequence[Callable[[str], Plain]], example: str) -> tuple[Plain, ...]:
    """The parts of a cursor, fewer where it is cut short: an instant alone is the place behind all of that instant.

    Raises:
        InputError: it is none of these cursors.
    """
    texts = cursor.split(",", len(kinds) - 1)
    try:
        return tuple(kind(text) for kind, text in zip(kinds, texts, strict=False))
    except ValueError:
        problem = Problem("after", cursor, f"a cursor that was told as `next`, an instant in ISO 8601, or {LATEST}: {example}")
        raise InputError("The cursor cannot be used.", [problem]) from None


def place(parts: Sequence[Plain]) -> dict[str, Plain]:
    """What a place is given as to a question that asks for rows `behind` one of so many parts."""
    return {_part(number): part for number, part in enumerate(parts)}


def behind(columns: Sequence[ir.Value], parts: int) -> ir.BooleanValue:
    """Whether a row comes after a place of so many parts, which is given (`place`), by columns that rows are ordered by.

    The first of them alone tells most that do not.
    """
    ordered = list(zip(columns, [given(_part(number), column.type()) for number, column in enumerate(columns)], strict=True))[:parts]
    last, value = ordered[-1]
    is_behind = reduce(lambda inner, pair: (pair[0] > pair[1]) | ((pair[0] == pair[1]) & inner), reversed(ordered[:-1]), last > value)
    first, earliest = ordered[0]
    return (first >= earliest) & is_behind


def _part(number: int) -> str:
    return f"part_{number}"
