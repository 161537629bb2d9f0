"""A tiny world for tests of segments: a made-up catalog, people whose features are worked out in Python, and plans run on an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from patron.facts.as_of import Facts
from patron.facts.shop import Shop
from patron.features.feature import AHEAD_DAYS, Ages, Change, Daily, Family, Feature, Follows, Slides, Still
from patron.kernel.money import Currency
from patron.kernel.tables import type_of
from patron.kernel.time import Calendar
from patron.segments.check import Checked, checked
from patron.segments.definition import Definition
from patron.segments.plan import Plan
from patron.testing.tiny import tiny_shop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis

    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.features.inputs import Inputs
    from patron.kernel.tables import Kind

AS_OF = datetime(2024, 3, 1, 12, 0, 30, 250_000, tzinfo=UTC)
SHOP = Shop(currency=Currency("GBP"), calendar=Calendar("Europe/London"))
ALL = frozenset("customers orders order_lines events messages consents reviews tickets refunds list_members".split())
DAY = 86_400


def _never(_: Inputs) -> Any:
    raise AssertionError


def _feature(name: str, kind: Kind, family: Family, changes: Change | None = None, **more: Any) -> Feature:
    return Feature(name, family, kind, more.pop("unit", ""), f"the meaning of {name}", _never, changes=changes or Still(), **more)


CATALOG: dict[str, Feature] = {
    f.name: f
    for f in (
        _feature("order_count", "count", "frequency", needs=("orders",), unit="orders"),
        _feature("net_revenue", "money", "money", needs=("orders",)),
        _feature("mean_order_value", "mean_money", "money", Follows(("net_revenue", "order_count")), needs=("orders",)),
        _feature("refund_share", "share", "returns", needs=("refunds",)),
        _feature("units", "quantity", "basket"),
        _feature("unit_price", "price", "prices"),
        _feature("last_order_at", "instant", "recency"),
        _feature("first_order_at", "instant", "recency"),
        _feature("usual_gap_days", "number", "rhythm", unit="days"),
        _feature("days_since_last_order", "number", "recency", Ages("last_order_at"), unit="days"),
        _feature("lateness", "number", "rhythm", Ages("last_order_at", per="usual_gap_days"), unit="usual gaps"),
        _feature("renews_at", "instant", "recency"),
        _feature("days_until_renewal", "number", "recency", Ages("renews_at", until=True), unit="days"),
        _feature(
            "view_count_7d",
            "count",
            "engagement",
            Slides("edge_views_7d_at", falls=True, ahead="view_count_7d_ahead"),
            needs=("events",),
            unit="views",
        ),
        _feature("edge_views_7d_at", "instant", "engagement", hidden=True),
        _feature("view_count_7d_ahead", "count", "engagement", hidden=True),
        _feature("orders_per_day", "number", "frequency", Follows(("order_count", "days_since_last_order"))),
        _feature("view_share", "share", "engagement", Follows(("view_count_7d",))),
        _feature("day_number", "count", "place", Daily()),
        _feature("country", "text", "place"),
        _feature("city", "text", "place"),
        _feature("is_subscribed", "flag", "consent"),
        _feature("email_consent", "text", "consent", needs=("consents",)),
        _feature("birth_on", "date", "place"),
        _feature("favourite_product_id", "id", "basket"),
        _feature("first_product_id", "id", "basket"),
    )
}


@dataclass(frozen=True)
class Person:
    """What is true of somebody whatever the time; None is unknown."""

    order_count: int | None = 0
    net_revenue: int | None = None
    refund_share: float | None = None
    units: Decimal | None = None
    last_order_at: datetime | None = None
    first_order_at: datetime | None = None
    usual_gap_days: float | None = None
    renews_at: datetime | None = None
    views: tuple[datetime, ...] = ()
    country: str | None = None
    city: str | None = None
    is_subscribed: bool | None = None
    email_consent: str | None = None
    birth_on: date | None = None
    events: tuple[Mapping[str, Any], ...] = field(default=())


def row_of(person: Person, as_of: datetime) -> dict[str, Any]:
    """The person's features as of an instant."""
    days = _days(person.last_order_at, as_of)
    gap = person.usual_gap_days
    seen = [v for v in person.views if as_of - timedelta(days=7) <= v < as_of]
    until = _days(person.renews_at, as_of)
    row: dict[str, Any] = {name: getattr(person, name, None) for name in CATALOG}
    row |= {
        "mean_order_value": None if not person.order_count or person.net_revenue is None else person.net_revenue / person.order_count,
        "unit_price": None if person.units is None else Decimal(1),
        "days_since_last_order": days,
        "lateness": None if days is None or not gap else days / gap,
        "days_until_renewal": None if until is None else -until,
        "view_count_7d": len(seen),
        "view_count_7d_ahead": sum(v >= as_of - timedelta(days=7 - AHEAD_DAYS) for v in seen),
        "edge_views_7d_at": min(seen) + timedelta(days=7, microseconds=1) if seen else None,
        "orders_per_day": None if not days or person.order_count is None else person.order_count / days,
        "view_share": len(seen) / (len(seen) + 1),
        "day_number": SHOP.calendar.day_of(as_of).toordinal(),
    }
    return row


