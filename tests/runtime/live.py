"""A shop that lives: records come, time passes, ticks follow; and the referee says whether all memberships are right."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.facts.as_of import Facts
from patron.facts.shop import Shop
from patron.features.catalog import BUILT_IN
from patron.kernel.time import Calendar
from patron.runtime.due_times import due_now
from patron.runtime.memberships import CHANGES
from patron.runtime.pipeline import Definitions
from patron.runtime.referee import strays
from patron.runtime.ticking import Ticks
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS
from patron.segments.check import checked
from patron.segments.definition import read
from patron.testing.inbox import MemoryInbox
from runtime.narrowed import narrowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.runtime.ticked import Answered, Ticked


SHOP = Shop(name="Live", calendar=Calendar("Europe/Berlin"))
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
SEGMENTS = {
    "viewed_lately": 'happened("product_viewed", last="7 days") >= 2',
    "in_the_last_hour": 'happened("product_viewed", last="1 hour")',
    "abandoned": 'sequence("product_added", absent("order_placed"), within="1 hour", last="2 days")',
    "late": "lateness > 1 and order_count >= 2",
    "silent": "days_since_last_order > 30",
    "worth": "net_revenue_90d >= 100",
    "best": "top(net_revenue, share=0.3)",
    "above": "net_revenue > 1.5 * average(net_revenue)",
    "came_back": 'in_segment("worth") and entered("viewed_lately", last="3 days")',
    "interested": "engagement_points >= 3",
    "champion": 'rfm_group == "champions"',
    "open_cart": "has_open_cart and not in_segment('silent')",
    "varied": "distinct_product_count >= 2",
    "stage": 'stage == "onboarding"',
    "invited": 'in_list("invited") and order_count >= 1',
}
_NAMES = (
    "lateness", "order_count", "days_since_last_order", "net_revenue_90d", "net_revenue", "engagement_points", "rfm_group", "has_open_cart",
    "stage", "visit_count_7d", "distinct_product_count", "email_consent",
)  # fmt: skip


def definitions(segments: dict[str, str] | None = None) -> Definitions:
    """A few segments of every kind, over the features that they and their due times read."""
    read_ones = [
        read(f'name = "{s}"\nmeaning = "A test."\nwhere = {w!r}', slug=s, where=f"{s}.toml") for s, w in (segments or SEGMENTS).items()
    ]
    every = checked(read_ones, BUILT_IN)
    return Definitions(narrowed(every, _NAMES), every, digest=repr(segments))


def body(source: str, at: datetime, record: Mapping[str, object], *, kind: str = "") -> bytes:
    """A record as the inbox keeps it."""
    return json.dumps({"source": source, "received_at": at.isoformat(), "kind": kind, "record": record}).encode()


class _Ticks(Ticks):
    """Ticks after which it can be asked who was looked at, and not who was looked at ahead."""

    def _as_seen(self, of: Facts, before: datetime, now: datetime) -> Answered | None:
        due = self.store.query(due_now())
        answered = super()._as_seen(of, before, now)
        if answered is not None:
            flags = np.ones(due.num_rows, np.bool_)
            rows = pa.table({"customer_id": due["customer_id"], "is_due": flags, "only_events": flags})
            self.store.fill(TOUCHED, rows.to_reader(), temporary=True)
        return answered

    def _look_ahead(self, of: Facts, facts: Facts) -> None:
        self.store.create("looked_at", TOUCHED_ROWS, temporary=True)
        super()._look_ahead(of, facts)
        self.store.create(TOUCHED, ibis.table(TOUCHED_ROWS.schema(), name="looked_at"), temporary=True)


@dataclass
class Live:
    """A store with its inbox and clock."""

    made: Definitions = field(default_factory=definitions)
    now: datetime = BEGIN
    store: DuckDBEngine = field(default_factory=lambda: DuckDBEngine(threads=1))
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    def __post_init__(self) -> None:
        for table in (*t.FACTS, *t.LEDGER):
            self.store.declare(table)
        self.ticks = self.reopened()

    def reopened(self) -> Ticks:
        self.ticks = _Ticks(self.store, self.made, self.hold, self.inbox, ArraysEngine())
        return self.ticks

    def hold(self, as_of: datetime) -> Facts:
        known = [f.name for f in t.FACTS if self.store.query(f.unbound().limit(1)).num_rows]
        return Facts(SHOP, as_of, frozenset(known))

    def event(self, name: str, who: str, *, ago: timedelta = timedelta(0), key: str = "", **properties: object) -> None:
        at = self.now - ago
        self._put("events", type="track", event=name, messageId=key or f"{name}/{who}/{at}/{properties}", anonymousId=who, timestamp=at.isoformat(),
                  properties=properties)  # fmt: skip

    def identify(self, who: str, email: str) -> None:
        self._put("events", type="identify", messageId=f"identify/{who}/{email}/{self.now}", anonymousId=who, timestamp=self.now.isoformat(),
                  traits={"email": email}, properties={})  # fmt: skip

    def order(self, number: str, email: str, total: float | str, *, ago: timedelta = timedelta(0), refunded: float = 0.0) -> None:
        self._put("orders", order_number=number, email=email, ordered_at=(self.now - ago).isoformat(), total=str(total),
                  refunded=f"{refunded:.2f}", refunded_at=self.now.isoformat() if refunded else None, updated_at=self.now.isoformat())  # fmt: skip

    def line(self, number: str, email: str, product: str, price: float, *, ago: timedelta = timedelta(0), quantity: int = 1) -> None:
        self._put("lines", order_number=number, email=email, ordered_at=(self.now - ago).isoformat(), product_code=product, quantity=quantity,
                  unit_price=str(price))  # fmt: skip

    def customer(self, email: str, **told: str) -> None:
        self._put("customers", email=email, updated_at=self.now.isoformat(), **told)

    def forget(self, email: str) -> None:
        self._put("erasures", email=email, asked_at=self.now.isoformat())

    def tick(self, *, after: timedelta = timedelta(seconds=1)) -> Ticked:
        self.now += after
        return self.ticks.tick(self.now)

    def strays(self) -> int:
        _, as_of = self.ticks.reached
        assert as_of is not None
        return strays(self.store, self.made, self.hold(as_of))

    def members(self, segment: str) -> int:
        rows = self.store.execute(f"SELECT count(*) FILTER ({segment}) FROM memberships").fetchall()
        return int(rows[0][0])

    def changes(self) -> list[tuple[str, str, str, str]]:
        rows = self.store.query(CHANGES.unbound()).to_pylist()
        return sorted((str(r["changed_at"]), r["segment"], r["change"], r["why"]) for r in rows)

    def _put(self, source: str, **record: object) -> None:
        asyncio.run(self.inbox.append([body(source, self.now, record)]))
