"""Orders, lines and refunds of a made-up shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.adapters.made_up.catalogue import decimal, launched_already, product_of
from patron.adapters.made_up.dice import instant, named, pick, text
from patron.adapters.made_up.people import season
from patron.adapters.made_up.plan import CATEGORIES, DAY

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

GUESTS = 0.03  # share of orders without a customer
_TAX, _CARRIAGE, _FREE_FROM, _WRAPPING = 20, 495, 5_000, 250
SOURCES = (
    ("google", "cpc", "brand", 0.13),
    ("google", "organic", None, 0.2),
    ("newsletter", "email", "weekly", 0.13),
    ("facebook", "paid_social", "prospecting", 0.11),
    ("instagram", "social", None, 0.06),
    ("partner", "affiliate", "blogs", 0.05),
    ("bing", "cpc", "shopping", 0.03),
    (None, None, None, 0.0),
)
"""Where visits come from: source, medium, campaign and share; the last is direct and takes the rest."""


def orders(plan: Plan, scale: float) -> str:
    """Makes `_order`: one row per order in the order of time, with what later draws follow.

    A person's first order comes at its time; repeat orders are slots between the first order and the day the person leaves, spread evenly
    for people of habit and at random for others, kept by the season.

    Args:
        plan: the shop.
        scale: repeat orders to draw per unscaled one.
    """
    d = plan.dice
    evenly = f"(k - 0.5 + 0.3 * ({d.uniform('rhythm', 'i', 'k')} - 0.5)) / slots"
    hours = f"floor((6 + 8.5 * ({d.uniform('hour', 'i', 'k')} + {d.uniform('minute', 'i', 'k')})) * 3600000)::BIGINT"
    soon = f"ordered + 60000 + floor({d.uniform('soon', 'i', 'k')} * {DAY // 4})::BIGINT"
    guests = round(plan.customers * plan.much.orders * GUESTS)
    return f"""
        CREATE OR REPLACE TEMP TABLE _order AS
        WITH rates AS (SELECT i, ordered, gone, is_regular, raw * {scale!r} AS m FROM _person WHERE raw > 0),
        slots AS (SELECT *, CASE WHEN is_regular THEN ceil(m) ELSE ceil(1.75 * m) + 1 END::BIGINT AS slots FROM rates),
        spread AS (SELECT *, unnest(range(1, slots + 1)) AS k FROM slots),
        placed AS (
            SELECT *, ordered + floor((gone - ordered)
                * CASE WHEN is_regular THEN {evenly} ELSE {d.uniform("when", "i", "k")} END)::BIGINT AS moment FROM spread),
        kept AS (
            SELECT *, moment // {DAY} * {DAY} + {hours} AS t FROM placed
            WHERE {d.uniform("happens", "i", "k")} < m / slots * CASE WHEN is_regular THEN 1 ELSE {season(plan, "moment")} END),
        found AS (
            SELECT i, 0::BIGINT AS k, ordered AS t FROM _person WHERE ordered IS NOT NULL
            UNION ALL SELECT i, k, CASE WHEN t <= ordered THEN {soon} ELSE t END FROM kept
            UNION ALL SELECT -1 - g, 0, {plan.start} + floor(sqrt({d.uniform("guest", "g")}) * {plan.end - plan.start})::BIGINT
            FROM range({guests}) AS guests(g)),
        dated AS (SELECT * FROM found WHERE t < {plan.end}),
        fated AS (
            SELECT *, row_number() OVER () AS n, {_fate(plan)} AS wish, {pick(d.uniform("channel", "i", "k"), _CHANNELS)} AS channel
            FROM (SELECT * FROM dated LEFT JOIN _person USING (i) ORDER BY t, i, k))
        SELECT n, {named("'order'", "'shop'", "'#' || (100000 + n)")} AS order_id, i, k, t, customer_id, email_id, visitor_id,
               coalesce(basket, 2.5) AS basket,
               coalesce(taste, {d.whole("taste", len(CATEGORIES), "i")}) AS taste, coalesce(is_wholesale, false) AS is_wholesale,
               CASE WHEN likes_launches THEN 0.4 ELSE 0.03 END AS launches, {_coupon(plan)} AS coupon, channel,
               CASE WHEN wish = 0 OR back >= {plan.end} THEN 0 ELSE wish END AS fate, back,
               channel IN ('web', 'app') AND {d.chance("tracked", plan.tracked, "i", "k")} AS is_tracked,
               coalesce(CASE WHEN k = 0 THEN acquired END, {d.uniform("come from", "i", "k")}) AS come_from,
               place, engaged, subscribed_until
        FROM (SELECT *, t + CASE wish WHEN 2 THEN floor({d.uniform("back", "i", "k")} * {2 * DAY})::BIGINT + 600000
                                      ELSE {7 * DAY} + floor({d.uniform("back", "i", "k")} * {25 * DAY})::BIGINT END AS back FROM fated)
        ORDER BY n"""


_CHANNELS = {"'web'": 0.8, "'app'": 0.12, "'phone'": 0.02, "'pos'": 0.0}
_UNPAID, _CANCELLED, _RETURNED, _PARTLY = 1, 2, 3, 4


def _fate(plan: Plan) -> str:
    draw = plan.dice.uniform("fate", "i", "k")
    often = "CASE WHEN coalesce(returns_often, false) THEN 5 ELSE 1 END"
    return (
        f"CASE WHEN {draw} < 0.015 THEN {_UNPAID} WHEN {draw} < 0.038 THEN {_CANCELLED} WHEN {draw} < 0.038 + 0.015 * {often} "
        f"THEN {_RETURNED} WHEN {draw} < 0.038 + 0.065 * {often} THEN {_PARTLY} ELSE 0 END"
    )


def _coupon(plan: Plan) -> str:
    uses = "CASE WHEN coalesce(likes_coupons, false) THEN 0.6 WHEN k = 0 THEN 0.18 ELSE 0.07 END"
    codes = {"'SPRING15'": 0.3, "'SUMMER10'": 0.3, "'FRIEND10'": 0.2, "'FRIDAY20'": 0.0}
    code = pick(plan.dice.uniform("code", "i", "k"), codes)
    return f"CASE WHEN {plan.dice.chance('coupon', uses, 'i', 'k')} THEN CASE WHEN k = 0 THEN 'WELCOME10' ELSE {code} END END"


def came(draw: str, part: int) -> str:
    """Source (0), medium (1) or campaign (2) of a visit, by a draw in [0, 1)."""
    reached, branches = 0.0, []
    for source in SOURCES:
        reached += source[3]
        value = source[part]
        if value is not None:
            branches.append(f"WHEN {draw} >= {reached - source[3]:.6f} AND {draw} < {reached:.6f} THEN {text(str(value))}")
    return f"(CASE WHEN {draw} < {reached - SOURCES[-1][3]:.6f} THEN CASE {' '.join(branches)} END END)"


def lines(plan: Plan, begin: int, end: int, scale: float) -> str:
    """Makes `_line`: the lines of the orders in a span, in the order of time.

    Args:
        plan: the shop.
        begin: of the span, in milliseconds.
        end: of the span.
        scale: lines after the first to draw per unscaled one.
    """
    d = plan.dice
    count = f"least(25, 1 + floor({d.exponential('lines', 'n')} * basket * {scale!r})::BIGINT)"
    drawn = product_of(plan, taste="taste", at="t", keys=("n", "l"), launches="launches")
    week = f"t // {7 * DAY}"
    quantity = (
        f"(1 + CASE WHEN {d.chance('many', 0.22, 'n', 'l')} THEN 1 + floor({d.exponential('quantity', 'n', 'l')})::BIGINT ELSE 0 END)"
        f" * CASE WHEN is_wholesale THEN 1 + {d.whole('dozen', 12, 'n', 'l')} ELSE 1 END"
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE _line AS
        WITH spread AS (SELECT *, unnest(range({count})) AS l FROM _order WHERE t >= {begin} AND t < {end}),
        wanted AS (SELECT *, {drawn} AS wanted FROM spread),
        chosen AS (SELECT * EXCLUDE wanted, {launched_already(plan, "wanted", "t")} AS j, {quantity} AS quantity FROM wanted),
        priced AS (
            SELECT chosen.*, product_id, price, product.cost * quantity AS cost,
                   price - CASE WHEN {d.chance("on sale", 0.12, "j", week)} THEN price // 5 ELSE 0 END AS unit
            FROM chosen JOIN _product AS product USING (j)),
        summed AS (
            SELECT *, CASE WHEN coupon IS NULL THEN 0 ELSE quantity * unit * right(coupon,
                   2)::BIGINT // 100 END AS coupon_discount FROM priced)
        SELECT *, quantity * unit - coupon_discount AS net, quantity * (price - unit) + coupon_discount AS discount,
               ((quantity * unit - coupon_discount) * {_TAX} + 50) // 100 AS tax
        FROM summed ORDER BY n, l"""


