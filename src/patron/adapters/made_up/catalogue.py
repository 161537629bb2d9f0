"""The products of a made-up shop: what they cost, and when they were launched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.adapters.made_up.dice import instant, member, named
from patron.adapters.made_up.plan import CATEGORIES, DAY, DAYS

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

_KINDS = ("Classic", "Small", "Large", "Blue", "Red", "Wooden", "Vintage", "Round", "Soft", "Folding", "Painted", "Glass", "Striped")
_THINGS = (
    "set",
    "box",
    "holder",
    "bag",
    "lamp",
    "frame",
    "bowl",
    "card",
    "cushion",
    "basket",
    "clock",
    "tray",
    "mug",
    "ribbon",
    "stand",
    "sign",
)
_BRANDS = ("Alder", "Birch", "Cedar", "Hazel", "Juniper", "Maple", "Rowan", "Willow")
_LEVELS = (2400, 3200, 1800, 1500, 600, 3600, 1100, 2900, 900, 2100, 8900, 1300)  # typical price of a category, minor units


def products(plan: Plan) -> str:
    """Makes `_product`: one row per product; `j` is category times ranks plus rank, and low ranks sell best.

    Every product of even rank is there from the start; those of odd rank are launched one after the other through the three years.
    """
    d = plan.dice
    level = f"([{', '.join(map(str, _LEVELS))}])[c + 1]"
    spread = f"exp(0.9 * ({d.uniform('dear', 'j')} + {d.uniform('dearer', 'j')} + {d.uniform('dearest', 'j')} - 1.5))"
    code = "'P' || (10000 + j)"
    return f"""
        CREATE OR REPLACE TEMP TABLE _product AS
        SELECT j, c, r, {code} AS code, {named("'product'", code)} AS product_id, {member("c", CATEGORIES)} AS category,
               {member(d.whole("kind", 101, "j"), _KINDS)} || ' ' || {member(d.whole("thing", 101, "j"), _THINGS)} || ' no. ' || j AS name,
               {member(d.whole("brand", 101, "j"), _BRANDS)} AS brand, price,
               floor(price * (0.35 + 0.35 * {d.uniform("cost", "j")}))::BIGINT
                   AS cost,
               CASE WHEN r % 2 = 1 THEN {launched(plan, "c", "r")} ELSE {plan.start - DAY} END AS launched
        FROM (SELECT j, c, r, greatest(1, ceil({level} * {spread} / {plan.major}) * {plan.major} - 1)::BIGINT AS price
              FROM (SELECT j, j // {plan.ranks} AS c, j % {plan.ranks} AS r FROM range({len(CATEGORIES) * plan.ranks})
                  AS all_products(j)))"""


def catalogue(plan: Plan) -> str:
    """The rows of `facts.PRODUCTS` that are launched before the end."""
    first = f"coalesce({instant('launched')}, {instant(str(plan.start))})"
    return f"""
        SELECT product_id, code AS product_code, name, category, category || ' > ' || brand AS category_path, brand,
               {decimal(plan, "price")} AS price, {decimal(plan, "cost")} AS cost, '{plan.currency}' AS currency, {first} AS launched_at,
               NOT {plan.dice.chance("withdrawn", 0.05, "j")} AS is_active, 'made_up' AS source, {plan.learned} AS received_at
        FROM _product ORDER BY launched, j"""


def listings() -> str:
    """The rows of `facts.LISTINGS` for the products: what the catalogue says."""
    listing = named("'listing'", "product_id::VARCHAR", "source")
    return f"SELECT {listing} AS listing_id, true AS is_listed, launched_at AS updated_at, * FROM products"


def decimal(plan: Plan, minor: str) -> str:
    """Minor units as a price in major units."""
    return f"(({minor}) / {plan.major!r})::DECIMAL(18, 6)"


def product_of(plan: Plan, *, taste: str, at: str, keys: tuple[str, ...], launches: str) -> str:
    """The number `j` of a product that somebody takes at a time, never before its launch.

    Args:
        plan: the shop.
        taste: the number of the category the person likes best.
        at: when, in milliseconds.
        keys: of the draw.
        launches: the share of choices that fall on what was launched in the last month.
    """
    d = plan.dice
    listed = _odd(plan)
    since = f"floor(({at} - {plan.start})::DOUBLE / {DAYS * DAY} * {listed})::BIGINT"
    latest = f"({since} - 1 - {d.whole('buys new', max(1, listed // 36), *keys)})"
    category = (
        f"(CASE WHEN {d.chance('buys taste', 0.5, *keys)} THEN {taste} "
        f"ELSE floor({len(CATEGORIES)} * pow({d.uniform('buys category', *keys)}, 1.4))::BIGINT END)"
    )
    rank = f"(floor(exp({d.uniform('buys rank', *keys)} * {math.log(plan.ranks + 1)!r}))::BIGINT - 1)"
    slot = f"(({latest} * {pow(_stride(plan), -1, listed)}) % {listed})"
    recent = f"({slot} % {len(CATEGORIES)}) * {plan.ranks} + 2 * ({slot} // {len(CATEGORIES)}) + 1"
    chosen = f"{category} * {plan.ranks} + {rank}"
    return f"CASE WHEN {d.chance('buys launch', launches, *keys)} AND {latest} >= 0 THEN {recent} ELSE {chosen} END"


def launched_already(plan: Plan, j: str, at: str) -> str:
    """The product itself when it was launched by then, else its elder sibling, which is there from the start."""
    c, r = f"({j} // {plan.ranks})", f"({j} % {plan.ranks})"
    return f"CASE WHEN {r} % 2 = 1 AND {launched(plan, c, r)} >= {at} THEN {j} - 1 ELSE {j} END"


def launched(plan: Plan, c: str, r: str) -> str:
    """When a product of odd rank is launched, in milliseconds."""
    listed = _odd(plan)
    place = f"((((({r}) - 1) // 2 * {len(CATEGORIES)} + ({c})) * {_stride(plan)}) % {listed})"
    return f"({plan.start} + (({place} + 0.5) / {listed} * {DAYS * DAY})::BIGINT)"


def _odd(plan: Plan) -> int:
    return len(CATEGORIES) * plan.ranks // 2


def _stride(plan: Plan) -> int:
    """A step through all launched products that spreads ranks and categories over time."""
    listed = _odd(plan)
    stride = int(listed * 0.618) | 1
    while math.gcd(stride, listed) != 1:
        stride += 2
    return stride