def _days(instant: datetime | None, as_of: datetime) -> float | None:
    """Whole seconds between, in days, as tables count them."""
    return None if instant is None else (int(as_of.timestamp()) - int(instant.timestamp())) / float(DAY)


_ARROW = {
    "int64": pa.int64(), "float64": pa.float64(), "string": pa.string(), "boolean": pa.bool_(), "timestamp(6)": pa.timestamp("us"),
    "date": pa.date32(), "decimal(18, 3)": pa.decimal128(18, 3), "decimal(18, 6)": pa.decimal128(18, 6),
}  # fmt: skip


class World:
    """People on an engine, as of any instant."""

    def __init__(
        self,
        people: Sequence[Person | Mapping[str, Any]],
        *,
        facts: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        changes: Sequence[tuple[int, str, str, datetime]] = (),
        known: frozenset[str] = ALL,
    ) -> None:
        """People are numbered from 1; a mapping is taken as a row of features that never changes."""
        self.people = people
        self.known = known
        events = [{"customer_id": i, **e} for i, p in enumerate(people, 1) if isinstance(p, Person) for e in p.events]
        rows = {"customers": [{"customer_id": i, "first_seen_at": "2000-01-01"} for i in range(1, len(people) + 1)], "events": events}
        self.engine: DuckDBEngine = tiny_shop({**rows, **(facts or {})})
        moves = {
            "customer_id": pa.array([c[0] for c in changes], pa.int64()), "segment": pa.array([c[1] for c in changes], pa.string()),
            "change": pa.array([c[2] for c in changes], pa.string()),
            "changed_at": pa.array([naive(c[3]) for c in changes], pa.timestamp("us")),
        }  # fmt: skip
        self.put("membership_changes", pa.table(moves))

    def put(self, name: str, rows: pa.Table) -> None:
        self.engine.connection.register("_put", rows)
        self.engine.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS FROM _put').fetchall()
        self.engine.connection.unregister("_put")

    def rows(self, as_of: datetime = AS_OF) -> list[dict[str, Any]]:
        found = []
        for i, person in enumerate(self.people, 1):
            row = row_of(person, as_of) if isinstance(person, Person) else {**dict.fromkeys(CATALOG), **person}
            found.append({"customer_id": i, **row})
        return found

    def plan(self, segments: Checked | Mapping[str, str], as_of: datetime = AS_OF) -> Plan:
        """A plan whose features and terms are made."""
        facts = Facts(SHOP, as_of, self.known)
        plan = Plan(segments if isinstance(segments, Checked) else check(segments), CATALOG, facts)
        rows = self.rows(as_of)
        types = {"customer_id": "int64"} | {name: type_of(f.kind) for name, f in CATALOG.items()}
        columns = {c: pa.array([naive(r[c]) for r in rows], _ARROW[type_]) for c, type_ in types.items()}
        self.put("features", pa.table(columns))
        for step in plan.steps():
            self.engine.create(step.name, step.expression)
        return plan

    def stats(self, plan: Plan) -> dict[str, Any]:
        wanted = plan.statistics()
        return {} if wanted is None else self.one(wanted)

    def one(self, table: ibis.expr.types.Table) -> dict[str, Any]:
        (row,) = self.engine.query(table).to_pylist()
        return dict(row)

    def memberships(self, plan: Plan) -> dict[str, set[int]]:
        rows = self.engine.query(plan.memberships(self.stats(plan))).to_pylist()
        assert {r["customer_id"] for r in rows} == set(range(1, len(self.people) + 1))
        assert all(r[s] is not None for r in rows for s in plan.checked.slugs)
        return {s: {r["customer_id"] for r in rows if r[s]} for s in plan.checked.slugs}

    def members(self, condition: str, as_of: datetime = AS_OF) -> set[int]:
        """Who meets one condition."""
        return self.memberships(self.plan({"it": condition}, as_of))["it"]


def check(segments: Mapping[str, str], **more: Any) -> Checked:
    return checked([Definition(s, name=s, where=w, file=f"{s}.toml") for s, w in segments.items()], CATALOG, **more)


def naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def ago(**span: float) -> datetime:
    """An instant so long before as of."""
    return AS_OF - timedelta(**span)


def event(kind: str, at: datetime, **columns: Any) -> dict[str, Any]:
    return {"kind": kind, "occurred_at": naive(at), **columns}