def line_rows(plan: Plan) -> str:
    """The rows of `facts.ORDER_LINES` for `_line`."""
    return f"""
        SELECT {plan.dice.id("line", "n", "l")} AS line_id, order_id, customer_id, product_id, 'product' AS kind,
               {instant("t")} AS ordered_at, quantity::DECIMAL(18, 3) AS quantity, {decimal(plan, "unit")} AS unit_price,
               {decimal(plan, "price")} AS list_price, '{plan.currency}' AS currency, net AS net_revenue, discount, coupon_discount, tax,
               cost,
               'made_up' AS source, {plan.learned} AS received_at
        FROM _line"""


def bills(plan: Plan) -> str:
    """Makes `_bill`: the orders of `_line` with their sums, in the order of time."""
    d = plan.dice
    return f"""
        CREATE OR REPLACE TEMP TABLE _bill AS
        WITH sums AS (
            SELECT n, sum(net)::BIGINT AS net, sum(discount)::BIGINT AS discount, sum(coupon_discount)::BIGINT AS coupon_discount,
                   sum(tax)::BIGINT AS tax, sum(cost)::BIGINT AS cost, sum(quantity)::BIGINT AS units, count(*) AS line_count,
                   min(j) AS some_product
            FROM _line GROUP BY n)
        SELECT *, CASE WHEN fate = {_PARTLY} AND line_count = 1 THEN {_RETURNED} ELSE fate END AS ends,
               CASE WHEN channel = 'pos' OR net >= {_FREE_FROM} THEN 0 ELSE {_CARRIAGE} END AS shipping,
               CASE WHEN {d.chance("wrapping", 0.03, "n")} THEN {_WRAPPING} ELSE 0 END AS fees,
               t + {DAY} + floor({d.uniform("delivery", "n")} * {4 * DAY})::BIGINT AS delivered
        FROM _order JOIN sums USING (n) ORDER BY n"""


