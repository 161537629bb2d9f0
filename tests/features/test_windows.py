"""Windows hold their first instant and not their last, to the microsecond, and say when they change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from features.shops import Rows, answers, at, known, made
from patron.features.catalog import BUILT_IN
from patron.features.feature import AHEAD_DAYS, Slides

AS_OF = "2024-07-01T09:30:00"
TICK = timedelta(microseconds=1)
ANN = {"customers": [{"customer_id": "ann", "first_seen_at": "2020-01-01"}]}


def _ann(names: tuple[str, ...], table: str, column: str, *instants: object, **values: object) -> dict[str, object]:
    rows: Rows = {**ANN, table: [{"customer_id": "ann", column: str(i), **values} for i in instants]}
    return answers(made(rows), known(rows, AS_OF), names=names)["ann"]


@pytest.mark.parametrize(
    ("table", "column", "feature", "days", "values"),
    [
        ("orders", "ordered_at", "order_count_30d", 30, {}),
        ("orders", "ordered_at", "order_count_90d", 90, {}),
        ("orders", "ordered_at", "order_count_365d", 365, {}),
        ("events", "occurred_at", "view_count_7d", 7, {"kind": "product_viewed"}),
        ("events", "occurred_at", "visit_count_30d", 30, {"kind": "product_viewed"}),
        ("messages", "sent_at", "message_count_90d", 90, {}),
        ("tickets", "opened_at", "ticket_count_90d", 90, {}),
        ("reviews", "reviewed_at", "low_rating_count_365d", 365, {"rating": 1.0}),
    ],
)
def test_window_is_half_open(table: str, column: str, feature: str, days: int, values: dict[str, object]) -> None:
    end = at(AS_OF).replace(tzinfo=None)
    begin = end - timedelta(days=days)
    found = _ann((feature,), table, column, begin - TICK, begin, end - TICK, end, **values)
    expected = 1 if feature.startswith("visit") and begin.date() == (end - TICK).date() else 2
    assert found[feature] == expected


def test_previous_year_begins_where_the_last_one_ends() -> None:
    end = at(AS_OF).replace(tzinfo=None)
    year, two = end - timedelta(days=365), end - timedelta(days=730)
    names = (
        "order_count_365d",
        "order_count_previous_365d",
        "net_revenue_365d",
        "net_revenue_previous_365d",
        "edge_orders_previous_365d_at",
    )
    found = _ann(names, "orders", "ordered_at", two - TICK, two, year - TICK, year, net_revenue=100)
    assert (found["order_count_365d"], found["order_count_previous_365d"]) == (1, 2)
    assert (found["net_revenue_365d"], found["net_revenue_previous_365d"]) == (100, 200)
    assert found["edge_orders_previous_365d_at"] == end + TICK  # one order is on the first instant of each window


def _ahead(rows: Rows, as_of: str, name: str) -> tuple[object, object, object]:
    """A feature now, what it is said to be in some days, and what it is then."""
    changes = BUILT_IN[name].changes
    assert isinstance(changes, Slides)
    later = str(at(as_of) + timedelta(days=AHEAD_DAYS))
    names = (name, changes.ahead)
    now, then = (answers(made(rows), known(rows, instant), names=names)["ann"] for instant in (as_of, later))
    return now[name], now[changes.ahead], then[name]


def test_orders_a_year_are_known_days_ahead() -> None:
    rows: Rows = {**ANN, "orders": [{"customer_id": "ann", "ordered_at": d} for d in ("2022-11-20T20:00:00", "2023-06-25T08:00:00")]}
    for as_of in ("2023-07-01T09:30:00", "2023-11-18T19:59:59", "2024-07-01T09:30:00"):  # within the first year, near its end, after it
        _, told, then = _ahead(rows, as_of, "orders_per_year")
        assert told == then


@pytest.mark.parametrize("name", ["engagement_points", "visit_count_7d", "visit_count_30d", "visit_count_90d"])
def test_what_windows_will_hold_is_known_days_ahead(name: str) -> None:
    days = (0, 1, 3, 4, 5, 6.9, 26, 27, 28, 30, 31, 57, 58, 86, 87, 88, 146, 147, 148, 177, 178, 179, 180, 200)
    when = [str(at(AS_OF).replace(tzinfo=None) - timedelta(days=d) - tick) for d in days for tick in (TICK, timedelta(0))]
    rows: Rows = {
        **ANN,
        "events": [{"customer_id": "ann", "occurred_at": i, "kind": k} for i in when for k in ("page_viewed", "checkout_started")],
        "messages": [{"customer_id": "ann", "sent_at": i, "opened_at": i, "clicked_at": i} for i in when[2:]],
        "tickets": [{"customer_id": "ann", "opened_at": i} for i in when[2:]],
        "reviews": [{"customer_id": "ann", "reviewed_at": i} for i in when[2:]],
    }
    rows["events"] = [row for row in rows["events"] if str(row["occurred_at"]) < AS_OF.replace("T", " ")]
    now, told, then = _ahead(rows, AS_OF, name)
    assert told == then < now  # type: ignore[operator]


def test_edge_is_the_first_instant_of_another_answer() -> None:
    names = ("order_count_30d", "edge_orders_30d_at")
    edge = _ann(names, "orders", "ordered_at", "2024-06-20T08:00:00", "2024-06-25")["edge_orders_30d_at"]
    assert isinstance(edge, datetime)
    assert edge == at("2024-07-20T08:00:00.000001").replace(tzinfo=None)
    rows: Rows = {**ANN, "orders": [{"customer_id": "ann", "ordered_at": d} for d in ("2024-06-20T08:00:00", "2024-06-25")]}
    counts = [answers(made(rows), known(rows, str(edge - late)), names=names)["ann"]["order_count_30d"] for late in (TICK, timedelta(0))]
    assert counts == [2, 1]


def test_refund_lowers_the_window_in_which_it_is_given() -> None:
    rows: Rows = {
        **ANN,
        "orders": [{"customer_id": "ann", "ordered_at": "2024-05-01", "net_revenue": 1000}],
        "refunds": [{"customer_id": "ann", "refunded_at": "2024-06-10", "net_revenue": 400}],
    }
    found = answers(made(rows), known(rows, AS_OF), names=("net_revenue_30d", "net_revenue_90d", "net_revenue"))["ann"]
    assert (found["net_revenue_30d"], found["net_revenue_90d"], found["net_revenue"]) == (-400, 600, 600)


def test_days_of_the_shop_decide_what_is_one_day() -> None:
    found = _ann(("active_days_365d", "typical_gap_days"), "orders", "ordered_at", "2024-06-01T23:30", "2024-06-02T00:30")
    assert (found["active_days_365d"], found["typical_gap_days"]) == (2, 1)


def test_days_are_counted_in_whole_seconds() -> None:
    found = _ann(("days_since_last_order",), "orders", "ordered_at", "2024-06-30T09:30:00.700000")
    assert found["days_since_last_order"] == 1.0
