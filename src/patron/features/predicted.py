"""What to expect: who is still a customer, how many orders are to come and what they will bring, and when the next is due.

The answers are those of the models that `patron predict` chose and kept, for the facts as of the instant; until then they are unknown.
Days with an order count, so orders of one day are one. Money is after the shop's usual refunds.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.facts.as_of import PREDICTIONS
from patron.features.feature import Feature, Follows, Slides
from patron.features.partials.histories import last_day
from patron.features.settings import BANDS
from patron.features.values import number, of
from patron.kernel.time import SECONDS_PER_DAY, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs
    from patron.features.settings import PredictionSettings

EDGE = "edge_predictions_at"
_expected = partial(Feature, family="predictions", needs=(PREDICTIONS,), changes=Slides(EDGE))


def _money(column: str) -> Callable[[Inputs], ir.Value]:
    """Whole minor units, which features of money are made of; halves are rounded before, for engines cut or round as they like."""
    return lambda i: i["predictions"][column].round()


def _order_at(column: str) -> Callable[[Inputs], ir.Value]:
    """So many whole days after the last order, and not before as of: models count days."""

    def at(i: Inputs) -> ir.Value:
        seconds = i["predictions"][column].round().cast("int64") * SECONDS_PER_DAY
        known = ibis.ifelse(i["predictions"][column] < number(_FOREVER), seconds, ibis.null("int64"))
        due = i.feature("last_order_at") + known.as_interval("s")
        return ibis.ifelse(due < i.now, i.now, due)

    return at


_FOREVER = 36_500.0  # days: whoever is not expected within a hundred years is not expected


def _edge(i: Inputs) -> ir.Value:
    """Answers count whole days of the shop, and the day that ends at midnight still is that day at midnight itself."""
    midnight = i.facts.shop.calendar.midnight(last_day(i.facts) + timedelta(days=1))
    return ibis.ifelse(i["predictions"]["p_alive"].notnull(), literal(midnight + timedelta(microseconds=1)), ibis.null("timestamp(6)"))


def _orders(days: int) -> Feature:
    return _expected(
        name=f"expected_orders_{days}d", kind="number", unit="orders", seeds=("000-01", "001-32"),
        meaning=f"Orders to be expected within {days} days, the chance that the customer has left included.",
        value=of("predictions", f"orders_{days}d"),
    )  # fmt: skip


def _revenue(days: int) -> Feature:
    return _expected(
        name=f"expected_net_revenue_{days}d", kind="money", unit="money", seeds=("000-01", "002-01"),
        meaning=f"Net revenue to be expected within {days} days: expected orders times what one is worth, after the shop's usual refunds.",
        value=_money(f"revenue_{days}d"),
    )  # fmt: skip


_ORDERS_AND_REVENUE = (
    _expected(
        name="p_alive", kind="share", unit="chance", seeds=("000-39", "001-32", "004-08"),
        meaning="The chance that the customer is still one, and has not left for good.",
        value=of("predictions", "p_alive"),
    ),
    _expected(
        name="p_order_90d", kind="share", unit="chance", seeds=("001-03", "001-32"),
        meaning="The chance of at least one order within 90 days.",
        value=of("predictions", "p_order_90d"),
    ),
    *(_orders(days) for days in (30, 90, 365)),
    _expected(
        name="expected_orders_90d_low", kind="number", unit="orders", seeds=("000-01",),
        meaning="Of ten customers like this one, nine will place at least so many orders within 90 days.",
        value=of("predictions", "orders_90d_low"),
    ),
    _expected(
        name="expected_orders_90d_high", kind="number", unit="orders", seeds=("000-01",),
        meaning="Of ten customers like this one, nine will place at most so many orders within 90 days.",
        value=of("predictions", "orders_90d_high"),
    ),
    _expected(
        name="expected_order_value", kind="mean_money", unit="money an order", seeds=("000-01", "000-39"),
        meaning="What an order of the customer is worth, before refunds: the own mean, drawn to the shop's while orders are few.",
        value=of("predictions", "order_value"),
    ),
    *(_revenue(days) for days in (30, 90, 365)),
    _expected(
        name="expected_margin_365d", kind="money", unit="money", seeds=("000-01", "000-39"),
        meaning="Contribution margin to be expected within 365 days; unknown until costs or a margin rate are set.",
        value=_money("margin_365d"),
    ),
)  # fmt: skip
_RISK_AND_TIME = (
    _expected(
        name="expected_value_at_risk", kind="money", unit="money", seeds=("001-32", "004-08", "004-13"),
        meaning="What is lost if the customer has left: the margin within 365 days of whoever is still a customer, times the chance "
        "of having left; unknown until costs or a margin rate are set.",
        value=_money("at_risk"),
    ),
    _expected(
        name="expected_next_order_at", kind="instant", unit="instant", seeds=("003-16", "004-13"),
        meaning="When the next order is to be expected if the customer is still one: as likely before as after, by the own gaps "
        "between orders drawn to the shop's, and by the days that have passed.",
        value=_order_at("next_days"),
    ),
    _expected(
        name="expected_next_order_low", kind="instant", unit="instant", seeds=("003-16",),
        meaning="Of ten customers like this one who are still customers, nine will place the next order later than this.",
        value=_order_at("next_days_low"),
    ),
    _expected(
        name="expected_next_order_high", kind="instant", unit="instant", seeds=("003-16",),
        meaning="Of ten customers like this one who are still customers, nine will place the next order before this.",
        value=_order_at("next_days_high"),
    ),
    _expected(
        name=EDGE, kind="instant", unit="instant", hidden=True, changes=Slides(EDGE),
        meaning="When predictions change if nothing happens: with the shop's day.",
        value=_edge,
    ),
)  # fmt: skip


def features(settings: PredictionSettings) -> tuple[Feature, ...]:
    """The features of the family; churn bands are the shop's own."""
    begins = ", ".join(f"{band} from {share:g}" for band, share in zip(BANDS, settings.churn_bands, strict=False))

    def band(i: Inputs) -> ir.Value:
        alive = i.feature("p_alive")
        steps = [(alive >= number(share), name) for name, share in zip(BANDS, settings.churn_bands, strict=False)]
        return ibis.cases((alive.isnull(), ibis.null("string")), *steps, else_=BANDS[-1])

    return (
        *_ORDERS_AND_REVENUE,
        _expected(
            name="expected_clv", kind="money", unit="money", seeds=("000-01", "001-05", "002-16", "003-05"),
            meaning="Customer lifetime value ahead: contribution margin to be expected within 365 days, discounted to now at "
            f"{100 * settings.discount_rate_per_year:g} % a year; unknown until costs or a margin rate are set.",
            value=_money("clv"),
        ),
        *_RISK_AND_TIME,
        _expected(
            name="churn_band", kind="text", unit=", ".join(BANDS[:-1]) + " or " + BANDS[-1], seeds=("001-32", "004-13"),
            meaning=f"By the chance to be still a customer: {begins}, {BANDS[-1]} below.",
            value=band, changes=Follows(("p_alive",)),
        ),
    )  # fmt: skip
