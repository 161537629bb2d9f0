"""The sample shop, alive: what its files say has been received, and each story goes on from there, on a copy of its own.

A story is told with a few definitions at a time, so that it takes a second and not a minute; together the sets hold all that ship.
"""

from __future__ import annotations

import csv
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import ibis
import numpy as np

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.facts.as_of import DETAILS, Facts
from patron.facts.shop import Shop
from patron.features.catalog import BUILT_IN
from patron.features.feature import Still
from patron.features.partials.last_events import EVENTS, OLD_EVENTS_TABLE
from patron.kernel.time import Calendar
from patron.library.files import segment_files
from patron.ports.inbox import Entry
from patron.runtime.loading_options import LoadOptions
from patron.runtime.memberships import CURRENT, RENEWED
from patron.runtime.met import Shortcuts
from patron.runtime.pipeline import FEATURES, Definitions
from patron.runtime.reached import reach
from patron.runtime.receiving import receive
from patron.runtime.renewing import clear, make
from patron.runtime.resolving import resolve
from patron.runtime.touching import TOUCHED
from patron.segments import tree
from patron.segments.check import checked
from patron.segments.definition import read
from patron.segments.waiting import needed
from patron.testing.sample_shop import AS_OF, FOLDER
from runtime.live import SEGMENTS, Live, body
from runtime.narrowed import narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from patron.runtime.ticked import Ticked
    from patron.runtime.ticking import Ticks
    from patron.segments.check import Checked

SHOP = Shop(name="The Tea House", calendar=Calendar("Europe/Berlin"), country="DE")
BEGIN = AS_OF + timedelta(hours=7)
_PER_SET = 8
_LAST_EVENTS = """SELECT customer_id, max(occurred_at), max(occurred_at) FILTER (channel IS NULL OR channel IN ('web', 'app')),
    max(occurred_at) FILTER (kind IN ('product_added', 'wishlist_product_added_to_cart'))
    FROM events WHERE customer_id IS NOT NULL AND occurred_at < moment() GROUP BY customer_id"""
_TOLD = ("products", "customers", "messages", "reviews", "tickets", "redemptions")


def everything() -> Checked:
    """The segments of the library that can be told from facts alone, and those of `runtime.live`, which have short windows."""
    texts = dict(segment_files()) | {s: f'name = "{s}"\nmeaning = "A test."\nwhere = {w!r}' for s, w in SEGMENTS.items()}
    every = checked([read(text, slug=slug, where=f"{slug}.toml") for slug, text in texts.items()], BUILT_IN)
    _, needs = needed(every.conditions, BUILT_IN, known=())
    return every.only(slug for slug in every.slugs if "predictions" not in needs.get(slug, ()))


def sets() -> tuple[Checked, ...]:
    """A few segments each, with those that they refer to; every one of `everything` is in one of them."""
    every = everything()
    slugs = np.random.default_rng(4).permutation(sorted(every.slugs)).tolist()
    chosen = [slugs[at : at + _PER_SET] for at in range(0, len(slugs), _PER_SET)]
    moved = {s: [term.slug for term in tree.terms(c) if isinstance(term, tree.Moved)] for s, c in every.conditions.items()}
    return tuple(every.only([*some, *(other for slug in some for other in moved[slug])]) for some in chosen)


def defined(segments: Checked) -> Definitions:
    """These segments, over the features that they need."""
    return Definitions(narrowed(segments), segments, digest=repr(sorted(segments.slugs)))


def received(file: Path) -> None:
    """Make a store that holds what the files of the shop say, and whose it is; nothing is worked out of it yet."""
    store = DuckDBEngine(threads=1)
    for table in (*t.FACTS, *t.LEDGER):
        store.declare(table)
    options = LoadOptions(received_at=BEGIN, shop=SHOP)
    receive(store, [Entry(n, body(source, BEGIN, record)) for n, (source, record) in enumerate(records_of_files())], options, Shortcuts())
    resolve(store, now=BEGIN)
    picked = [row["email"] for row in _rows("hand_picked")]
    listed = ", ".join(f"('{name}', '{email}')" for name in ("hand_picked", "invited") for email in picked)
    store.execute(
        f"INSERT INTO list_members SELECT name, customer_id, '2024-01-01' FROM (VALUES {listed}) AS l(name, email) JOIN customers USING (email)"
    )
    store.copy(file)


