"""Facts as they were known at an instant: the one door through which features, segments and measurement read facts.

Each table is cut at `as_of` by the instant its rows happened at; instants inside a row that come later are not known yet. Amounts are
in the shop's currency, by the rate of the day; contribution margin is worked out here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.money import exponent
from patron.kernel.time import SECONDS_PER_DAY, literal, moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.facts.shop import Shop
    from patron.kernel.tables import Table

DETAILS = {"birthdays": (t.CUSTOMERS, "birth_on"), "categories": (t.PRODUCTS, "category")}
"""Columns that many shops do not have at all: what is worked out from them alone waits for them, by these names."""
PREDICTIONS = "predictions"
"""What is known once models were fitted to the shop and kept: features made with them wait for it, by this name."""
RECENT = timedelta(days=180)
"""What happened on the site longer ago is read only by what asks for more than so much; most of all events are older."""

HAPPENED = {
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "refunds": "refunded_at",
    "events": "occurred_at",
    "messages": "sent_at",
    "consents": "occurred_at",
    "redemptions": "redeemed_at",
    "reviews": "reviewed_at",
    "tickets": "opened_at",
    "list_members": "added_at",
    "customers": "first_seen_at",
}
"""The column that says when a row came true, by fact table."""
_NO_FACT = {"received_at", "updated_at"}
_BY_NAME = {table.name: table for table in t.FACTS}


@dataclass(frozen=True)  # without slots: what is said once is kept
class Facts:
    """Facts before an instant.

    Attributes:
        shop: the owner's statements.
        as_of: facts at or after this instant are unknown.
        known: names of the fact tables that hold any row at all, of `DETAILS` that any row has, and `PREDICTIONS` where models are kept;
            a feature that needs another one is unknown, not zero.
        currencies: currencies other than the shop's that occur in facts; with none, nothing is converted.
        costed: whether the cost of goods is known for any order.
        only: a table of the customers (customer_id) whose facts are read; everybody's if empty.
        is_live: whether the instant is the one that the store was told, so that statements serve every tick; `as_of` then stands for the
            day (`Calendar.mark`).
    """

    shop: Shop
    as_of: datetime
    known: frozenset[str]
    currencies: frozenset[str] = frozenset()
    costed: bool = False
    only: str = ""
    is_live: bool = False

    @cached_property
    def now(self) -> ir.TimestampValue:
        """The instant of the answer."""
        now: ir.TimestampValue = moment() if self.is_live else literal(self.as_of)
        return now

    def ago(self, span: timedelta) -> ir.TimestampValue:
        """The instant that lies so long before `now`."""
        if not self.is_live:
            return literal(self.as_of - span)
        return self.now - ibis.interval(seconds=span.days * SECONDS_PER_DAY + span.seconds) - ibis.interval(microseconds=span.microseconds)

    def whose(self, rows: ir.Table) -> ir.Table:
        """The rows of the customers that are asked about."""
        if not self.only:
            return rows
        asked = ibis.table({"customer_id": "int64"}, name=self.only)
        return rows.semi_join(asked, "customer_id")

    @cached_property
    def customers(self) -> ir.Table:
        """`facts.CUSTOMERS` seen before `as_of`; a birthday or name has no instant and is taken as it is now."""
        return self._before(t.CUSTOMERS)

    @cached_property
    def products(self) -> ir.Table:
        """`facts.PRODUCTS`: a catalogue, as it is now."""
        return t.PRODUCTS.unbound()

    @cached_property
    def orders(self) -> ir.Table:
        """`facts.ORDERS` placed before `as_of`, in the shop's currency, with `margin` (money: contribution margin before refunds)."""
        orders = self._converted(self._before(t.ORDERS), t.ORDERS)
        return orders.mutate(margin=self._margin(orders))

    @cached_property
    def sales(self) -> ir.Table:
        """Orders that count: sales that are not called off as of now."""
        orders = self.orders
        return orders.filter(orders.kind == "sale", orders.cancelled_at.isnull())

    @cached_property
    def order_lines(self) -> ir.Table:
        """`facts.ORDER_LINES` before `as_of`, in the shop's currency."""
        return self._converted(self._before(t.ORDER_LINES), t.ORDER_LINES)

    @cached_property
    def refunds(self) -> ir.Table:
        """`facts.REFUNDS` before `as_of`, in the shop's currency."""
        return self._converted(self._before(t.REFUNDS), t.REFUNDS)

    @cached_property
    def events(self) -> ir.Table:
        """`facts.EVENTS` before `as_of`; values in the shop's currency."""
        return self._converted(self._before(t.EVENTS), t.EVENTS)

    def events_in_last(self, span: timedelta) -> ir.Table:
        """Events of a span before `now`, and maybe some before it: those of `RECENT` where that is enough."""
        return self._recent_events if span <= RECENT else self.events

    @cached_property
    def _recent_events(self) -> ir.Table:
        events = t.EVENTS.unbound()
        return self._converted(self._before(t.EVENTS, events.filter(events.occurred_at >= self.ago(RECENT))), t.EVENTS)

    @cached_property
    def messages(self) -> ir.Table:
        """`facts.MESSAGES` sent before `as_of`."""
        return self._before(t.MESSAGES)

    def messages_with(self, sign: str, span: timedelta) -> ir.Table:
        """`messages` of which something (`opened_at`, `clicked_at` …) came true in a span before `now`."""
        rows = t.MESSAGES.unbound()
        return self._before(t.MESSAGES, rows.filter(rows[sign] >= self.ago(span), rows[sign] < self.now))

    @cached_property
    def consents(self) -> ir.Table:
        """`facts.CONSENTS` given or taken back before `as_of`."""
        return self._before(t.CONSENTS)

    @cached_property
    def redemptions(self) -> ir.Table:
        """`facts.REDEMPTIONS` before `as_of`."""
        return self._before(t.REDEMPTIONS)

    @cached_property
    def reviews(self) -> ir.Table:
        """`facts.REVIEWS` written before `as_of`; reviews without a date are left out."""
        return self._before(t.REVIEWS)

    @cached_property
    def tickets(self) -> ir.Table:
        """`facts.TICKETS` opened before `as_of`; the answer to one that is closed later has no rating yet."""
        rows = t.TICKETS.unbound()
        rated = rows.closed_at.isnull() | (rows.closed_at < self.now)
        satisfaction = ibis.ifelse(rated, rows.satisfaction, ibis.null("float64"))
        return self._before(t.TICKETS, rows.mutate(satisfaction=satisfaction))

    @cached_property
    def list_members(self) -> ir.Table:
        """`facts.LIST_MEMBERS` added before `as_of`; whoever was merged since is listed as the customer that stays."""
        listed, people = t.LIST_MEMBERS.unbound(), t.IDENTITIES.unbound().rename(_stays="customer_id")
        now = listed.left_join(people, listed.customer_id == people.identifier_id)
        stay = now.select("list_name", "added_at", customer_id=ibis.coalesce(now._stays, now.customer_id))
        known = stay.filter(stay.customer_id.notnull())  # a relation of its own: a join cannot go on with what is worked out in it
        return self._before(t.LIST_MEMBERS, known).distinct()

    @cached_property
    def spend(self) -> ir.Table:
        """`facts.SPEND` of spans that ended before the shop's day of `as_of`, in the shop's currency; left out where no rate is known."""
        spend = t.SPEND.unbound()
        known = self._converted(spend.filter(spend.ends_on < self.shop.calendar.day_of(self.as_of)), t.SPEND)
        return known.filter(known.cost.notnull())

    @property
    def ahead(self) -> ir.Table:
        """Facts that are dated after `now`: customer_id, and known_at, the instant of the first."""
        return ibis.union(*[part for name in sorted({"customers", *self.known} & HAPPENED.keys()) for part in self._ahead(_BY_NAME[name])])

    def _ahead(self, table: Table) -> Iterable[ir.Table]:
        rows = table.unbound()
        rows = self.whose(rows.filter(rows.occurred_at >= self.ago(RECENT)) if table is t.EVENTS else rows)
        for column in (c.name for c in table.columns if c.kind == "instant" and c.name not in _NO_FACT):
            later = rows.filter(rows[column] >= self.now, rows.customer_id.notnull())
            yield later.group_by("customer_id").aggregate(known_at=later[column].min())

    def _before(self, table: Table, rows: ir.Table | None = None) -> ir.Table:
        happened = HAPPENED[table.name]
        rows = self.whose(table.unbound() if rows is None else rows)
        later = {
            c.name: ibis.ifelse(rows[c.name] < self.now, rows[c.name], ibis.null(c.type))
            for c in table.columns
            if c.kind == "instant" and c.name not in {happened, "received_at"}
        }
        cut = rows.filter(rows[happened] < self.now)
        return cut.mutate(**{name: ibis.ifelse(cut[name] < self.now, cut[name], ibis.null(cut[name].type())) for name in later})

    def _converted(self, rows: ir.Table, table: Table) -> ir.Table:
        if not self.currencies:
            return rows
        on = rows.starts_on if table is t.SPEND else rows[HAPPENED[table.name]].date()
        dated = rows.mutate(_on=on)
        rates = t.RATES.unbound().select("currency", "starts_on", "rate")
        by_currency = ibis.window(group_by=rates.currency, order_by=rates.starts_on)
        spans = rates.mutate(_until=rates.starts_on.lead().over(by_currency)).rename(_code="currency", _from="starts_on")
        rated = dated.left_join(
            spans,
            [dated.currency == spans._code, dated._on >= spans._from, spans._until.isnull() | (dated._on < spans._until)],
        )
        here = self.shop.currency
        factor = ibis.cases((rated.currency == here, ibis.literal(1.0)), else_=rated.rate * self._scale(rated.currency))
        money = [c.name for c in table.columns if c.kind == "money"]
        converted = rated.mutate(
            **{c: (rated[c].cast("float64") * factor).round().cast("int64") for c in money}, currency=ibis.literal(here)
        )
        return converted.select(*rows.columns)

    def _scale(self, code: ir.StringValue) -> ir.Value:
        """Minor units of the shop's currency per minor unit of another, at rate 1."""
        here = exponent(self.shop.currency)
        return ibis.cases(
            *[(code == c, ibis.literal(10.0 ** (here - exponent(c)))) for c in sorted(self.currencies)], else_=ibis.literal(1.0)
        )

    def _margin(self, orders: ir.Table) -> ir.Value:
        """Net revenue less cost of goods, payment and delivery; by the owner's margin rate where costs are unknown, else unknown."""
        revenue = orders.net_revenue.cast("float64")
        rate = ibis.null("float64") if self.shop.margin_rate is None else revenue * self.shop.margin_rate
        goods = ibis.coalesce(revenue - orders.cost.cast("float64"), rate) if self.costed else rate
        handling = orders.total.cast("float64") * self.shop.payment_rate + float(self.shop.delivery_cost)
        return (goods - handling).round().cast("int64")
