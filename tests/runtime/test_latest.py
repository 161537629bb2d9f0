"""The answers that are kept in memory speak for the last tick, and only for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from patron.runtime.latest import Latest

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NINE + timedelta(seconds=1)
ASKED = {"features": ["order_count"], "bits": ["bits_0"]}


def _note(latest: Latest, *ids: int, orders: int, gone: tuple[int, ...] = ()) -> None:
    features = pa.table({"customer_id": list(ids), "order_count": [orders] * len(ids)})
    bits = pa.table({"customer_id": list(reversed(ids)), "bits_0": [i * 10 for i in reversed(ids)]})
    latest.note(pa.table({"customer_id": [*ids, *gone]}), {"features": features, "bits": bits})


def _orders(latest: Latest, customer_id: int, as_of: datetime) -> int | None:
    found = latest.of(customer_id, as_of, {"features": ["order_count"]})
    return None if found is None else found["features"]["order_count"]


def test_what_was_noted_is_known_once_it_is_true() -> None:
    latest = Latest()
    _note(latest, 7, 8, orders=1)
    assert latest.of(7, NINE, ASKED) is None
    latest.come_true(NINE)
    assert latest.of(7, NINE, ASKED) == {"features": {"order_count": 1}, "bits": {"bits_0": 70}}
    assert latest.of(9, NINE, ASKED) is None
    assert latest.of(7, NINE, {"features": ["order_count", "a_newer_feature"]}) is None


def test_they_speak_for_the_last_tick_alone() -> None:
    latest = Latest()
    _note(latest, 7, orders=1)
    latest.come_true(NINE)
    latest.come_true(LATER)  # nobody was looked at
    assert _orders(latest, 7, LATER) == 1
    assert _orders(latest, 7, NINE) is None  # who sees the commit before goes by the store


def test_the_last_look_counts_and_who_is_gone_is_gone() -> None:
    latest = Latest()
    _note(latest, 7, 8, orders=1)
    latest.come_true(NINE)
    _note(latest, 7, orders=2, gone=(8,))
    latest.come_true(LATER)
    assert [_orders(latest, who, LATER) for who in (7, 8)] == [2, None]


def test_the_oldest_go_where_there_are_too_many() -> None:
    latest = Latest(most=4)
    for tick, ids in enumerate([(1, 2), (2, 3), (4, 5)]):
        _note(latest, *ids, orders=tick)
        latest.come_true(NINE + timedelta(seconds=tick))
    now = NINE + timedelta(seconds=2)
    assert [_orders(latest, who, now) for who in range(1, 6)] == [None, 1, 1, 2, 2]


def test_nobody_is_known_after_a_failure() -> None:
    latest = Latest()
    _note(latest, 7, orders=1)
    latest.come_true(NINE)
    _note(latest, 8, orders=1)
    latest.clear()
    assert _orders(latest, 7, NINE) is None
    latest.come_true(LATER)
    assert [_orders(latest, who, LATER) for who in (7, 8)] == [None, None]
