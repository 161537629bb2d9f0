"""Visits to the site of a made-up shop, and the events in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.adapters.made_up.buying import SOURCES
from patron.adapters.made_up.catalogue import launched_already
from patron.adapters.made_up.dice import instant, member, pick
from patron.adapters.made_up.people import season
from patron.adapters.made_up.plan import CATEGORIES

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

ANONYMOUS = 0.06  # share of visits by browsers that nobody knows
STEPS = 8  # events in a visit on average; from 2 to 14
_PACE = 55_000
_SEARCHES = ("gift", "lamp", "red bag", "candle", "christmas", "birthday", "mug", "frame", "garden chair", "towel", "box", "clock")
_KINDS = {
    "'product_viewed'": 0.53, "'product_list_viewed'": 0.15, "'products_searched'": 0.09, "'product_added'": 0.06, "'page_viewed'": 0.08,
    "'cart_viewed'": 0.025, "'product_added_to_wishlist'": 0.02, "'product_removed'": 0.01, "'checkout_started'": 0.008,
    "'chat_started'": 0.006, "'product_shared'": 0.006, "'promotion_clicked'": 0.0,
}  # fmt: skip
_ABOUT_PRODUCT = "('product_viewed', 'product_added', 'product_added_to_wishlist', 'product_removed', 'product_shared')"


def visits(plan: Plan, scale: float) -> str:
    """Makes `_visit`: one row per visit in the order of time.

    A visit leads to a tracked order, or is a look around: the first when the person is first seen, the others at random while the person
    still looks; one person, the whale, looks all the time.

    Args:
        plan: the shop.
        scale: visits to draw per unscaled one.
    """
    d = plan.dice
    anonymous = round(plan.customers * plan.much.events / STEPS * ANONYMOUS)
    length = f"2 + {d.whole('length', 13, 'i', 'k', 'q')}"
    return f"""
        CREATE OR REPLACE TEMP TABLE _visit AS
        WITH rates AS (SELECT i, seen, looks_until, raw_visits * {scale!r} AS m FROM _person WHERE i <> {plan.whale}),
        spread AS (SELECT *, ceil(3 * m)::BIGINT AS slots, unnest(range(1, ceil(3 * m)::BIGINT + 1)) AS k FROM rates),
        placed AS (SELECT *, seen + floor({d.uniform("visits", "i", "k")} * (looks_until - seen))::BIGINT AS t FROM spread),
        found AS (
            SELECT i, k, 0::BIGINT AS q, t, NULL::BIGINT AS n FROM placed WHERE {d.uniform("looks", "i", "k")} < m / slots * {season(plan, "t")}
            UNION ALL SELECT i, 0, 0, seen, NULL FROM _person WHERE ordered IS NULL OR ordered > seen
            UNION ALL SELECT i, k, 1, t, n FROM _order WHERE is_tracked
            UNION ALL SELECT i, k, 0, seen + floor({d.uniform("visits", "i", "k")} * ({plan.end} - seen))::BIGINT, NULL
                FROM (SELECT i, seen, unnest(range(1, {plan.whale_visits + 1})) AS k FROM _person WHERE i = {plan.whale})
            UNION ALL SELECT -1000000000 - {d.whole("browser", max(1, anonymous // 2), "a")}, a, 2,
                {plan.start} + floor(sqrt({d.uniform("anonymous", "a")}) * {plan.end - plan.start})::BIGINT, NULL
                FROM range({anonymous}) AS strangers(a)),
        long AS (SELECT *, {length} AS steps FROM found)
        SELECT row_number() OVER (ORDER BY t, i, k, q) AS v, t - CASE WHEN q = 1 THEN steps * {_PACE} ELSE 0 END AS t, steps::TINYINT AS steps,
               q = 1 AS is_ordering, long.t AS ends, n, customer_id, coalesce(visitor_id, {d.id("browser", "i")}) AS visitor_id,
               coalesce(taste, {d.whole("likes", len(CATEGORIES), "i")})::TINYINT AS taste,
               CASE WHEN t < seen + 86400000 THEN acquired ELSE {d.uniform("visit from", "i", "k", "q")} END AS come_from,
               {d.uniform("device", "i")} AS device
        FROM long LEFT JOIN _person USING (i) ORDER BY v"""


def events(plan: Plan, begin: int, end: int) -> str:
    """The rows of `facts.EVENTS` for the visits that begin in a span, in the order of time."""
    h = "(h & 65535) / 65536.0"
    kind = (
        f"CASE WHEN is_ordering AND s = steps - 1 THEN 'order_completed' WHEN is_ordering AND s = steps - 2 THEN 'checkout_started' "
        f"WHEN is_ordering AND s = steps - 3 THEN 'product_added' WHEN s = 0 THEN 'page_viewed' ELSE {pick('draw', _KINDS)} END"
    )
    at = f"CASE WHEN is_ordering AND s = steps - 1 THEN ends ELSE t + s * {_PACE} + ((h >> 56)::BIGINT * 180) END"
    rank = f"floor(exp(((h >> 16) & 16777215) / 16777216.0 * {math.log(plan.ranks + 1)!r}))::BIGINT - 1"
    category = f"CASE WHEN (h & 3) < 2 THEN taste ELSE floor({len(CATEGORIES)} * pow(((h >> 40) & 65535) / 65536.0, 1.4))::BIGINT END"
    page = (
        "CASE WHEN product.j IS NOT NULL THEN product.page WHEN kind = 'product_list_viewed' THEN '/c/' || listed "
        "WHEN kind = 'products_searched' THEN '/search' WHEN kind IN ('cart_viewed') THEN '/cart' "
        "WHEN kind IN ('checkout_started', 'order_completed') THEN '/checkout' ELSE '/' END"
    )
    return f"""
        WITH spread AS (
            SELECT v, t, steps, is_ordering, ends, n, customer_id, visitor_id, taste, come_from, device, s,
                   {plan.dice.bits("event", "v", "s")} AS h
            FROM (SELECT * FROM _visit WHERE t >= {begin} AND t < {end}) AS visit CROSS JOIN range(14) AS steps(s) WHERE s < steps),
        timed AS (
            SELECT v, s, h, {at} AS moment, is_ordering, steps, n, customer_id, visitor_id, taste, come_from, device FROM spread),
        sorted AS (SELECT * FROM timed WHERE moment < {plan.end} ORDER BY moment),
        named AS (
            SELECT *, {kind} AS kind, {category} AS c, {rank} AS r, CASE WHEN s = 0 THEN {pick("come_from", SOURCES)} END AS come
            FROM (SELECT *, {h} AS draw FROM sorted)),
        about AS (
            SELECT *, CASE WHEN kind IN {_ABOUT_PRODUCT} THEN {launched_already(plan, f"(c * {plan.ranks} + r)", "moment")} END AS j,
                   CASE WHEN kind = 'product_list_viewed' THEN {member("c", CATEGORIES)} END AS listed FROM named)
        SELECT (hash(h, v) >> 1)::BIGINT AS event_id, customer_id, visitor_id, kind, {instant("moment")} AS occurred_at, v AS session_id,
               CASE WHEN device < 0.15 THEN 'app' ELSE 'web' END AS channel, product_id, coalesce(product.category, listed) AS category,
               CASE WHEN kind = 'product_added' THEN 1::DECIMAL(18, 3) END AS quantity,
               CASE WHEN kind = 'product_added' THEN product.price WHEN kind = 'order_completed' THEN total END AS value,
               CASE WHEN kind IN ('product_added', 'order_completed') THEN '{plan.currency}' END AS currency,
               CASE WHEN kind = 'products_searched' THEN {member("(h >> 20)::BIGINT & 65535", _SEARCHES)} END AS query,
               {page} AS page, CASE WHEN s = 0 THEN come.s END AS referrer,
               come.s AS campaign_source, come.m AS campaign_medium, come.c AS campaign_name,
               CASE WHEN device < 0.62 THEN 'mobile' WHEN device < 0.93 THEN 'desktop' ELSE 'tablet' END AS device,
               CASE WHEN kind = 'order_completed' THEN '{{"order_id": "#' || (100000 + n) || '"}}' END AS properties,
               'made_up' AS source, {instant("moment + 400")} AS received_at
        FROM about LEFT JOIN _product AS product USING (j) LEFT JOIN _total USING (n)"""


def totals(begin: int, end: int) -> str:
    """Makes `_total`: what the tracked orders come to that visits of a span lead to."""
    return f"""
        CREATE OR REPLACE TEMP TABLE _total AS
        SELECT n, total FROM _paid WHERE t >= {begin} AND t < {end + 2 * 14 * _PACE}"""
