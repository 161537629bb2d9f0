"""Features of the shop's own: worked out like the built-in ones, and refused with everything that is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from features.shops import Answers, answers, at, read_shop
from patron.features.catalog import BUILT_IN
from patron.features.feature import Slides, Still
from patron.features.own import extended
from patron.kernel.errors import InputError

SHOP = Path(__file__).resolve().parents[1] / "golden" / "feature_shop.toml"

OWN = """
[kitchen_revenue]
meaning = "Net revenue of the kitchen."
from = "order_lines"
aggregate = "sum"
column = "net_revenue"
where = { category = "Kitchen" }

[kitchen_revenue_365d]
from = "order_lines"
aggregate = "sum"
column = "net_revenue"
last = "365 days"
where = { category = "Kitchen" }

[dear_line_count]
from = "order_lines"
aggregate = "count"
where = { net_revenue = { min = 20.00, below = 60 }, kind = "product" }

[mean_basket]
from = "orders"
aggregate = "mean"
column = "net_revenue"

[largest_quantity]
from = "order_lines"
aggregate = "max"
column = "quantity"
where = { kind = "product" }

[viewed_products_30d]
unit = "products"
from = "events"
aggregate = "distinct"
column = "product_id"
last = "30 days"
where = { kind = "product_viewed" }

[last_cart_category]
from = "events"
aggregate = "last"
column = "category"
where = { kind = ["product_added", "wishlist_product_added_to_cart"] }

[not_on_the_web_7d]
from = "events"
aggregate = "count"
last = "7 days"
where = { channel = { not = "web" } }

[mean_rating]
from = "reviews"
aggregate = "mean"
column = "rating"

[recommends]
from = "reviews"
aggregate = "mean"
column = "is_recommended"
"""

NAMES = (*tomllib.loads(OWN), "edge_kitchen_revenue_365d_at")


@pytest.fixture(scope="module")
def shop() -> Answers:
    engine, facts = read_shop(SHOP)
    return answers(engine, facts, extended(BUILT_IN, {"features/own.toml": OWN}), names=NAMES)


@pytest.mark.parametrize(
    ("name", "ann", "dan"),
    [
        ("kitchen_revenue", 2000 + 800 + 3200 + 2000, 3000),
        ("kitchen_revenue_365d", 800 + 3200 + 2000, 3000),
        ("dear_line_count", 4, 2),  # 2000, 3000, 3200, 2000, not 800 nor 6000; the 9000 of the called-off order is not there
        ("mean_basket", 17000 / 4, 2000.0),
        ("largest_quantity", 2, 1),
        ("viewed_products_30d", 2, 0),
        ("last_cart_category", "Kitchen", None),
        ("not_on_the_web_7d", 0, 0),
        ("mean_rating", 3.5, None),
        ("recommends", 0.5, None),
    ],
)
def test_own_feature_is_what_a_person_works_out(shop: Answers, name: str, ann: object, dan: object) -> None:
    assert (shop["ann"][name], shop["dan"][name]) == (ann, dan)


def test_unknown_value_is_not_the_one_that_is_excluded(shop: Answers) -> None:
    assert shop["cat"]["not_on_the_web_7d"] == 4  # cat's events have no channel


def test_own_feature_with_a_window_says_when_it_changes(shop: Answers) -> None:
    catalog = extended(BUILT_IN, {"own.toml": OWN})
    assert catalog["kitchen_revenue"].changes == Still()
    assert catalog["kitchen_revenue_365d"].changes == Slides("edge_kitchen_revenue_365d_at")
    assert shop["ann"]["edge_kitchen_revenue_365d_at"] == at("2024-07-01T00:00:00.000001").replace(tzinfo=None)


def test_own_features_are_known_only_with_their_facts() -> None:
    catalog = extended(BUILT_IN, {"own.toml": OWN})
    assert catalog["mean_rating"].missing(frozenset({"orders"})) == ("reviews",)
    assert [f.name for f in catalog.visible()][-2:] == ["mean_rating", "recommends"]


def _problems(**files: str) -> dict[str, Any]:
    with pytest.raises(InputError) as caught:
        extended(BUILT_IN, {f"{name}.toml": text for name, text in files.items()})
    return {p.where: (p.expected, p.hint) for p in caught.value.problems}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = _problems(
        one="""
[order_count]
from = "orders"
aggregate = "count"

[Tea]
from = "order_line"
aggregate = "cuont"
lats = "7 days"

[tea]
from = "order_lines"
aggregate = "sum"
column = "net_revenu"
last = "3 months"
where = { categroy = "Tea", net_revenue = "much", quantity = { least = 3 }, category = { min = 3 }, kind = 3, ordered_at = 1 }

[texts]
from = "events"
aggregate = "sum"
column = "kind"

[counted]
from = "events"
aggregate = "count"
column = "kind"
""",
        two="name = 3\n",
        three="[broken",
    )
    hints = {
        "one.toml: Tea.from": "did you mean 'order_lines'?",
        "one.toml: Tea.aggregate": "did you mean 'count'?",
        "one.toml: Tea.lats": "did you mean 'last'?",
        "one.toml: tea.column": "did you mean 'net_revenue'?",
        "one.toml: tea.where.categroy": "did you mean 'category'?",
    }
    assert {where: found[where][1] for where in hints} == hints
    assert set(found) == {
        *hints,
        "one.toml: order_count",
        "one.toml: Tea",
        "one.toml: tea.last",
        "one.toml: tea.where.net_revenue",
        "one.toml: tea.where.quantity.least",
        "one.toml: tea.where.category.min",
        "one.toml: tea.where.kind",
        "one.toml: tea.where.ordered_at",
        "one.toml: texts.column",
        "one.toml: counted.column",
        "two.toml: name",
        "three.toml",
    }


def test_name_in_two_files_is_refused() -> None:
    text = '[tea]\nfrom = "orders"\naggregate = "count"\n'
    assert _problems(one=text, two=text) == {"two.toml: tea": ("a name that no other feature has", "")}
