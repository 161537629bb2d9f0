"""How far: the stage of a customer's life with the shop, and the chance of the next order.

Stages are told apart by the shop's own rhythm:

- acquisition: known, but has not ordered.
- onboarding: has ordered once, and not long ago: within the days in which 80 % of those who came back placed their second order.
- loyalty: has as many orders as the upper quarter of the shop's repeat customers, at least 3, and is not later than twice the usual gap.
- retention: everyone else who has ordered.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Feature, Follows, Slides
from patron.kernel.time import SECONDS_PER_DAY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.features.inputs import Inputs
    from patron.features.settings import LadderSettings

_order = partial(Feature, family="lifecycle", needs=("orders",))
_LATE = 2.0
_ONBOARDING_DAYS = 90.0  # until anybody in the shop has come back
STAGES = ("acquisition", "onboarding", "retention", "loyalty")


def _onboarding_days(i: Inputs) -> ir.Value:
    return ibis.coalesce(i["shop_rhythm"]["second_order_days"], _ONBOARDING_DAYS)


def _is_loyal_by_count(i: Inputs) -> ir.Value:
    return i.feature("order_count").cast("float64") >= i["shop_rhythm"]["loyal_order_count"]


def _stage(i: Inputs) -> ir.Value:
    orders = i.feature("order_count")
    in_time = i.feature("days_since_last_order") <= i.feature("usual_gap_days") * _LATE
    return ibis.cases(
        (orders == 0, "acquisition"),
        ((orders == 1) & (i.feature("days_since_last_order") <= _onboarding_days(i)), "onboarding"),
        (_is_loyal_by_count(i) & in_time, "loyalty"),
        else_="retention",
    )


def _stage_edge(i: Inputs) -> ir.Value:
    """The stage changes by itself the moment the days are over."""
    orders, stage = i.feature("order_count"), _stage(i)
    days = ibis.cases(
        ((orders == 1) & (stage == "onboarding"), _onboarding_days(i)),
        (stage == "loyalty", i.feature("usual_gap_days") * _LATE),
        else_=ibis.null("float64"),
    )
    # Days are compared to the second, so the first whole second after them is the first instant of the next stage.
    seconds = (days * float(SECONDS_PER_DAY)).floor().cast("int64") + 1
    return i.feature("last_order_at").truncate("s") + seconds.as_interval("s")


def features(ladder: LadderSettings) -> tuple[Feature, ...]:
    """The features of the family; the chance of the next order reaches as far as the ladder does."""

    def chance(i: Inputs) -> ir.Value:
        orders = i.feature("order_count")
        steps = [(orders == n, i["ladder"][f"p_{n}"]) for n in range(1, ladder.steps)]
        known = ibis.cases(*steps, (orders >= ladder.steps, i["ladder"][f"p_{ladder.steps}"]), else_=ibis.null("float64"))
        return ibis.ifelse(orders > 0, ibis.coalesce(known, ladder.prior), ibis.null("float64"))

    return (
        _order(
            name="stage", kind="text", unit="acquisition, onboarding, retention or loyalty", seeds=("001-01",),
            meaning="The stage of the customer's life with the shop, told apart by the shop's own rhythm.",
            value=_stage, changes=Slides("edge_stage_at"),
        ),
        _order(
            name="edge_stage_at", kind="instant", unit="instant", hidden=True,
            meaning="When the stage changes if nothing happens.",
            value=_stage_edge,
        ),
        _order(
            name="is_repeat_customer", kind="flag", unit="yes or no", seeds=("001-02", "001-23", "003-17"),
            meaning="Whether the customer has ordered more than once.",
            value=lambda i: i.feature("order_count") > 1, changes=Follows(("order_count",)),
        ),
        _order(
            name="p_next_order", kind="share", unit="chance", seeds=("001-03",),
            meaning="The chance of another order after so many: the share of customers who went on from there, counted in this shop.",
            value=chance, changes=Follows(("order_count",)),
        ),
    )  # fmt: skip
