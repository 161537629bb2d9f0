from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from measurement.shops import answers, line, order
from patron.app.report.outlook import outlook
from patron.kernel.arrow import arrow_rows
from patron.kernel.tables import Column, Table
from patron.measurement.outlook import by_tenth, order_days
from patron.predictions.bgnbd import BGNBD
from patron.runtime.models import Models

HORIZONS = (30, 90, 365)
FEATURES = Table(
    "features",
    "one row per customer",
    ("customer_id",),
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("p_alive", "share", "still a customer"),
        *(Column(f"expected_orders_{d}d", "number", "orders") for d in HORIZONS),
        *(Column(f"expected_net_revenue_{d}d", "money", "money") for d in HORIZONS),
        Column("expected_clv", "money", "margin"),
        Column("expected_value_at_risk", "money", "margin"),
        Column("churn_band", "text", "band"),
    ),
)
SHOP = {"orders": [order(1, "a", "2024-01-01", 1000), order(2, "a", "2024-01-08", 1000), order(3, "b", "2024-01-03", 500)]}
MODEL = BGNBD((0.243, 30.9, 0.793, 2.426))


def models() -> Models:
    at = datetime(2024, 3, 1, tzinfo=UTC)
    return Models(MODEL, MODEL, MODEL, None, None, None, at, at, 2)


def row(customer: int, *, value: int | None, band: str = "active", alive: float | None = 0.9) -> dict[str, Any]:
    known = alive is not None
    return {
        "customer_id": customer, "p_alive": alive, "expected_clv": value, "expected_value_at_risk": value,
        **{f"expected_orders_{d}d": d / 30 if known else None for d in HORIZONS},
        **{f"expected_net_revenue_{d}d": 100 * d if known else None for d in HORIZONS},
        "churn_band": band if known else None,
    }  # fmt: skip


def made(rows: list[dict[str, Any]]) -> Any:
    given = answers(SHOP | {"order_lines": [line(n, o, 1, o["net_revenue"]) for n, o in enumerate(SHOP["orders"], 1)]}, "2024-03-01")
    given.store.declare(FEATURES)
    given.store.insert("features", arrow_rows(FEATURES, rows))
    return given


def test_expectations_are_summed_over_those_of_whom_anything_is_expected() -> None:
    found = outlook(
        made([row(1, value=500), row(2, value=1500, band="lapsed"), row(3, value=None, alive=None)]), FEATURES.unbound(), models(), ()
    )
    assert found is not None
    assert (found.customers, found.orders, [m.minor for m in found.net_revenue]) == (2, (2.0, 6.0, 365 / 15), [6000, 18000, 73000])
    assert (found.measure, found.value.minor) == ("margin", 2000)
    assert [(b.band, b.customers, b.at_risk and b.at_risk.minor) for b in found.bands] == [("active", 1, 500), ("lapsed", 1, 1500)]


def test_tenths_begin_with_the_most_valuable_and_hold_everyone_once() -> None:
    given = made([row(n, value=n) for n in range(1, 26)])
    rows = given.rows(by_tenth(FEATURES.unbound(), "expected_clv"))
    assert [r["number"] for r in rows] == list(range(1, 11))
    assert sum(r["customers"] for r in rows) == 25
    assert rows[0]["total"] == 25 + 24 + 23
    assert sum(r["total"] for r in rows) == sum(range(1, 26))


def test_without_a_margin_net_revenue_is_what_is_expected() -> None:
    found = outlook(made([row(1, value=None), row(2, value=None)]), FEATURES.unbound(), models(), ())
    assert found is not None
    assert (found.measure, found.value.minor) == ("net_revenue", 73000)
    assert {b.at_risk for b in found.bands} == {None}


def test_nothing_is_said_where_nothing_is_expected() -> None:
    assert outlook(made([row(1, value=None, alive=None)]), FEATURES.unbound(), models(), ()) is None


def test_tracking_counts_repeat_days_and_expects_what_the_model_says_of_their_ages() -> None:
    given = made([row(1, value=1)])
    days = given.rows(order_days(given.facts))
    assert [(r["day"].day, r["begun"], r["repeats"]) for r in days] == [(1, 1, 0), (3, 1, 0), (8, 0, 1)]
    found = outlook(given, FEATURES.unbound(), models(), ())
    assert found is not None
    last = found.tracking[-1]
    assert (last.until, last.actual) == (date(2024, 2, 26), 1)
    assert np.isclose(last.expected, MODEL.expected_of_new([56.0, 54.0]).sum())
