"""What a tick resolves in the neighbourhood of what is new comes to the same as resolving everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.facts import tables as t
from patron.runtime.met import Shortcuts
from patron.runtime.resolving import STIRRED, resolve, resolve_new
from patron.testing.tiny import tiny_rows
from runtime.people import add, identifier, link, rows, shop, who

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.ports.engine import Few

BEGAN = datetime(2024, 3, 1, tzinfo=UTC)
A_CROWD = 3
_TABLES = ("identities", "customers", "merges", "events", "orders", "order_lines", "refunds")
_NAMES = [f"{kind}{i}" for kind in "nepbr" for i in range(4)]
_DAYS = st.integers(1, 9).map(lambda d: f"2024-01-0{d}") | st.none()
_EVIDENCE = st.lists(
    st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES), _DAYS, st.sampled_from(["met", "seen", "told", "bought"])), max_size=6
)
_STORIES = st.lists(_EVIDENCE, min_size=1, max_size=4)


class Told:
    """A shop that is told of people bit by bit, and resolves around what it is told."""

    def __init__(self, few: Few | None) -> None:
        self.store = shop({}, [])
        self.shortcuts, self.now = Shortcuts(few), BEGAN
        self.moment()
        resolve(self.store, now=self.now)

    def moment(self) -> None:
        self.now += timedelta(hours=1)
        self.store.tell(self.now)

    def tell(self, evidence: list[tuple[str, str, str | None, str]]) -> None:
        """Take evidence in as loading does, and resolve: each identifier and link by the earliest instant that is known."""
        self.moment()
        events: list[dict[str, object]] = []
        for one, other, at, what in evidence:
            for name in {one, other} if what in {"met", "bought"} else {one}:
                self._earliest("identifiers", "identifier_id", identifier(name, at), "first_seen_at")
            if what == "met" and one != other:
                self._earliest("links", "link_id", link(one, other, at), "observed_at")
            if what == "told":
                self._latest(one, at)
            if what == "seen":
                seen = {"visitor_id": who(one), "kind": "page_viewed", "occurred_at": at or "2024-01-09", "received_at": self._naive}
                events.append({"event_id": self._number("events") + len(events), **seen})
            if what == "bought":
                self._order(one, at or "2024-01-09")
        self.shortcuts.new_events.append(tiny_rows(t.EVENTS, events))
        written = {"identifiers", "links", "profiles", "events", "orders"} if evidence else set()
        resolve_new(self.store, written, self.shortcuts)

    def held(self) -> dict[str, list[Any]]:
        return {table: sorted(rows(self.store, f"FROM {table}"), key=repr) for table in _TABLES}

    def _order(self, buyer: str, at: str) -> None:
        number = self._number("orders")
        of = {"order_id": number, "received_at": self._naive}
        add(self.store, "orders", [{**of, "buyer_id": who(buyer), "ordered_at": at}])
        add(self.store, "order_lines", [{**of, "line_id": number, "ordered_at": at}])
        add(self.store, "refunds", [{**of, "refund_id": number, "refunded_at": at}])

    @property
    def _naive(self) -> datetime:
        return self.now.replace(tzinfo=None)

    def _number(self, table: str) -> int:
        return int(rows(self.store, f"SELECT count(*) FROM {table}")[0][0]) + 1

    def _earliest(self, table: str, key: str, row: dict[str, object], column: str) -> None:
        known = rows(self.store, f"SELECT {column} FROM {table} WHERE {key} = {row[key]}")
        if known:
            if row[column] is None or (known[0][0] is not None and str(known[0][0])[:10] <= str(row[column])):
                return
            self.store.execute(f"DELETE FROM {table} WHERE {key} = {row[key]}")
        add(self.store, table, [{**row, "received_at": self._naive}])

    def _latest(self, name: str, at: str | None) -> None:
        self.store.execute(f"DELETE FROM profiles WHERE profile_id = {who(name)}")
        profile = {"profile_id": who(name), "identifier_id": who(name), "updated_at": at, "first_name": f"{name} of {self.now:%H}"}
        add(self.store, "profiles", [{**profile, "received_at": self._naive}])


def _resolved_anew(store: DuckDBEngine) -> DuckDBEngine:
    """The same shop, in which nothing is known of who is who until everybody is resolved."""
    store.execute("DELETE FROM identities; DELETE FROM customers; DELETE FROM merges WHERE undone_at IS NULL; DELETE FROM resolved")
    for table in _TABLES[3:]:
        store.execute(f"UPDATE {table} SET customer_id = NULL")
    resolve(store, now=BEGAN)
    return store


@pytest.fixture
def few_are_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("patron.identity.meetings", "patron.runtime.neighbours"):
        monkeypatch.setattr(f"{module}.CROWD", A_CROWD)


@pytest.fixture(params=["arrays", "store"])
def told(request: pytest.FixtureRequest) -> Told:
    return Told(ArraysEngine() if request.param == "arrays" else None)


@pytest.mark.usefixtures("few_are_a_crowd")
@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(_STORIES)
def test_ticks_know_the_same_people_as_a_load_of_everything(story: list[list[tuple[str, str, str | None, str]]]) -> None:
    _same_people(story)


@pytest.mark.slow
@pytest.mark.usefixtures("few_are_a_crowd")
@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(_STORIES)
def test_ticks_know_the_same_people_through_many_stories(story: list[list[tuple[str, str, str | None, str]]]) -> None:
    _same_people(story)


def _same_people(story: list[list[tuple[str, str, str | None, str]]]) -> None:
    told = Told(ArraysEngine())
    for evidence in story:
        told.tell(evidence)
    found = told.held()
    assert found == {table: sorted(rows(_resolved_anew(told.store), f"FROM {table}"), key=repr) for table in _TABLES}


@pytest.mark.usefixtures("few_are_a_crowd")
def test_an_address_that_becomes_a_crowd_lets_go_of_all_it_joined(told: Told) -> None:
    told.tell([(f"n{i}", "e0", "2024-01-01", "met") for i in range(A_CROWD)])
    assert len({owner for _, owner in rows(told.store, "FROM identities")}) == 1
    told.tell([("n3", "e0", "2024-01-05", "met")])
    assert len({owner for _, owner in rows(told.store, "FROM identities")}) == A_CROWD + 2
    told.tell([("n3", "e1", "2024-01-06", "met")])
    assert len({owner for _, owner in rows(told.store, "FROM identities")}) == A_CROWD + 2


def test_whoever_is_not_met_stays_as_they_are_and_is_not_looked_at(told: Told) -> None:
    told.tell([("n1", "e1", "2024-01-01", "met"), ("n2", "e2", "2024-01-01", "met")])
    told.tell([("n1", "e3", "2024-01-02", "met")])
    assert rows(told.store, f"SELECT DISTINCT customer_id FROM {STIRRED.get_name()}") == [(who("n1"),)]


def test_browsers_that_nobody_knows_change_nothing(told: Told) -> None:
    told.tell([("n1", "e1", "2024-01-01", "met")])
    told.tell([("b1", "b1", "2024-01-02", "seen"), ("b2", "b2", "2024-01-02", "seen")])
    assert rows(told.store, f"FROM {STIRRED.get_name()}") == []
    assert rows(told.store, "SELECT count(*) FROM identities") == [(2,)]


def test_a_visitor_who_is_known_later_brings_all_visits(told: Told) -> None:
    told.tell([("b1", "b1", "2024-01-01", "seen"), ("b1", "b1", "2024-01-02", "seen"), ("b2", "b2", "2024-01-02", "seen")])
    assert rows(told.store, "SELECT count(customer_id) FROM events") == [(0,)]
    told.tell([("b1", "n1", "2024-01-03", "met")])
    assert rows(told.store, "SELECT customer_id, count(*) FROM events GROUP BY ALL ORDER BY ALL") == [(who("n1"), 2), (None, 1)]


def test_an_order_follows_its_buyer_with_all_that_belongs_to_it(told: Told) -> None:
    told.tell([("p1", "p1", "2024-01-01", "bought")])
    told.tell([("n1", "p1", "2024-01-02", "met")])
    for table in ("orders", "order_lines", "refunds"):
        assert rows(told.store, f"SELECT customer_id FROM {table}") == [(who("n1"),)]


def test_people_who_are_forgotten_and_evidence_that_is_as_it_was_before_leave_nothing_behind(told: Told) -> None:
    told.tell([("n1", "e1", "2024-01-01", "met")])
    told.moment()
    add(told.store, "forgotten", [{"identifier_id": who("n1"), "asked_at": "2024-02-01", "received_at": told._naive}])
    resolve_new(told.store, {"forgotten"}, told.shortcuts)
    assert rows(told.store, "FROM identities") == []
    assert rows(told.store, "FROM customers") == []
