"""Cursors: places in lists that grow, as texts that callers keep and hand back. A cursor stays right while the list grows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

LATEST = "latest"
"""The cursor behind all that there is: what is asked for is what comes from now on."""


def instant_of(text: str) -> datetime:
    """The instant that a cursor says, UTC without a zone as in tables.

    Raises:
        ValueError: it says none.
    """
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def parts_of(cursor: str, kinds: Sequence[Callable[[str], object]], example: str) -> tuple[object, ...]:
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


def behind(columns: Sequence[ir.Value], parts: Sequence[object]) -> ir.BooleanValue:
    """Whether a row comes after a place, by columns that rows are ordered by; the first of them alone tells most that do not."""
    values = [ibis.literal(part, type=column.type()) for column, part in zip(columns, parts, strict=False)]
    last = len(values) - 1
    later = columns[last] > values[last]
    ahead = list(zip(columns, values, strict=False))[:last]
    is_behind = reduce(lambda inner, pair: (pair[0] > pair[1]) | ((pair[0] == pair[1]) & inner), reversed(ahead), later)
    return (columns[0] >= values[0]) & is_behind
