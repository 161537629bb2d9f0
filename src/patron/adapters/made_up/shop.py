"""Fills a store with a made-up shop, table by table, a span of time at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.adapters.made_up import buying, catalogue, contact, people, spending, visits
from patron.adapters.made_up.plan import Plan, Proportions
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.kernel.money import Currency

_TEMPORARY = ("_person", "_place", "_product", "_order", "_visit", "_line", "_bill", "_paid", "_total", "_refund")


def _unheard(_share: float) -> None:
    """Nobody wants to know how far it is."""


def fill(  # noqa: PLR0913  # what a shop is made from
    store: DuckDBEngine,
    *,
    customers: int,
    seed: int,
    ends_at: datetime,
    currency: Currency,
    much: Proportions | None = None,
    progress: Callable[[float], None] = _unheard,
) -> None:
    """Make up a shop and keep it in the store, or nothing of it.

    Args:
        store: an open store without orders; fact tables are declared if they are not there.
        customers: how many people are known.
        seed: the same seed gives the same shop.
        ends_at: three years end here; nothing happens at or after it.
        currency: of all amounts.
        much: how much of everything; by default 5 orders, 20 messages and 100 events for each customer.
        progress: is told the share that is done, 0 to 1.

    Raises:
        InputError: the store holds customers already, or there is nobody to make up.
    """
    plan = Plan(customers, seed, ends_at, currency, much or Proportions())
    with store.transaction():
        for table in (*t.FACTS, *t.LEDGER):
            store.declare(table)
        if store.query(t.CUSTOMERS.unbound().limit(1)).num_rows:
            raise InputError("The project has customers already.", [Problem("project", "customers", "an empty project for a made-up shop")])
        _Filling(store, plan, progress).run()


class _Filling:
    """One filling of one store."""

    def __init__(self, store: DuckDBEngine, plan: Plan, progress: Callable[[float], None]) -> None:
        self._store = store
        self._plan = plan
        self._progress = progress
        self._spans = list(plan.spans())

    def run(self) -> None:
        self._people()
        self._orders()
        self._visits()
        for name in _TEMPORARY:
            self._store.drop(name)
        self._progress(1.0)

    def _people(self) -> None:
        plan = self._plan
        self._do(people.persons(plan))
        self._do(people.places(plan))
        self._do(catalogue.products(plan))
        self._into("products", catalogue.catalogue(plan))
        self._into("listings", catalogue.listings())
        self._into("profiles", people.profiles(plan))
        self._into("customers", people.customers())
        self._into("identifiers", people.identifiers(plan))
        self._into("links", people.links(plan))
        self._into("identities", people.identities())
        self._into("consents", people.consents(plan))
        self._into("spend", spending.spend(plan))
        self._progress(0.05)

    def _orders(self) -> None:
        plan = self._plan
        guests = round(plan.customers * plan.much.orders * buying.GUESTS)
        first, raw = self._numbers("SELECT count(ordered), coalesce(sum(floor(raw * 1e6)::BIGINT), 0)::BIGINT FROM _person")
        wanted = plan.customers * plan.much.orders - guests - first
        self._do(buying.orders(plan, max(0.0, wanted / (raw / 1e6)) if raw else 0.0))
        self._do("CREATE OR REPLACE TEMP TABLE _paid (n BIGINT, t BIGINT, total BIGINT)")
        share = self._newsletter_share()
        (baskets, count) = self._numbers("SELECT coalesce(sum(floor(basket * 1e6)::BIGINT), 0)::BIGINT, count(*) FROM _order")
        # Cutting an exponential draw to a whole number takes about half a line.
        basket = max(0.01, plan.much.lines - 0.5) / (baskets / 1e6 / count) if count else 0.0
        for done, (begin, end) in enumerate(self._spans, 1):
            self._do(buying.lines(plan, begin, end, basket))
            self._do(buying.bills(plan))
            self._into("order_lines", buying.line_rows(plan))
            self._into("orders", buying.order_rows(plan))
            refunds = buying.refund_rows(plan)
            self._do(f"CREATE TEMP TABLE _refund AS {refunds}" if done == 1 else f"INSERT INTO _refund BY NAME {refunds}")
            self._do("INSERT INTO _paid SELECT n, t, net + tax + shipping + fees FROM _bill WHERE is_tracked ORDER BY n")
            self._into("reviews", contact.reviews(plan))
            self._into("tickets", contact.tickets(plan))
            self._into("redemptions", buying.redemption_rows(plan))
            self._into("messages", contact.messages(plan, begin, end, share))
            self._progress(0.1 + 0.35 * done / len(self._spans))
        self._into("refunds", "SELECT * FROM _refund ORDER BY refunded_at, refund_id")

    def _visits(self) -> None:
        plan = self._plan
        anonymous = round(plan.customers * plan.much.events / visits.STEPS * visits.ANONYMOUS)
        (ordering,) = self._numbers("SELECT count(*) FROM _order WHERE is_tracked")
        (looking,) = self._numbers("SELECT count(*) FROM _person WHERE ordered IS NULL OR ordered > seen")
        (raw,) = self._numbers(f"SELECT coalesce(sum(floor(raw_visits * 1e6)::BIGINT), 0)::BIGINT FROM _person WHERE i <> {plan.whale}")
        wanted = plan.customers * plan.much.events / visits.STEPS - anonymous - ordering - looking - plan.whale_visits
        self._do(visits.visits(plan, max(0.0, wanted / (raw / 1e6)) if raw else 0.0))
        for done, (begin, end) in enumerate(self._spans, 1):
            self._do(visits.totals(begin, end))
            self._into("events", visits.events(plan, begin, end))
            self._progress(0.5 + 0.5 * done / len(self._spans))

    def _newsletter_share(self) -> float:
        (confirmed,) = self._numbers("SELECT count(*) FROM _order WHERE channel <> 'pos' AND customer_id IS NOT NULL")
        (letters,) = self._numbers(contact.letters(self._plan))
        wanted = self._plan.customers * self._plan.much.messages - confirmed
        return min(1.0, max(0.0, wanted / letters)) if letters else 0.0

    def _into(self, table: str, select: str) -> None:
        self._do(f"INSERT INTO {table} BY NAME {select}")

    def _do(self, statement: str) -> None:
        self._store.execute(statement)

    def _numbers(self, select: str) -> tuple[int, ...]:
        return tuple(int(v) for v in self._store.execute(select).fetchall()[0])
