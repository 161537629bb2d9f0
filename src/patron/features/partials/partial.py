"""What a partial is: a table of aggregates from the facts of one source, one row per customer.

Features never read facts; they read partials. So a change in one source renews one partial, and the same expression over the partials
answers for one customer or for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import ibis

from patron.kernel.time import MICROSECOND, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

Grain = Literal["customer", "shop", "product", "identifier", "other"]

_NEVER = literal(datetime(9999, 1, 1, tzinfo=UTC))
_EVER = literal(datetime(1, 1, 2, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Partial:
    """One table of the plan; its name in the engine is `p_` and the name.

    Attributes:
        name: what features call it.
        rows: its expression over facts and over the tables of earlier partials.
        grain: one row per customer, one row for the shop, per product or per identifier, or rows that only later partials read.
        reads: partials whose tables it reads.
        zeros: columns that are 0, not unknown, for customers without a row.
        is_read: whether its table is read when answers are there, to explain them.
        is_table: whether it is made a table even where one later step alone reads it, as engines misjudge how many rows it has.
    """

    name: str
    rows: Callable[[Facts], ir.Table]
    grain: Grain = "customer"
    reads: tuple[Partial, ...] = ()
    zeros: frozenset[str] = frozenset()
    is_read: bool = False
    is_table: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether its table stays when features are made: what the whole shop tells does, of customers only what is read."""
        return self.is_read or self.is_of_all

    @property
    def is_of_all(self) -> bool:
        """Whether it is made for everybody at once, and stands when only some customers are asked about."""
        return self.grain in {"shop", "product", "identifier"}

    @property
    def table_name(self) -> str:
        """The name of its table."""
        return f"p_{self.name}"

    def expression(self, facts: Facts) -> ir.Table:
        """What its table is made from; said once for the same facts."""
        return _expression(self, facts)

    def table(self, facts: Facts) -> ir.Table:
        """Its table, as an earlier step has made it."""
        return _table(self, facts)


@lru_cache(maxsize=256)
def _expression(partial: Partial, facts: Facts) -> ir.Table:
    return partial.rows(facts)


@lru_cache(maxsize=256)
def _table(partial: Partial, facts: Facts) -> ir.Table:
    return ibis.table(_expression(partial, facts).schema(), name=partial.table_name)


def since(facts: Facts, days: int) -> ir.TimestampValue:
    """The first instant of the window of so many days that ends at as of."""
    return facts.ago(timedelta(days=days))


def within(instant: ir.TimestampValue, facts: Facts, days: int) -> ir.BooleanValue:
    """Whether an instant lies in the window; facts at or after as of are not there to be asked."""
    return instant >= since(facts, days)


def leaves(instant: ir.TimestampValue, days: int) -> ir.TimestampValue:
    """The first instant at which the window of so many days no longer holds the earliest of these instants.

    A window holds its first instant, so the answer changes a microsecond later.
    """
    return instant + ibis.interval(days=days) + MICROSECOND


def earliest(*instants: ir.TimestampValue) -> ir.TimestampValue:
    """The earliest of instants of which some may be unknown; engines disagree on what `least` makes of unknown values."""
    return ibis.least(*[ibis.coalesce(i, _NEVER) for i in instants]).nullif(_NEVER)


def latest(*instants: ir.TimestampValue) -> ir.TimestampValue:
    """The latest of instants of which some may be unknown."""
    return ibis.greatest(*[ibis.coalesce(i, _EVER) for i in instants]).nullif(_EVER)


def total(condition: ir.BooleanValue, value: ir.Value) -> ir.IntegerScalar:
    """The sum of a value over the rows that meet a condition."""
    return ibis.ifelse(condition, value, 0).sum().cast("int64")


def number_of(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """How many rows meet a condition."""
    return condition.ifelse(1, 0).sum().cast("int64")


def first_in(condition: ir.BooleanValue, instant: ir.TimestampValue) -> ir.TimestampScalar:
    """The earliest instant among the rows that meet a condition."""
    return ibis.ifelse(condition, instant, ibis.null(instant.type())).min()


def last_in(condition: ir.BooleanValue, instant: ir.TimestampValue) -> ir.TimestampScalar:
    """The latest instant among the rows that meet a condition."""
    return ibis.ifelse(condition, instant, ibis.null(instant.type())).max()
