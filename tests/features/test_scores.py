"""Scores, groups, and scores within categories."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from features.shops import answers, at, known, made, read_shop
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.features import plan, scores
from patron.features.by_category import by_category
from patron.features.catalog import BUILT_IN, built_in
from patron.features.erfm import scored
from patron.features.groups import GROUPS, NAMES, group_of, rfm_group
from patron.features.settings import FeatureSettings, Rule, ScoreSettings
from patron.kernel.errors import InputError
from patron.testing.tiny import customer

SHOP = Path(__file__).resolve().parents[1] / "golden" / "feature_shop.toml"
CELLS = list(product(range(1, 6), repeat=3))


def test_every_cell_is_in_exactly_one_of_eleven_groups() -> None:
    assert len(NAMES) == 11
    assert {group_of(*cell) for cell in CELLS} == set(NAMES)


def test_groups_need_no_order_among_them() -> None:
    # Only `loyal` leans on a group above it: champions are taken out first; and the rare rests lean on those before.
    leaning = {g.name for cell in CELLS for g in [g for g in GROUPS if g.holds(*cell)][1:]}
    assert leaning == {"loyal", "at_risk", "hibernating", "lost"}


@pytest.mark.parametrize(
    ("cell", "group"),
    [
        ((5, 5, 5), "champions"), ((4, 5, 1), "loyal"), ((3, 4, 5), "loyal"), ((5, 2, 5), "potential_loyalists"),
        ((5, 1, 5), "new_customers"),
        ((4, 1, 1), "promising"), ((3, 3, 1), "needs_attention"), ((3, 1, 5), "needs_attention"), ((3, 2, 2), "about_to_sleep"),
        ((2, 5, 5), "at_risk"), ((2, 2, 4), "at_risk"), ((1, 4, 3), "at_risk"), ((1, 5, 5), "cannot_lose"),
        ((1, 3, 4), "cannot_lose"), ((2, 1, 5), "hibernating"),
        ((1, 2, 5), "at_risk"), ((1, 2, 3), "lost"), ((1, 1, 5), "lost"), ((1, 1, 1), "lost"),
    ],
)  # fmt: skip
def test_group_is_the_one_that_is_documented(cell: tuple[int, int, int], group: str) -> None:
    assert group_of(*cell) == group


def test_engine_and_python_agree_on_groups() -> None:
    engine = DuckDBEngine(threads=1)
    engine.connection.register("cells", pa.table({c: [cell[n] for cell in CELLS] for n, c in enumerate("rfm")}))
    cells = ibis.table(dict.fromkeys("rfm", "int64"), name="cells")
    rows = engine.query(cells.mutate(group=rfm_group(cells.r, cells.f, cells.m))).to_pylist()
    assert all(row["group"] == group_of(row["r"], row["f"], row["m"]) for row in rows)


def test_tied_customers_share_a_score_and_more_is_never_less() -> None:
    engine = DuckDBEngine(threads=1)
    engine.connection.register("v", pa.table({"v": [0.0, 1.0, 1.0, 2.0, 5.0, 9.0, None]}))
    values = ibis.table({"v": "float64"}, name="v")
    rows = values.select(
        more=scored(values.v, (1.0, 2.0, 4.0, 9.0), less_is_better=False), less=scored(values.v, (1.0, 4.0), less_is_better=True)
    )
    found = engine.query(rows).to_pylist()
    assert [r["more"] for r in found] == [1, 2, 2, 3, 4, 5, None]
    assert [r["less"] for r in found] == [3, 3, 3, 2, 1, 1, None]


def test_owner_can_fix_cut_points_and_choose_features() -> None:
    settings = ScoreSettings(
        r=Rule("days_since_last_order", "fixed", (10.0, 30.0, 90.0, 365.0)),
        f=Rule("order_count", "fixed", (2.0, 3.0, 4.0, 5.0)),
        m=Rule("net_revenue", "fixed", (1000.0, 5000.0, 10_000.0, 20_000.0)),
        e=Rule("engagement_points", "learned"),
    )
    found = answers(*read_shop(SHOP), built_in(FeatureSettings(settings)))
    assert [found["ann"][f"{s}_score"] for s in "rfm"] == [4, 4, 4]  # 20 days, 4 orders, 15500
    assert [found["bob"][f"{s}_score"] for s in "rfm"] == [5, 1, 2]
    assert [found["cat"][f"{s}_score"] for s in "rfm"] == [None, None, None]
    assert found["ann"]["edge_r_score_at"] == at("2024-07-10T17:00:01").replace(tzinfo=None)  # 30 days after the last order, and a second


def test_owner_alone_needs_no_query() -> None:
    engine, facts = read_shop(SHOP)
    fixed = ScoreSettings(
        *(Rule(f, "fixed", (1.0, 2.0, 3.0, 4.0)) for f in ("days_since_last_order", "order_count", "mean_order_value", "engagement_points"))
    )
    catalog = built_in(FeatureSettings(fixed))
    for step in plan.partial_steps(catalog, facts, ["rfm_group", "e_score"]):
        engine.create(step.name, step.expression)
    assert engine.query(scores.cut_point_query(catalog, facts, fixed)).to_pylist() == []
    assert scores.cuts([], fixed) == dict.fromkeys("rfme", (1.0, 2.0, 3.0, 4.0))


def test_cut_points_are_in_the_unit_of_the_feature() -> None:
    orders = [
        {"customer_id": n, "ordered_at": f"2024-06-{day:02}"}
        for n, day in zip(("ann", "bob", "cat", "dan", "eve"), (1, 11, 16, 21, 30), strict=True)
    ]
    tables = {"customers": [{"customer_id": o["customer_id"], "first_seen_at": "2024-01-01"} for o in orders], "orders": orders}
    engine, facts = made(tables), known(tables, "2024-07-01")
    for step in plan.partial_steps(BUILT_IN, facts, ["rfm_group", "e_score"]):
        engine.create(step.name, step.expression)
    rows = engine.query(scores.cut_point_query(BUILT_IN, facts, BUILT_IN.settings.scores)).to_pylist()
    cuts = scores.cuts(rows, BUILT_IN.settings.scores)
    found = engine.query(plan.features(BUILT_IN, facts, cuts, ["r_score", "days_since_last_order"])).to_pylist()
    assert {r["days_since_last_order"]: r["r_score"] for r in found} == {30: 1, 20: 2, 15: 3, 10: 4, 1: 5}
    assert {r["level"]: r["value"] for r in rows if r["score"] == "r"} == {2: 20.0, 3: 15.0, 4: 10.0, 5: 1.0}
    assert {r["scope"] for r in rows} == {scores.SHOP}


def test_engagement_is_unknown_without_events_and_messages() -> None:
    tables: dict[str, list[dict[str, Any]]] = {
        "customers": [{"customer_id": "ann", "first_seen_at": "2024-01-01"}],
        "orders": [{"customer_id": "ann", "ordered_at": "2024-06-01"}],
        "reviews": [{"customer_id": "ann", "reviewed_at": "2024-06-01", "rating": 5.0}],
    }
    found = answers(made(tables), known(tables, "2024-07-01"))["ann"]
    assert (found["engagement_points"], found["e_score"], found["erfm_cell"]) == (None, None, None)
    assert found["rfm_cell"] == "111"


def test_scores_of_what_is_no_number_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean 'net_revenue'") as caught:
        built_in(FeatureSettings(ScoreSettings(m=Rule("net_revenu"), r=Rule("last_order_at"))))
    assert [p.where for p in caught.value.problems] == ["scores.r.feature", "scores.m.feature"]


@pytest.mark.parametrize(
    "rule", [("order_count", "fixed", (1.0, 2.0)), ("order_count", "fixed", (4.0, 3.0, 2.0, 1.0)), ("order_count", "quantile", (1.0,))]
)
def test_cut_points_that_make_no_scores_are_refused(rule: tuple[str, str, tuple[float, ...]]) -> None:
    with pytest.raises(InputError, match="scores of order_count"):
        Rule(*rule)  # type: ignore[arg-type]


def test_scores_within_a_category_are_among_its_buyers() -> None:
    engine, facts = read_shop(SHOP)
    rows = engine.query(by_category(facts)).to_pylist()
    kitchen = {r["customer_id"]: r for r in rows if r["category"] == "Kitchen"}
    ann, bob, dan = (kitchen[customer(n)] for n in ("ann", "bob", "dan"))
    # ann: orders 1, 2, 4 with 2000 + 4000 + 2000; bob: order 6 with 1000; dan: orders 7, 8 with 2000 + 1000
    assert [(r["order_count"], r["net_revenue"]) for r in (ann, bob, dan)] == [(3, 8000), (1, 1000), (2, 3000)]
    assert [(r["r_score"], r["f_score"], r["m_score"]) for r in (ann, bob, dan)] == [(2, 3, 3), (3, 1, 1), (1, 2, 2)]
    assert Counter(r["category"] for r in rows) == {"Kitchen": 3, "Garden": 2}
