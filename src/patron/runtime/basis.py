"""What the answers that ticks keep true rest on: the facts of the last full refresh. Kept with them, in the same transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.facts.as_of import DETAILS, RECENT
from patron.features.partials.last_events import OLD
from patron.kernel.tables import Column, Table
from patron.kernel.time import in_utc
from patron.runtime.renewing import of_touched

if TYPE_CHECKING:
    from collections.abc import Collection

    from patron.facts.as_of import Facts
    from patron.ports.engine import Store

BASIS = Table(
    "basis",
    "one row: what the last full refresh, whose answers ticks keep true, was made from",
    (),
    (
        Column("as_of", "instant", "the instant before which the facts are that tell of the whole population", required=True),
        Column("kinds", "text", "which kinds of facts there were, and as of when it looked at all old events, as JSON", required=True),
    ),
)
_ROWS = BASIS.unbound()
_FACTS = frozenset(table.name for table in t.FACTS)
_TELLING = frozenset({"orders", "spend", "forgotten"})  # of currencies and costs; and what is forgotten may have been all there was


@dataclass(frozen=True, slots=True)
class Basis:
    """What a full refresh was made from.

    Attributes:
        as_of: facts before this instant.
        known: what was known of: `Facts.known`.
        currencies: those that facts were in, beside the shop's.
        costed: whether costs were known.
        old_events_at: the instant as of which what is kept of old events was worked out of all events.
    """

    as_of: datetime
    known: frozenset[str]
    currencies: frozenset[str]
    costed: bool
    old_events_at: datetime

    @classmethod
    def of(cls, facts: Facts, old_events_at: datetime | None = None) -> Basis:
        """That of a refresh of these facts, which looked at old events anew unless it is said when that was."""
        return cls(facts.as_of, facts.known, facts.currencies, facts.costed, old_events_at or facts.as_of)

    def is_of_kinds(self, facts: Facts) -> bool:
        """Whether facts are of no other kinds."""
        return (self.known, self.currencies, self.costed) == (facts.known, facts.currencies, facts.costed)

    def is_outlived(self, now: datetime) -> bool:
        """Whether events that happened before have become so old that neither what is kept of old ones nor the recent ones hold them."""
        return now - self.old_events_at > RECENT - OLD

    def lasting_old_events(self, now: datetime) -> datetime | None:
        """As of when what is kept of old events was worked out, if it serves another full refresh and long enough after it; else None."""
        return self.old_events_at if now - self.old_events_at <= (RECENT - OLD) / 2 else None

    def of_touched(self, facts: Facts) -> Facts:
        """Facts of the customers that a tick looks at, of the kinds that everybody's answers are made from.

        Amounts in a currency that has come since are converted at once; whom nothing touches has none.
        """
        return of_touched(replace(facts, known=self.known, costed=self.costed))


def kept_basis(store: Store) -> Basis | None:
    """That of the answers that are kept; None where it is not known."""
    rows = store.query(_ROWS).to_pylist()
    if not rows:
        return None
    kinds = json.loads(rows[0]["kinds"])
    as_of = rows[0]["as_of"].replace(tzinfo=UTC)
    old_events_at = datetime.fromisoformat(kinds.get("old_events_at", as_of.isoformat()))
    return Basis(as_of, frozenset(kinds["known"]), frozenset(kinds["currencies"]), kinds["costed"], old_events_at)


def keep_basis(store: Store, basis: Basis) -> None:
    """Keep it in the place of the one before."""
    kinds = {
        "known": sorted(basis.known),
        "currencies": sorted(basis.currencies),
        "costed": basis.costed,
        "old_events_at": basis.old_events_at.isoformat(),
    }
    store.put(BASIS.name, {"as_of": in_utc(basis.as_of), "kinds": json.dumps(kinds)})


def may_tell(written: Collection[str], held: Facts) -> bool:
    """Whether new rows of these tables can make facts of a kind known that were not: a table, a detail, a currency, a cost."""
    details = {table.name for name, (table, _) in DETAILS.items() if name not in held.known}
    return any(name in _TELLING or name in details or (name in _FACTS and name not in held.known) for name in written)