def records_of_files() -> Iterator[tuple[str, dict[str, object]]]:
    """What the files of the shop say, as the shop's system and site would have sent it."""
    for source, name in {"lines": "order_lines", **dict.fromkeys(_TOLD, "")}.items():
        for row in _rows(name or source):
            yield source, {c: v for c, v in row.items() if v}
    yield "orders", {
        "order_number": "1174", "email": "hugo@example.com", "ordered_at": "2024-04-12T10:00:00Z", "total": "70", "refunded": "40",
        "refunded_at": "2024-04-21T10:00:00Z", "updated_at": "2024-04-21T10:00:00Z",
    }  # fmt: skip
    for row in _rows("consents"):
        told = {"email_consent": row["status"] == "granted", "email_consent_at": row["occurred_at"], "updated_at": row["occurred_at"]}
        yield "customers", {"email": row["email"], **told}
    for row in _rows("events"):
        properties = {
            "product_id": row["sku"],
            "category": row["category"],
            "quantity": row["quantity"] or 1,
            "value": row["value"] or None,
        }
        yield "events", {
            "type": "track", "event": row["event"], "messageId": row["event_id"], "anonymousId": browser(row["email"]), "timestamp": row["occurred_at"],
            "context": {"traits": {"email": row["email"]}, "channel": row["channel"]}, "properties": {**properties, "currency": "EUR"},
        }  # fmt: skip


