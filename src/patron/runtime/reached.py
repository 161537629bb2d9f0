"""How far the live path has come: kept with the facts and answers, in the same transaction."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import ibis

from patron.kernel.tables import Column, Table
from patron.kernel.time import in_utc

if TYPE_CHECKING:
    from datetime import datetime

    from patron.ports.engine import Store

TICKS = Table(
    "ticks",
    "one row: how far the live path has come",
    (),
    (
        Column("position", "count", "the last entry of the inbox that has become facts", required=True),
        Column("as_of", "instant", "the instant that memberships are for; null when they have to be made anew"),
        Column("definitions", "text", "what they were made by"),
    ),
)
_ROWS = TICKS.unbound()


def reached(store: Store, definitions: str = "") -> tuple[int, datetime | None]:
    """The last entry of the inbox that has become facts, and the instant of the answers; None where they have to be made anew.

    Args:
        store: the project's.
        definitions: the digest of those that answers must have been made by; whichever if not given.
    """
    return stands(store, definitions) if TICKS.name in store.tables() else (0, None)


def stands(store: Store, definitions: str) -> tuple[int, datetime | None]:
    """The same, where the live path has declared its table."""
    rows = store.pick(TICKS.name, ("position", "as_of", "definitions"))
    if not rows:
        return 0, None
    as_of = rows[0]["as_of"] if definitions in {"", rows[0]["definitions"]} else None
    return rows[0]["position"], as_of and as_of.replace(tzinfo=UTC)


def reach(store: Store, position: int, as_of: datetime, definitions: str) -> None:
    """Keep how far it is now."""
    store.put(TICKS.name, {"position": position, "as_of": in_utc(as_of), "definitions": definitions})


def outdate(store: Store) -> None:
    """Facts or answers were changed by another way than ticks: the next tick makes all answers anew."""
    if TICKS.name in store.tables():
        store.update(TICKS.name, _ROWS.select("position", as_of=ibis.null("timestamp(6)")), on=("position",))