def order_rows(plan: Plan) -> str:
    """The rows of `facts.ORDERS` for `_bill`."""
    called_off = f"CASE WHEN ends IN ({_CANCELLED}, {_RETURNED}) THEN {instant('back')} END"
    delivered = f"CASE WHEN ends NOT IN ({_UNPAID}, {_CANCELLED}) AND delivered < {plan.end} THEN {instant('delivered')} END"
    status = (
        f"CASE ends WHEN {_UNPAID} THEN 'pending' WHEN {_CANCELLED} THEN 'cancelled' WHEN {_RETURNED} THEN 'refunded' "
        f"WHEN {_PARTLY} THEN 'partially_refunded' ELSE 'paid' END"
    )
    return f"""
        SELECT order_id, '#' || (100000 + n) AS order_number, customer_id, customer_id AS buyer_id,
               CASE WHEN ends = {_UNPAID} THEN 'unpaid' ELSE 'sale' END AS kind, {status} AS status, {instant("t")} AS ordered_at,
               {called_off} AS cancelled_at, {delivered} AS delivered_at,
               {instant(f"CASE WHEN ends IN (0, {_UNPAID}) THEN t ELSE back END")} AS updated_at, '{plan.currency}' AS currency,
               net AS net_revenue, discount, tax, shipping, fees, net + tax + shipping + fees AS total, cost,
               units::DECIMAL(18, 3) AS units, line_count, coupon AS coupon_code, coupon_discount, country, region, city, postal_code,
               channel,
               {came("come_from", 0)} AS campaign_source, {came("come_from", 1)} AS campaign_medium,
               {came("come_from", 2)} AS campaign_name,
               'made_up' AS source, {plan.learned} AS received_at
        FROM _bill LEFT JOIN _place USING (place)
        ORDER BY n"""


def refund_rows(plan: Plan) -> str:
    """The rows of `facts.REFUNDS` for `_line` and `_bill`: lines given back, and carriage and fees of cancelled orders."""
    given = f"ends IN ({_CANCELLED}, {_RETURNED}) OR (ends = {_PARTLY} AND l = 0)"
    common = f"""b.order_id, b.customer_id, b.customer_id AS buyer_id, {instant("b.back")} AS refunded_at, true AS is_dated,
               ends <> {_PARTLY} AS is_full, '{plan.currency}' AS currency, 'made_up' AS source, {plan.learned} AS received_at,
               'R' || (100000 + b.n) AS document_number"""
    return f"""
        SELECT {plan.dice.id("refund", "b.n", "l")} AS refund_id, {plan.dice.id("line", "b.n", "l")} AS line_id, product_id,
               'product' AS kind,
               quantity::DECIMAL(18, 3) AS quantity, line.net AS net_revenue, line.net + line.tax AS total, {common}
        FROM _line AS line JOIN _bill AS b USING (n) WHERE {given}
        UNION ALL BY NAME
        SELECT {plan.dice.id("refund", "b.n", "-1")} AS refund_id, CASE WHEN shipping > 0 THEN 'shipping' ELSE 'fee' END AS kind,
               0::DECIMAL(18, 3) AS quantity, 0::BIGINT AS net_revenue, shipping + fees AS total, {common}
        FROM _bill AS b WHERE ends = {_CANCELLED} AND shipping + fees > 0"""


def redemption_rows(plan: Plan) -> str:
    """The rows of `facts.REDEMPTIONS`: paper coupons handed in at the till, which no order carries."""
    return f"""
        SELECT {plan.dice.id("redemption", "n")} AS redemption_id, customer_id, customer_id AS person_id, 'PAPER5' AS coupon_code,
               'leaflet' AS campaign_name, {instant("t")} AS redeemed_at, 'made_up' AS source, {plan.learned} AS received_at
        FROM _bill WHERE channel = 'pos' AND customer_id IS NOT NULL AND {plan.dice.chance("paper", 0.3, "n")} ORDER BY n"""
