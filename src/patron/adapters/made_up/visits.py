"""Visits to the site of a made-up shop, and the events in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.adapters.made_up.buying import came
from patron.adapters.made_up.catalogue import launched_already
from patron.adapters.made_up.dice import instant, member, text
from patron.adapters.made_up.people import season
from patron.adapters.made_up.plan import CATEGORIES

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

ANONYMOUS = 0.06  # share of visits by browsers that nobody knows
STEPS = 8  # events in a visit on average; from 2 to 14
_PACE = 55_000
_SEARCHES = ("gift", "lamp", "red bag", "candle", "christmas", "birthday", "mug", "frame", "garden chair", "towel", "box", "clock")
_KINDS = (
    ("product_viewed", 0.53), ("product_added", 0.06), ("product_added_to_wishlist", 0.02), ("product_removed", 0.01),
    ("product_shared", 0.006), ("product_list_viewed", 0.15), ("products_searched", 0.09), ("cart_viewed", 0.025),
    ("checkout_started", 0.008), ("chat_started", 0.006), ("promotion_clicked", 0.02), ("page_viewed", 0.0), ("order_completed", 0.0),
)  # fmt: skip
"""What people do; the first five are about a product."""
_VIEWED, _ADDED, _SHARED, _LISTED, _SEARCHED, _CHECKOUT, _PAGE, _COMPLETED = 0, 1, 4, 5, 6, 8, 11, 12


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
        spread AS (SELECT *, ceil(1.75 * m)::BIGINT AS slots, unnest(range(1, ceil(1.75 * m)::BIGINT + 1)) AS k FROM rates),
        placed AS (SELECT *, seen + floor({d.uniform("visits", "i", "k")} * (looks_until - seen))::BIGINT AS t FROM spread),
        found AS (
            SELECT i, k, 0::BIGINT AS q, t,
                   NULL::BIGINT AS n FROM placed WHERE {d.uniform("looks", "i", "k")} < m / slots * {season(plan, "t")}
            UNION ALL SELECT i, 0, 0, seen, NULL FROM _person WHERE ordered IS NULL OR ordered > seen
            UNION ALL SELECT i, k, 1, t, n FROM _order WHERE is_tracked
            UNION ALL SELECT i, k, 0, seen + floor({d.uniform("visits", "i", "k")} * ({plan.end} - seen))::BIGINT, NULL
                FROM (SELECT i, seen, unnest(range(1, {plan.whale_visits + 1})) AS k FROM _person WHERE i = {plan.whale})
            UNION ALL SELECT -1000000000 - {d.whole("browser", max(1, anonymous // 2), "a")}, a, 2,
                {plan.start} + floor(sqrt({d.uniform("anonymous", "a")}) * {plan.end - plan.start})::BIGINT, NULL
                FROM range({anonymous}) AS strangers(a)),
        long AS (SELECT *, {length} AS steps FROM found)
        SELECT row_number() OVER () AS v, * EXCLUDE (i, k, q)
        FROM (SELECT i, k, q, t - CASE WHEN q = 1 THEN steps * {_PACE} ELSE 0 END AS t, steps::TINYINT AS steps, q = 1 AS is_ordering,
                     t AS ends, n, customer_id, coalesce(visitor_id, {d.id("browser", "i")}) AS visitor_id,
                     coalesce(taste, {d.whole("likes", len(CATEGORIES), "i")})::TINYINT AS taste,
                     (CASE WHEN t < seen + 86400000 THEN acquired ELSE {d.uniform("visit from", "i", "k", "q")} END)::FLOAT AS come_from,
                     floor(256 * {d.uniform("device", "i")})::SMALLINT AS device
              FROM long LEFT JOIN _person USING (i) ORDER BY t, i, k, q)"""


