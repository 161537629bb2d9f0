from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.identity.meetings import CROWD
from patron.runtime.resolving import resolve
from runtime.people import NOW, add, identifier, link, people, rows, shop, who


def test_a_number_and_an_address_on_one_record_are_one_customer() -> None:
    store = shop({"n1": "2024-01-01", "e1": "2024-01-01"}, [("n1", "e1", "2024-01-01")])
    assert resolve(store, now=NOW).customers == 1
    assert people(store) == {frozenset({"n1", "e1"})}
    assert rows(store, "FROM merges") == []


def test_a_customer_is_named_by_the_strongest_then_the_earliest_identifier() -> None:
    store = shop(
        {"p1": "2023-01-01", "e1": "2024-02-01", "n1": "2024-01-01"},
        [("p1", "e1", "2024-02-01"), ("e1", "n1", "2024-02-01")],
    )
    resolve(store, now=NOW)
    assert rows(store, "SELECT customer_id, customer_number, first_seen_at::DATE::TEXT FROM customers") == [(who("n1"), "n1", "2023-01-01")]


def test_of_one_record_the_customer_number_names_the_customer() -> None:
    born = dict.fromkeys(("e1", "e2", "e3", "e4", "n1", "n2", "n3", "n4"), "2024-01-01")
    store = shop(born, [(f"n{i}", f"e{i}", "2024-01-01") for i in range(1, 5)])
    resolve(store, now=NOW)
    assert {r[0] for r in rows(store, "SELECT customer_id FROM customers")} == {who(f"n{i}") for i in range(1, 5)}


def test_two_customer_numbers_with_one_address_are_a_merge() -> None:
    store = shop({"n1": "2024-01-01", "e1": "2024-01-01", "n2": "2024-02-01"}, [("n1", "e1", "2024-01-01"), ("n2", "e1", "2024-02-01")])
    assert resolve(store, now=NOW).merges == 1
    assert rows(store, "SELECT from_id, into_id, merged_at::DATE::TEXT, reason FROM merges") == [
        (
            who("n2"),
            who("n1"),
            "2024-02-01",
            (
                "a customer number and an e-mail address were seen on the same record; before, there were two customers, "
                "each with its own customer number"
            ),
        )
    ]


