"""Messages, reviews and requests to support of a made-up shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.adapters.made_up.dice import instant, pick, text
from patron.adapters.made_up.plan import DAY

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

WEEK = 7 * DAY
_REVIEWS = {
    5: ("Love it", "Just as described, arrived quickly and well packed."),
    4: ("Good", "Nice quality for the price."),
    3: ("Fine", "It does what it should, the colour is a little different."),
    2: ("Not quite", "Smaller than I expected."),
    1: ("Broken", "It arrived damaged and the replacement took weeks."),
}


def letters(plan: Plan) -> str:
    """How many newsletters could be sent at all: weeks in which somebody subscribed can be written to."""
    until = f"least({plan.end}, subscribed_until)"
    return f"SELECT coalesce(sum(({until} - seen) // {WEEK}), 0)::BIGINT FROM _person WHERE is_subscribed AND seen < {until}"


def messages(plan: Plan, begin: int, end: int, share: float) -> str:
    """The rows of `facts.MESSAGES` of a span, in the order of time: weekly newsletters and a confirmation of each order.

    All draws of a message are parts of one hash.

    Args:
        plan: the shop.
        begin: of the span, in milliseconds.
        end: of the span.
        share: of subscribers who get the newsletter of a week.
    """
    d = plan.dice
    first = begin // WEEK * WEEK + 5 * DAY + 8 * 3_600_000  # Tuesdays at eight
    chosen = f"{_part('h', 0, 20)} < {share!r} * frequency"
    opens = "CASE q WHEN 1 THEN 0.3 + 0.5 * engaged ELSE 0.06 + 0.55 * engaged END"
    left = f"q = 0 AND subscribed_until < {plan.end} AND subscribed_until - t < {WEEK}"
    opened = f"t + 120000 + floor(-ln(1 - {_part('g', 16, 16)}) * 18000000)::BIGINT"
    return f"""
        WITH sent AS (
            SELECT i, w // {WEEK} AS k, 0 AS q, w + (h >> 40)::BIGINT % 10800000 AS t, engaged, subscribed_until, customer_id, email_id,
                   {_part("h", 20, 16)} < 0.04 AS is_sms
            FROM (SELECT *, {d.bits("written to", "i", "w")} AS h, 0.5 + {d.uniform("frequency", "i")} AS frequency
                  FROM range({first}, {end}, {WEEK}) AS weeks(w) JOIN _person ON seen < w AND subscribed_until > w + 10800000
                  WHERE w >= {begin} AND is_subscribed)
            WHERE {chosen}
            UNION ALL
            SELECT i, k, 1, t + 60000, engaged, subscribed_until, customer_id, email_id, false
            FROM _order WHERE t >= {begin} AND t < {end} AND channel <> 'pos' AND customer_id IS NOT NULL),
        drawn AS (SELECT *, {d.bits("message", "i", "k", "q")} AS g FROM (SELECT * FROM sent WHERE t < {plan.end} ORDER BY t)),
        opened AS (SELECT *, CASE WHEN NOT is_sms AND {_part("g", 0, 16)} < {opens} THEN {opened} END AS opened FROM drawn),
        clicked AS (
            SELECT *, CASE WHEN {_part("g", 32, 10)} < 0.04 + 0.25 * engaged
                THEN opened + 20000 + (g >> 48)::BIGINT * 4 END AS clicked FROM opened)
        SELECT (g >> 1)::BIGINT AS message_id, customer_id, email_id AS person_id, CASE WHEN is_sms THEN 'sms' ELSE 'email' END AS channel,
               CASE q WHEN 1 THEN 'transactional' ELSE 'marketing' END AS purpose,
               CASE q WHEN 1 THEN 'order confirmation' ELSE 'newsletter ' || k END AS campaign_name, {instant("t")} AS sent_at,
               CASE WHEN opened < {plan.end} THEN {instant("opened")} END AS opened_at,
               CASE WHEN NOT is_sms AND {_part("g", 42, 8)} < 0.2
                   AND t + 30000 < {plan.end} THEN {instant("t + 30000")} END AS machine_opened_at,
               CASE WHEN clicked < {plan.end} THEN {instant("clicked")} END AS clicked_at,
               CASE WHEN {_part("g", 50, 13)} < 0.004 AND opened IS NULL AND t + 5000 < {plan.end} THEN {instant("t + 5000")} END
                   AS bounced_at,
               CASE WHEN {_part("g", 48, 12)} < 0.0005 AND opened + 9000 < {plan.end} THEN {instant("opened + 9000")} END AS complained_at,
               CASE WHEN {left} THEN {instant("subscribed_until")} END AS unsubscribed_at,
               'made_up' AS source, {plan.learned} AS received_at
        FROM clicked"""


def _part(of: str, begin: int, bits: int) -> str:
    """A number in [0, 1) from some bits of a hash."""
    return f"(({of} >> {begin}) & {2**bits - 1})::INTEGER * {2.0**-bits!r}"


def reviews(plan: Plan) -> str:
    """The rows of `facts.REVIEWS` for `_line` and `_bill`: of the first product of some orders, some days after delivery."""
    d = plan.dice
    at = f"delivered + {2 * DAY} + floor({d.exponential('reviews', 'n')} * {6 * DAY})::BIGINT"
    quality = f"0.25 * ({d.uniform('quality', 'j')} - 0.5) + CASE ends WHEN 0 THEN 0 ELSE -0.4 END"
    stars = pick("draw", {"1": 0.08, "2": 0.05, "3": 0.1, "4": 0.22, "5": 0.0})
    said = [f"CASE rating {' '.join(f'WHEN {k} THEN {text(v[part])}' for k, v in _REVIEWS.items())} END" for part in (0, 1)]
    return f"""
        SELECT {d.id("review", "n")} AS review_id, customer_id, email_id AS person_id, product_id, rating::DOUBLE AS rating,
               {said[0]} AS title,
               {said[1]} AS body, CASE WHEN {d.chance("recommends", 0.7, "n")} THEN rating >= 4 END AS is_recommended,
               {d.whole("helpful", 5, "n")} AS helpful_count, {instant("moment")} AS reviewed_at, 'made_up' AS source,
               {plan.learned} AS received_at
        FROM (SELECT *, {stars} AS rating FROM (
            SELECT b.n, b.customer_id, b.email_id, product_id, {d.uniform("rating", "n")} + {quality} AS draw, {at} AS moment
            FROM _line AS line JOIN _bill AS b USING (n)
            WHERE l = 0 AND ends NOT IN (1, 2) AND b.customer_id IS NOT NULL AND {d.chance("writes a review", 0.085, "n")}))
        WHERE moment < {plan.end} ORDER BY moment, n"""


def tickets(plan: Plan) -> str:
    """The rows of `facts.TICKETS` for `_bill`: more often when something went wrong."""
    d = plan.dice
    at = f"t + floor({d.exponential('asks', 'n')} * {5 * DAY})::BIGINT"
    closed = f"moment + 600000 + floor({d.exponential('solved', 'n')} * {2 * DAY})::BIGINT"
    topic = pick("draw", {"'delivery'": 0.4, "'product'": 0.25, "'payment'": 0.15, "'other'": 0.0})
    channel = pick(d.uniform("asks by", "n"), {"'email'": 0.55, "'chat'": 0.3, "'phone'": 0.12, "'social'": 0.0})
    happy = f"(CASE ends WHEN 0 THEN 4 ELSE 2.5 END + 2.5 * ({d.uniform('happy', 'n')} - 0.6))"
    return f"""
        SELECT {d.id("ticket", "n")} AS ticket_id, customer_id, email_id AS person_id, {channel} AS channel,
               CASE WHEN ends > 1 THEN 'return' ELSE {topic} END AS topic, {instant("moment")} AS opened_at,
               CASE WHEN {closed} < {plan.end} THEN {instant(closed)} END AS closed_at,
               CASE WHEN {closed} < {plan.end} AND {d.chance("rates", 0.45, "n")} THEN least(5, greatest(1,
               round({happy}))) END AS satisfaction,
               'made_up' AS source, {plan.learned} AS received_at
        FROM (SELECT *, {at} AS moment, {d.uniform("topic", "n")} AS draw FROM _bill
              WHERE customer_id IS NOT NULL AND {d.chance("needs help", "CASE ends WHEN 0 THEN 0.035 ELSE 0.25 END", "n")})
        WHERE moment < {plan.end} ORDER BY moment, n"""
