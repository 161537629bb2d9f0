from __future__ import annotations

from typing import TYPE_CHECKING

from patron.kernel.arrow import arrow_rows
from patron.kernel.tables import Column, Table
from patron.measurement import rfm, stakes
from patron.testing.tiny import tiny_shop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.adapters.engines.duckdb import DuckDBEngine


FEATURES = (
    Column("customer_id", "id", "the customer"),
    Column("r_score", "count", "recency"),
    Column("f_score", "count", "frequency"),
    Column("rfm_group", "text", "group"),
    Column("net_revenue", "money", "so far"),
    Column("net_revenue_365d", "money", "in a year"),
    Column("margin", "money", "so far"),
    Column("lateness", "number", "gaps"),
)


def _engine(**tables: Sequence[tuple[object, ...]]) -> DuckDBEngine:
    engine = tiny_shop({})
    for name, rows in tables.items():
        table = Table(name, "one row per customer", ("customer_id",), FEATURES)
        engine.declare(table)
        engine.insert(name, arrow_rows(table, [dict(zip([c.name for c in FEATURES], (*r, r[4]), strict=False)) for r in rows]))
    return engine


NOW = [
    (1, 5, 5, "champions", 900),
    (2, 5, 5, "champions", 100),
    (3, 1, 1, "lost", 50),
    (4, None, None, None, -20),
    (5, 5, 1, "new_customers", 10),
]
BEFORE = [(1, 4, 4, "loyal", 700), (2, 5, 5, "champions", 90), (3, 5, 1, "new_customers", 50)]


def test_grid_sums_to_all_customers_with_scores() -> None:
    engine = _engine(features=NOW)
    cells = engine.query(rfm.rfm_grid(rfm.features_named("features"))).to_pylist()
    assert [(c["r_score"], c["f_score"], c["customers"], int(c["net_revenue"])) for c in cells] == [
        (1, 1, 1, 50),
        (5, 1, 1, 10),
        (5, 5, 2, 1000),
    ]
    groups = engine.query(rfm.rfm_groups(rfm.features_named("features"))).to_pylist()
    assert sum(g["customers"] for g in groups) == sum(c["customers"] for c in cells)
    assert sum(g["net_revenue"] for g in groups) == sum(c["net_revenue"] for c in cells)


def test_movement_holds_every_customer_with_a_group_once() -> None:
    engine = _engine(features=NOW, features_before=BEFORE)
    flows = engine.query(rfm.movement(rfm.features_named("features_before"), rfm.features_named("features"))).to_pylist()
    assert {(f["was"], f["is_now"]): f["customers"] for f in flows} == {
        ("loyal", "champions"): 1,
        ("champions", "champions"): 1,
        ("new_customers", "lost"): 1,
        (rfm.ABSENT, "new_customers"): 1,
    }


def _flag(name: str) -> Column:
    return Column(name, "flag", "member")


def test_stakes_are_what_members_brought_in_a_year() -> None:
    engine = _engine(features=NOW)
    memberships = Table("memberships", "one row per customer", ("customer_id",), (FEATURES[0], _flag("best"), _flag("all")))
    engine.declare(memberships)
    engine.insert("memberships", arrow_rows(memberships, [{"customer_id": i, "best": i <= 2, "all": True} for i in range(1, 6)]))
    table = memberships.unbound()
    row = engine.query(stakes.stakes(rfm.features_named("features"), table, ["best", "all"])).to_pylist()[0]
    assert (row["members_0"], row["stake_0"], row["silent_0"]) == (2, 1000, 0)
    assert (row["members_1"], row["stake_1"], row["silent_1"]) == (5, 1040, 1)
    assert engine.query(stakes.shared_members(table, ["best", "all"])).to_pylist() == [{"shared_0_1": 2}]


def test_segments_that_repeat_another_or_hold_most_of_the_shop_are_not_advised() -> None:
    members = {"best": 10, "twins": 9, "other": 20, "most": 90, "empty": 0}
    stake = {"best": 500, "twins": 400, "other": 300, "most": 900, "empty": 0}
    ranked = stakes.candidates(members, stake, customers=100, limit=5)
    assert ranked == ("best", "twins", "other")
    shared = {frozenset(("best", "twins")): 9, frozenset(("best", "other")): 1, frozenset(("twins", "other")): 1}
    assert stakes.distinct(ranked, members, shared, limit=5) == ("best", "other")
    assert stakes.distinct(ranked, members, shared, limit=1) == ("best",)
