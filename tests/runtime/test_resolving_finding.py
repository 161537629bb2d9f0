from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from patron.kernel.ids import derived, shown
from patron.runtime.finding import find_customer, scopes_of
from patron.runtime.resolving import resolve
from runtime.people import NOW, add, identifier, shop, who

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine


def _hashed(kind: str, text: str) -> dict[str, object]:
    value = hashlib.sha256(text.encode()).hexdigest()
    return {"identifier_id": derived(kind, "", value), "kind": kind, "scope": "", "value": value, "strength": 3}


@pytest.fixture(scope="module")
def store() -> DuckDBEngine:
    made = shop(
        {"n1": "2024-01-01", "n2": "2024-02-01", "n3": "2024-02-01"},
        [("n1", "n2", "2024-03-01")],
        orders=[
            {"order_number": "#1001", "buyer_id": who("n1"), "ordered_at": "2024-01-01"},
            {"order_number": "7", "ordered_at": "2024-01-01"},
        ],
    )
    for i, (kind, text) in enumerate((("email", "a@example.com"), ("phone", "+49301234567"))):
        row = _hashed(kind, text)
        left, right = sorted((who("n1"), int(str(row["identifier_id"]))))
        add(made, "identifiers", [row])
        add(made, "links", [{"link_id": i, "left_id": left, "right_id": right}])
    resolve(made, now=NOW)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "n1",
        "n2",
        " n1 ",
        "A@example.com",
        "+49 30 1234567",
        "0049301234567",
        "#1001",
        "1001",
        shown("cus", who("n1")),
        shown("cus", who("n2")),
    ],
)
def test_a_customer_is_found_by(text: str, store: DuckDBEngine) -> None:
    assert find_customer(store, text) == [who("n1")]


@pytest.mark.parametrize("text", ["", "n9", "b@example.com", "7", "cus_0000000000001"])
def test_nobody_is_found_by(text: str, store: DuckDBEngine) -> None:
    assert find_customer(store, text) == []


def test_all_who_may_be_meant_are_found() -> None:
    number = identifier("n1", "2024-01-01")
    other = {**number, "identifier_id": derived("customer_number", "another shop", "n1"), "scope": "another shop"}
    made = shop({}, [])
    add(made, "identifiers", [number, other])
    resolve(made, now=NOW)
    assert find_customer(made, "n1") == sorted([int(str(other["identifier_id"])), who("n1")])


def test_an_order_number_counts_where_nobody_is_known_by_it() -> None:
    orders = [{"order_number": n, "buyer_id": who("n2"), "ordered_at": "2024-01-01"} for n in ("n1", "n3")]
    made = shop({"n1": "2024-01-01", "n2": "2024-01-01"}, [], orders=orders)
    resolve(made, now=NOW)
    assert (find_customer(made, "n1"), find_customer(made, "n3")) == ([who("n1")], [who("n2")])


def test_a_visitor_who_became_known_is_found_by_the_id_of_the_browser() -> None:
    made = shop({"n1": "2024-01-01", "b1": "2024-01-01", "b2": "2024-01-01"}, [("b1", "n1", "2024-03-01")])
    resolve(made, now=NOW)
    scopes = scopes_of(made)
    assert (find_customer(made, "b1", scopes), find_customer(made, "b2", scopes)) == ([who("n1")], [])