def events(plan: Plan, begin: int, end: int) -> str:
    """The rows of `facts.EVENTS` for the visits that begin in a span, in the order of time.

    All draws of an event are parts of one hash: 16 bits choose the kind, 24 the rank of the product, 16 its category, 8 the moment.
    """
    moment = f"CASE WHEN is_ordering AND s = steps - 1 THEN ends ELSE t + s * {_PACE} + ((h >> 56)::BIGINT * 180) END"
    rank = f"floor(exp(((h >> 16) & 16777215) / 16777216.0 * {math.log(plan.ranks + 1)!r}))::INTEGER - 1"
    category = f"CASE WHEN (h & 3) < 2 THEN taste ELSE floor({len(CATEGORIES)} * pow(((h >> 40) & 65535) / 65536.0, 1.4))::INTEGER END"
    words = " ".join(f"WHEN {number} THEN {text(name)}" for number, (name, _) in enumerate(_KINDS))
    return f"""
        WITH spread AS (
            SELECT *, {plan.dice.bits("event", "v", "s")} AS h
            FROM (SELECT v, t, steps, is_ordering, ends, customer_id, visitor_id, taste, come_from, device,
            unnest(range(steps))::TINYINT AS s
                  FROM _visit WHERE t >= {begin} AND t < {end})),
        timed AS (
            SELECT v, s, h, {moment} AS moment, CASE WHEN is_ordering THEN (steps - s)::TINYINT ELSE 15 END AS todo, customer_id,
                   visitor_id,
                   taste, CASE WHEN s = 0 THEN come_from END AS come_from, device FROM spread),
        sorted AS (SELECT * FROM timed WHERE moment < {plan.end} ORDER BY moment),
        kinds AS (
            SELECT *, {_kind()} AS kind, {category} AS c, {rank} AS r FROM (SELECT *, (h & 65535)::INTEGER AS draw FROM sorted)),
        about AS (
            SELECT *, CASE WHEN kind <= {_SHARED} THEN {launched_already(plan, f"(c * {plan.ranks} + r)", "moment")} END AS j FROM kinds)
        SELECT v * 16 + s AS event_id, customer_id, visitor_id, CASE kind {words} END AS kind,
               {instant("moment")} AS occurred_at, v AS session_id, CASE WHEN kind = {_SHARED} THEN 'social' WHEN device < 38 THEN 'app'
                   ELSE 'web' END AS channel,
               product_id, CASE WHEN kind = {_LISTED} THEN {member("about.c", CATEGORIES)} ELSE category END AS category,
               CASE WHEN kind = {_ADDED} THEN 1::DECIMAL(18, 3) END AS quantity,
               CASE WHEN kind IN ({_VIEWED}, {_ADDED}) THEN price WHEN kind = {_COMPLETED} THEN total END AS value,
               CASE WHEN kind IN ({_VIEWED}, {_ADDED}, {_COMPLETED}) THEN '{plan.currency}' END AS currency,
               CASE WHEN kind = {_SEARCHED} THEN {member("(h >> 20)::BIGINT & 65535", _SEARCHES)} END AS query,
               {came("come_from", 0)} AS campaign_source, {came("come_from", 1)} AS campaign_medium,
               {came("come_from", 2)} AS campaign_name,
               CASE WHEN device < 159 THEN 'mobile' WHEN device < 238 THEN 'desktop' ELSE 'tablet' END AS device,
               CASE WHEN kind = {_COMPLETED} THEN '{{"order_id": "#' || (100000 + n) || '"}}' END AS properties,
               'made_up' AS source, {plan.learned} AS received_at
        FROM about LEFT JOIN _product USING (j) LEFT JOIN _total USING (v)"""


def _kind() -> str:
    reached, branches = 0.0, []
    for number, (_, share) in enumerate(_KINDS[:_PAGE]):
        reached += share
        branches.append(f"WHEN draw < {round(reached * 65536)} THEN {number}")
    ending = f"WHEN todo < 4 THEN CASE WHEN todo = 1 THEN {_COMPLETED} WHEN todo = 2 THEN {_CHECKOUT} ELSE {_ADDED} END"
    return f"(CASE {ending} WHEN come_from IS NOT NULL THEN {_PAGE} {' '.join(branches)} ELSE {_PAGE} END)::TINYINT"


def totals(begin: int, end: int) -> str:
    """Makes `_total`: what the tracked orders come to that visits of a span lead to."""
    return f"""
        CREATE OR REPLACE TEMP TABLE _total AS
        SELECT v, n, total FROM _visit JOIN _paid USING (n) WHERE _visit.t >= {begin} AND _visit.t < {end}"""