def test_a_guest_whose_address_turns_up_with_an_account_is_a_merge_because_both_were_customers_before() -> None:
    store = shop({"e1": "2024-01-01", "n1": "2024-02-01"}, [("n1", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    assert [r[0] for r in rows(store, "SELECT reason FROM merges")] == [
        "a customer number and an e-mail address were seen on the same record, after each had been known alone"
    ]


def test_a_guest_who_makes_an_account_is_no_merge() -> None:
    store = shop({"e1": "2024-01-01", "n1": "2024-03-01"}, [("n1", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    assert rows(store, "FROM merges") == []
    assert len(people(store)) == 1


def test_a_shared_browser_never_merges_two_customers_and_belongs_to_whom_it_met_first() -> None:
    store = shop({"n1": "2024-01-01", "n2": "2024-01-01", "b1": "2023-12-01"}, [("n2", "b1", "2024-02-01"), ("n1", "b1", "2024-03-01")])
    resolve(store, now=NOW)
    assert people(store) == {frozenset({"n1"}), frozenset({"n2", "b1"})}


def test_browsers_that_are_one_visitor_belong_to_one_customer() -> None:
    store = shop(
        dict.fromkeys(("n1", "n2", "b1", "b2"), "2024-01-01"),
        [("b1", "b2", "2024-01-01"), ("n1", "b1", "2024-03-01"), ("n2", "b2", "2024-02-01")],
    )
    resolve(store, now=NOW)
    assert people(store) == {frozenset({"n1"}), frozenset({"n2", "b1", "b2"})}


def test_a_visitor_nobody_knows_is_no_customer() -> None:
    store = shop(
        {"b1": "2024-01-01", "b2": "2024-01-01"},
        [("b1", "b2", "2024-01-01")],
        events=[{"visitor_id": who("b1"), "occurred_at": "2024-01-01", "kind": "product_viewed"}],
    )
    assert resolve(store, now=NOW).customers == 0
    assert rows(store, "SELECT customer_id FROM events") == [(None,)]


def test_a_role_address_joins_nobody_but_is_a_customer_when_it_is_alone() -> None:
    store = shop(
        dict.fromkeys(("n1", "n2", "r1", "r2", "b2"), "2024-01-01"),
        [("n1", "r1", "2024-01-01"), ("n2", "r1", "2024-01-02"), ("r2", "b2", "2024-01-01")],
    )
    resolve(store, now=NOW)
    assert people(store) == {frozenset({"n1", "r1"}), frozenset({"n2"}), frozenset({"r2", "b2"})}
    assert {r[0] for r in rows(store, "SELECT customer_id FROM customers")} == {who("n1"), who("n2"), who("r2")}


@pytest.mark.parametrize(("shared", "customers"), [(CROWD, 1), (CROWD + 1, CROWD + 2)])
def test_an_address_that_very_many_share_joins_nobody(shared: int, customers: int) -> None:
    names = [f"n{i}" for i in range(shared)]
    store = shop(dict.fromkeys([*names, "e1"], "2024-01-01"), [(n, "e1", "2024-01-01") for n in names])
    assert resolve(store, now=NOW).customers == customers


def test_every_fact_gets_its_customer() -> None:
    person = {"person_id": who("e1")}
    store = shop(
        {"n1": "2024-01-01", "e1": "2024-01-01", "b1": "2024-01-01"},
        [("n1", "e1", "2024-01-01"), ("n1", "b1", "2024-01-01")],
        orders=[{"order_id": 1, "buyer_id": who("n1"), "ordered_at": "2024-01-01"}, {"order_id": 2, "ordered_at": "2024-01-01"}],
        order_lines=[{"order_id": 1, "ordered_at": "2024-01-01"}, {"order_id": 2, "ordered_at": "2024-01-01"}],
        refunds=[{"order_id": 1, "refunded_at": "2024-01-02"}, {"buyer_id": who("e1"), "refunded_at": "2024-01-02"}],
        events=[{"visitor_id": who("b1"), "occurred_at": "2024-01-01", "kind": "product_viewed"}],
        messages=[{**person, "sent_at": "2024-01-01"}],
        consents=[{**person, "occurred_at": "2024-01-01"}],
        redemptions=[{**person, "redeemed_at": "2024-01-01"}],
        reviews=[{**person}],
        tickets=[{**person, "opened_at": "2024-01-01"}],
    )
    changed = resolve(store, now=NOW).changed
    mine, guest = who("n1"), None
    assert rows(store, "SELECT customer_id FROM orders ORDER BY order_id") == [(mine,), (guest,)]
    assert rows(store, "SELECT customer_id FROM order_lines ORDER BY order_id") == [(mine,), (guest,)]
    for table in ("refunds", "events", "messages", "consents", "redemptions", "reviews", "tickets"):
        assert {r[0] for r in store.connection.table(table).select("customer_id").fetchall()} == {mine}, table
    assert changed["orders"] == 1
    assert resolve(store, now=NOW).changed == {}


def test_facts_that_come_later_find_their_customer_although_nobody_new_did() -> None:
    store = shop({"n1": "2024-01-01"}, [])
    resolve(store, now=NOW)
    add(store, "orders", [{"order_id": 1, "buyer_id": who("n1"), "ordered_at": "2024-01-01"}])
    add(store, "order_lines", [{"order_id": 1, "ordered_at": "2024-01-01"}])
    assert resolve(store, now=NOW).changed == {"orders": 1, "order_lines": 1}


def test_of_each_attribute_the_newest_known_value_wins() -> None:
    store = shop(
        {"n1": "2024-02-01", "e1": "2024-02-01"},
        [("n1", "e1", "2024-02-01")],
        profiles=[
            {"identifier_id": who("n1"), "updated_at": "2024-03-01", "city": "Berlin"},
            {"identifier_id": who("e1"), "updated_at": "2024-02-01", "city": "Bonn", "country": "DE", "created_at": "2022-01-01"},
            {"identifier_id": who("e1"), "country": "AT", "language": "de"},
        ],
    )
    resolve(store, now=NOW)
    assert rows(store, "SELECT city, country, language, first_seen_at::DATE::TEXT FROM customers") == [("Berlin", "DE", "de", "2022-01-01")]


def test_a_person_without_any_date_is_known_since_the_file_was_received() -> None:
    store = shop({"n1": None}, [], profiles=[{"identifier_id": who("n1"), "country": "DE"}])
    resolve(store, now=NOW)
    assert rows(store, "SELECT first_seen_at::DATE::TEXT FROM customers") == [("2020-01-01",)]


_NAMES = st.sampled_from([f"{kind}{i}" for kind in "nepbr" for i in range(4)])
_DAYS = st.integers(1, 9).map(lambda d: f"2024-01-0{d}") | st.none()
_BORN = st.dictionaries(_NAMES, _DAYS, min_size=1)
_MET = st.lists(st.tuples(_NAMES, _NAMES, _DAYS), max_size=14)


def _usable(born: dict[str, str | None], met: list[tuple[str, str, str | None]]) -> list[tuple[str, str, str | None]]:
    once = {tuple(sorted((a, b))): (a, b, at) for a, b, at in met if a != b and a in born and b in born}
    return list(once.values())


@settings(deadline=None, max_examples=6)
@given(_BORN, _MET)
def test_row_order_and_the_order_of_loading_are_irrelevant(born: dict[str, str | None], met: list[tuple[str, str, str | None]]) -> None:
    pairs = _usable(born, met)
    at_once = shop(born, pairs)
    resolve(at_once, now=NOW)
    backwards = shop(dict(reversed(born.items())), pairs[::-1])
    resolve(backwards, now=NOW)
    part_by_part = shop(born, [])
    resolve(part_by_part, now=NOW)
    for part in (pairs[::2], pairs[1::2]):
        add(part_by_part, "links", [link(*pair) for pair in part])
        resolve(part_by_part, now=NOW)
    for table in ("identities", "customers", "merges"):
        expected = sorted(rows(at_once, f"FROM {table}"), key=repr)
        assert sorted(rows(backwards, f"FROM {table}"), key=repr) == expected
        assert sorted(rows(part_by_part, f"FROM {table}"), key=repr) == expected


@settings(deadline=None, max_examples=6)
@given(_BORN, _MET)
def test_people_are_the_components_of_firm_identifiers_and_weak_ones_never_join_two(
    born: dict[str, str | None], met: list[tuple[str, str, str | None]]
) -> None:
    pairs = _usable(born, met)
    store = shop(born, pairs)
    resolve(store, now=NOW)
    firm = [n for n in born if n[0] in "nep"]
    expected = {n: frozenset({n}) for n in firm}
    for a, b, _ in pairs:
        if a in expected and b in expected:
            both = expected[a] | expected[b]
            expected |= dict.fromkeys(both, both)
    found = {frozenset(n for n in group if n[0] in "nep") for group in people(store)} - {frozenset()}
    assert found == set(expected.values())


def test_long_chains_are_one_customer() -> None:
    names = [f"p{i}" for i in range(200)]
    store = shop(dict.fromkeys(names, "2024-01-01"), [(a, b, "2024-01-01") for a, b in pairwise(names)])
    assert resolve(store, now=NOW).customers == 1


def test_an_identifier_that_came_later_joins_the_customer_it_was_met_with() -> None:
    store = shop({"n1": "2024-01-01"}, [])
    resolve(store, now=NOW)
    add(store, "identifiers", [identifier("e1", "2024-02-01")])
    add(store, "links", [link("n1", "e1", "2024-02-01")])
    assert resolve(store, now=NOW).changed == {"identities": 1}
