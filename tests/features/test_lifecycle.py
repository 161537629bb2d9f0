"""Stages and the ladder of orders."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from features.shops import Answers, Rows, answers, at, known, made, read_shop
from patron.features.lifecycle import STAGES
from patron.features.partials.ladder import order_ladder
from patron.features.settings import LadderSettings

SHOP = Path(__file__).resolve().parents[1] / "golden" / "feature_shop.toml"
HELD = ("loyalty", "2025-06-07T17:00:01")  # two usual gaps of 181 days after the last order


STAGE = ("stage", "edge_stage_at", "last_order_at")


@pytest.fixture(scope="module")
def shop() -> Answers:
    engine, facts = read_shop(SHOP)
    return answers(engine, facts, names=STAGE)


def _rows(orders: dict[str, list[str]]) -> Rows:
    return {
        "customers": [{"customer_id": who, "first_seen_at": "2020-01-01"} for who in orders],
        "orders": [{"customer_id": who, "ordered_at": day} for who, days in orders.items() for day in days],
    }


@pytest.mark.parametrize(
    ("who", "stage", "until"),
    [
        ("ann", *HELD),
        ("bob", "onboarding", timedelta(days=0.25 + 0.8 * (180 + 14 / 24 - 0.25))),
        ("cat", "acquisition", None),
        ("dan", "retention", None),
    ],
)
def test_stage_says_when_it_changes_by_itself(shop: Answers, who: str, stage: str, until: str | timedelta | None) -> None:
    found = shop[who]
    assert found["stage"] == stage
    if until is None:
        expected = None
    elif isinstance(until, str):
        expected = at(until).replace(tzinfo=None)
    else:
        expected = found["last_order_at"] + timedelta(seconds=until // timedelta(seconds=1) + 1)
    assert found["edge_stage_at"] == expected


def test_stage_turns_with_the_second_that_it_says() -> None:
    tables = _rows({"ann": ["2024-01-01"], "bob": ["2023-01-01", "2023-01-11"]})
    for as_of, stage in (("2024-01-11T00:00:00", "onboarding"), ("2024-01-11T00:00:01", "retention")):
        found = answers(made(tables), known(tables, as_of), names=STAGE)["ann"]
        assert found["stage"] == stage
    found = answers(made(tables), known(tables, "2024-01-11T00:00:00"), names=STAGE)["ann"]
    assert found["edge_stage_at"] == at("2024-01-11T00:00:01").replace(tzinfo=None)


def test_everybody_is_in_a_stage(shop: Answers) -> None:
    assert {row["stage"] for row in shop.values()} == set(STAGES)


def test_ladder_counts_orders_that_are_old_enough() -> None:
    tables = _rows(
        {
            "ann": ["2023-01-01", "2023-01-11", "2023-01-21"],
            "bob": ["2023-01-01", "2023-01-11"],
            "cat": ["2023-01-01"],
            "dan": ["2024-06-25"],
        }
    )
    settings = LadderSettings(prior=0.5, weight=2.0, steps=3)
    rows = made(tables).query(order_ladder(known(tables, "2024-07-01"), settings)).to_pylist()
    # dan ordered 6 days ago, and 80 % of gaps are 10 days: nobody knows yet
    assert [(r["n"], r["reached"], r["went_on"]) for r in rows] == [(1, 3, 2), (2, 2, 1), (3, 1, 0)]
    assert [r["p"] for r in rows] == [pytest.approx(3 / 5), pytest.approx(2 / 4), pytest.approx(1 / 3)]
    assert all(0 <= r["low"] < r["p"] < r["high"] <= 1 for r in rows)
    # Wilson for 3 of 5 at 95 %
    assert (rows[0]["low"], rows[0]["high"]) == (pytest.approx(0.2307, abs=1e-4), pytest.approx(0.8824, abs=1e-4))


def test_last_step_stands_for_all_later_ones() -> None:
    tables = _rows({"ann": [f"2023-01-{day:02}" for day in range(1, 8)]})
    rows = made(tables).query(order_ladder(known(tables, "2024-07-01"), LadderSettings(steps=2))).to_pylist()
    assert [(r["n"], r["reached"], r["went_on"]) for r in rows] == [(1, 1, 1), (2, 6, 5)]


def test_shop_without_repeat_customers_has_the_belief_alone() -> None:
    tables = _rows({"ann": ["2024-06-30"], "bob": []})
    found = answers(made(tables), known(tables, "2024-07-01"), names=(*STAGE, "p_next_order", "usual_gap_days", "lateness"))
    assert found["ann"]["p_next_order"] == pytest.approx(4.5 / 11)
    assert found["ann"]["usual_gap_days"] is None
    assert found["ann"]["lateness"] is None
    assert found["ann"]["stage"] == "onboarding"
    assert found["bob"]["p_next_order"] is None
