"""What a made-up shop spends on advertising."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.adapters.made_up.dice import named
from patron.adapters.made_up.plan import DAY, DAYS

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

_CAMPAIGNS = (
    ("google", "brand", 0.08, 60), ("google", "shopping", 0.3, 45), ("meta", "prospecting", 0.35, 70), ("meta", "retargeting", 0.12, 55),
    ("bing", "shopping", 0.05, 50), ("partner", "blogs", 0.1, 80),
)  # fmt: skip
_PER_CUSTOMER = 900  # minor units of advertising for each customer won


def spend(plan: Plan) -> str:
    """The rows of `facts.SPEND`: each campaign's cost of each day, growing with the shop."""
    d = plan.dice
    listed = ", ".join(f"('{channel}', '{name}', {share}, {click})" for channel, name, share, click in _CAMPAIGNS)
    level = plan.customers * _PER_CUSTOMER / DAYS
    first = f"make_timestamp({plan.start * 1000})::DATE"
    return f"""
        SELECT {named("'spend'", "'made_up'", "day::VARCHAR", "channel", "campaign_name")} AS spend_id, day AS starts_on, day AS ends_on,
               channel,
               campaign_name, '{plan.currency}' AS currency, cost, cost // click * (20 + {d.whole("seen", 60, "k", "campaign_name")})
                   AS impressions,
               cost // click AS clicks, floor(cost // click * 0.03)::DOUBLE AS conversions, 'made_up' AS source,
               {plan.learned} AS received_at
        FROM (SELECT k, {first} + k::INTEGER AS day, channel, campaign_name, click,
                     floor({level!r}::DOUBLE * share * (0.6 + 0.8 * k / {DAYS})
                           * (0.7 + 0.6 * {d.uniform("spend", "k", "campaign_name")}))::BIGINT AS cost
              FROM range({DAYS}) AS days(k) CROSS JOIN (VALUES {listed}) AS campaigns(channel, campaign_name, share, click))
        WHERE (day + 1)::TIMESTAMP <= make_timestamp({plan.end * 1000}) AND day::TIMESTAMP >= make_timestamp({(plan.start - DAY) * 1000})
        ORDER BY k, channel, campaign_name"""