def browser(email: str) -> str:
    """The browser of somebody who has been on the site."""
    return f"browser-{email.partition('@')[0]}"


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class TeaHouse(Live):
    """The shop with its inbox and clock.

    Attributes:
        sent: all records since the story began, with their sources.
        last: what the last tick did.
    """

    sent: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    last: Ticked | None = None

    def hold(self, as_of: datetime) -> Facts:
        known = [f.name for f in t.FACTS if self.store.query(f.unbound().limit(1)).num_rows]
        return Facts(SHOP, as_of, frozenset({*known, *DETAILS}), costed=True)

    def again(self, number: int) -> None:
        """Receive a record of the story once more."""
        if self.sent:
            source, record = self.sent[number % len(self.sent)]
            self._put(source, **record)

    def correct(self, number: int, name: str) -> None:
        """Receive an event of the story once more, with its own number and instant, as one of another kind."""
        events = [record for source, record in self.sent if source == "events" and record["type"] == "track"]
        if events:
            self._put("events", **{**events[number % len(events)], "event": name})

    def meet(self, one: str, other: str) -> None:
        """One person turns out to have both addresses."""
        for email in (one, other):
            self._put("customers", customer_number="both", email=email, updated_at=self._at())

    def cancel(self, number: str, email: str, ago: timedelta) -> None:
        self._put("orders", order_number=number, email=email, ordered_at=self._at(ago), total="20", status="cancelled",
                  cancelled_at=self._at(), updated_at=self._at())  # fmt: skip

    def give_back(self, number: str, email: str, product: str, ago: timedelta) -> None:
        """A credit note."""
        self.line(f"C{number}", email, product, 4.5, ago=ago, quantity=-1)

    def permit(self, email: str, ago: timedelta, *, is_granted: bool) -> None:
        self._put("customers", email=email, email_consent=is_granted, email_consent_at=self._at(ago), updated_at=self._at())

    def write(self, email: str, ago: timedelta, *, is_clicked: bool) -> None:
        clicked = {"clicked_at": self._at(ago / 2)} if is_clicked else {}
        self._put("messages", email=email, sent_at=self._at(ago), channel="email", campaign_name="July letter", **clicked)

    def review(self, email: str, product: str, rating: int, ago: timedelta) -> None:
        self._put("reviews", number=f"{email}/{product}", email=email, product_code=product, rating=rating, reviewed_at=self._at(ago))

    def complain(self, email: str, ago: timedelta, satisfaction: int) -> None:
        self._put("tickets", number=f"{email}/{ago}", email=email, opened_at=self._at(ago), channel="email", topic="delivery",
                  satisfaction=str(satisfaction))  # fmt: skip

    def redeem(self, email: str, ago: timedelta) -> None:
        self._put("redemptions", email=email, coupon_code="SUMMER24", redeemed_at=self._at(ago))

    def tick(self, *, after: timedelta = timedelta(seconds=1)) -> Ticked:
        self.last = super().tick(after=after)
        return self.last

    def differences(self, at: datetime) -> dict[str, int]:
        """Rows of kept answers that are not what the store says about everybody as of an instant until which no tick has missed anything."""
        self.store.tell(at)
        assert self.ticks._basis is not None
        how = self.ticks._recipe(self.ticks._basis.of_touched(self.hold(at)))
        looked_at = self._looked_at(at)
        self.store.create(TOUCHED, t.CUSTOMERS.unbound().select("customer_id", is_due=ibis.literal(value=False)), temporary=True)
        make(self.store, how)
        try:
            return {what: n for what, n in self._differences(looked_at) if n}
        finally:
            clear(self.store, how)

    def _looked_at(self, at: datetime) -> str | None:
        """A condition for the customers that a tick of this instant has looked at; None for nobody."""
        if self.last is None or self.last.as_of != at or not self.last.touched:
            return None
        if self.last.refreshed:
            return "true"
        ids = self.store.execute(f"SELECT list(customer_id) FROM {TOUCHED}").fetchall()[0][0]
        return f"customer_id IN ({', '.join(map(str, ids))})"

    def _differences(self, looked_at: str | None) -> Iterator[tuple[str, int]]:
        still = ["customer_id", *(f.name for f in self.made.catalog.values() if isinstance(f.changes, Still) and not f.hidden)]
        yield "memberships", self._apart(CURRENT, made=RENEWED)
        if EVENTS.table_name in self.store.tables():
            yield "last events", self._differ(f"FROM {EVENTS.table_name}", _LAST_EVENTS)
        yield "features that stand still", self._apart(FEATURES, ", ".join(still))
        if looked_at:
            yield "features of those who were looked at", self._apart(FEATURES, where=looked_at)
            yield "answers in memory", sum(self._misremembered(customer_id) for customer_id in self.ticks.latest._numbers)

    def _misremembered(self, customer_id: int) -> bool:
        """Whether the answers about a customer in memory are others than those that are kept."""
        assert self.last is not None
        kept: dict[str, dict[str, object]] = {}
        for table in (FEATURES, CURRENT):
            found = self.store.execute(f"SELECT * FROM {self.store._kept}.{table} WHERE customer_id = {customer_id}")
            columns = [column[0] for column in found.description]
            kept[table] = dict(zip(columns, found.fetchone() or (), strict=True))
        return self.ticks.latest.of(customer_id, self.last.as_of, {table: list(row) for table, row in kept.items()}) != kept

    def resolved_anew(self) -> dict[str, int]:
        """Rows that change when identities are worked out anew from all identifiers and links."""
        self.store.execute("DELETE FROM resolved")
        return dict(resolve(self.store, now=self.now).changed)

    def facts(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of all tables of facts, but for when they were received."""
        found = {}
        for table in t.FACTS:
            columns = ", ".join(c.name for c in table.columns if c.name != "received_at")
            found[table.name] = self.store.execute(f"SELECT {columns} FROM {table.name} ORDER BY ALL").fetchall()
        return found

    def misplaced(self) -> dict[str, int]:
        """Facts that are not those of whom their identifier belongs to."""
        found = {}
        for table, person in {**t.PERSONS, OLD_EVENTS_TABLE.name: "visitor_id"}.items():
            whose = f"SELECT count(*) FROM {table} AS f LEFT JOIN identities AS i ON f.{person} = i.identifier_id"
            ((n,),) = self.store.execute(
                f"{whose} WHERE f.{person} IS NOT NULL AND f.customer_id IS DISTINCT FROM i.customer_id"
            ).fetchall()
            found[table] = int(n)
        return {table: n for table, n in found.items() if n}

    def _apart(self, name: str, columns: str = "*", where: str = "true", made: str = "") -> int:
        tables = f"{self.store._kept}.{name}", f"temp.main.{made or name}"
        return self._differ(*(f"SELECT {columns} FROM {table} WHERE {where}" for table in tables))

    def _differ(self, kept: str, made: str) -> int:
        rows = self.store.execute(f"SELECT count(*) FROM (({kept} EXCEPT {made}) UNION ALL ({made} EXCEPT {kept}))").fetchall()
        return int(rows[0][0])

    def _at(self, ago: timedelta = timedelta(0)) -> str:
        return (self.now - ago).isoformat()

    def _put(self, source: str, **record: object) -> None:
        self.sent.append((source, record))
        super()._put(source, **record)


@dataclass(frozen=True)
class Begun:
    """The shop with its first answers, to begin stories from.

    Attributes:
        made: what is worked out.
        file: its store.
        ticks: that made them, warm.
        now: the instant of the last of them.
    """

    made: Definitions
    file: Path
    ticks: Ticks
    now: datetime

    @contextmanager
    def story(self) -> Iterator[TeaHouse]:
        """A copy, to do with as one likes."""
        with TemporaryDirectory(dir=self.file.parent) as folder:
            store = _copied(self.file, Path(folder))
            live = TeaHouse(self.made, self.now, store)
            live.ticks = replace(self.ticks, store=store, inbox=live.inbox, hold=live.hold)
            live.ticks.forget()  # what other stories have read is none of this one's
            yield live
            store.close()


def _copied(file: Path, to: Path) -> DuckDBEngine:
    return DuckDBEngine(Path(shutil.copy(file, to)), threads=1)


def begun(segments: Checked, facts: Path, folder: Path) -> Begun:
    """Work everything out for some segments.

    Args:
        segments: which.
        facts: from `received`.
        folder: an empty one.
    """
    made, file = defined(segments), folder / "begun.duckdb"
    live = TeaHouse(made, BEGIN, _copied(facts, file))
    live.ticks.tick(BEGIN)
    live.event("Product Viewed", "nobody", product_id="T1")
    live.tick()
    assert live.differences(live.now) == {}
    assert live.strays() == 0
    reach(live.store, 0, live.now, made.digest)
    live.store.close()
    return Begun(made, file, live.ticks, live.now)
