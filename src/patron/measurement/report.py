"""What a report holds: values only, so that the page, the JSON and a test read the same.

Field names are a contract: they are the keys of the JSON. Money is `Money`, shares are from 0 to 1, months are texts such as "2011-03".
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from patron.kernel.money import Currency, Money
from patron.kernel.time import iso
from patron.measurement.outlook import Outlook  # noqa: TC001  # fields are read by name

Goal = Literal["keep", "win_back"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The shop in numbers.

    Attributes:
        known_customers: people the project knows, with or without an order.
        customers: people with at least one order that counts.
        repeat_customers: of these, with two or more.
        refund_share: refunds over what was sold.
        repeat_revenue_share: of known customers' net revenue, the part of orders after the first.
    """

    known_customers: int
    customers: int
    repeat_customers: int
    repeat_share: float | None
    orders: int
    guest_orders: int
    guest_order_share: float | None
    net_revenue: Money
    guest_net_revenue: Money
    first_order_net_revenue: Money
    repeat_order_net_revenue: Money
    repeat_revenue_share: float | None
    sold: Money
    refunded: Money
    refund_share: float | None
    margin: Money | None
    mean_order_value: Money | None
    orders_per_customer: float | None
    first_order_on: date | None
    last_order_on: date | None


@dataclass(frozen=True, slots=True)
class MonthRevenue:
    """One month; `is_partial` when it was not over, or the facts begin within it."""

    month: str
    new_net_revenue: Money
    returning_net_revenue: Money
    guest_net_revenue: Money
    net_revenue: Money
    orders: int
    new_customers: int
    returning_customers: int
    is_partial: bool


@dataclass(frozen=True, slots=True)
class CohortCell:
    """What a cohort did in one later month that is over; `came_back_share` counts who bought again up to and with it."""

    month: int
    customers: int
    share: float
    came_back_share: float
    net_revenue: Money
    net_revenue_per_customer: Money


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Customers whose first order was in one month; `net_revenue_per_customer` of cells adds up all months so far."""

    month: str
    size: int
    cells: tuple[CohortCell, ...]


@dataclass(frozen=True, slots=True)
class GapBin:
    """How many gaps were at least `from_days` and less than `below_days` long."""

    from_days: int
    below_days: int
    count: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """Days between orders: the median, and the length that 80 % do not exceed."""

    count: int
    median_days: int
    usual_days: int
    bins: tuple[GapBin, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """Of those who placed their n-th order, the share that went on, with its 95 % interval; the last rung stands for all later ones."""

    n: int
    is_last: bool
    reached: int
    went_on: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FirstPurchase:
    """Per customer of one group: what the first purchase brought, and everything so far."""

    label: str
    customers: int
    first: Money
    realised: Money
    multiple: float | None


@dataclass(frozen=True, slots=True)
class FirstPurchases:
    """First purchase beside realised value; `measure` is margin where it is known, else net_revenue."""

    measure: str
    all_customers: FirstPurchase
    cohorts: tuple[FirstPurchase, ...]
    categories: tuple[FirstPurchase, ...]
    products: tuple[FirstPurchase, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """One of the products with the most net revenue."""

    code: str
    name: str
    category: str
    net_revenue: Money
    refund_share: float | None
    buyers: int
    repeat_buyers: int
    repeat_share: float | None


@dataclass(frozen=True, slots=True)
class Bringer:
    """What customers whose first order held this brought later: the shrunk mean, its 95 % interval, and how many people are behind it."""

    label: str
    customers: int
    returned_share: float
    later_value: Money
    low: Money
    high: Money


@dataclass(frozen=True, slots=True)
class Bringers:
    """Later value by what the first order held, within `horizon_days` of it; the best first."""

    horizon_days: int
    customers: int
    later_value: Money
    returned_share: float
    products: tuple[Bringer, ...]
    categories: tuple[Bringer, ...]


@dataclass(frozen=True, slots=True)
class RfmCell:
    """Customers with one recency and one frequency score."""

    r_score: int
    f_score: int
    customers: int
    net_revenue: Money


@dataclass(frozen=True, slots=True)
class RfmGroup:
    """Customers of one RFM group."""

    group: str
    customers: int
    share: float
    net_revenue: Money
    revenue_share: float | None


@dataclass(frozen=True, slots=True)
class Rfm:
    """The grid and the groups."""

    cells: tuple[RfmCell, ...]
    groups: tuple[RfmGroup, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Customers who were in one group and are in another; `was` is empty for who had no order yet, `is_now` for who has none any more."""

    was: str
    is_now: str
    customers: int
    net_revenue: Money


@dataclass(frozen=True, slots=True)
class Movement:
    """Who moved between groups since an instant."""

    since: datetime
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment with its words, size and money; members and money are None while it waits for facts."""

    slug: str
    name: str
    meaning: str
    why: str
    advice: str
    members: int | None
    share: float | None
    net_revenue: Money | None
    margin: Money | None
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A segment worth acting on now.

    Attributes:
        goal: keep, or win_back where most members have fallen silent.
        at_stake: what the members brought in the year before.
    """

    segment: str
    goal: Goal
    members: int
    at_stake: Money


@dataclass(frozen=True, slots=True)
class Channel:
    """Advertising cost of one channel."""

    channel: str
    cost: Money
    clicks: int | None
    impressions: int | None
    cost_per_click: Money | None


@dataclass(frozen=True, slots=True)
class Spend:
    """Advertising cost, and the blended cost of a new customer: all cost over all new customers of the same days."""

    starts_on: date
    ends_on: date
    cost: Money
    new_customers: int
    blended_cac: Money | None
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Coupon:
    """How one coupon was used."""

    code: str
    uses: int
    customers: int
    discount: Money


@dataclass(frozen=True, slots=True)
class Coupons:
    """How coupons were used."""

    orders: int
    order_share: float | None
    redemptions: int
    discount: Money
    coupons: tuple[Coupon, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """Where orders were sent to; empty where it is not known."""

    country: str
    orders: int
    customers: int
    net_revenue: Money
    share: float | None


@dataclass(frozen=True, slots=True)
class File:
    """One file that was loaded."""

    file: str
    source: str
    read: int
    kept: int
    unchanged: int
    refused: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What is to be known about the data."""

    files: tuple[File, ...]
    read: int
    refused: int
    guest_orders: int
    cancelled_orders: int
    unpaid_orders: int
    adjustments: int
    adjustment_total: Money
    other_currency_orders: int
    refunds: int
    undated_refunds: int
    unmatched_refunds: int
    unmatched_refund_net_revenue: Money
    repeated_lines: int
    future_orders: int
    days_since_last_order: int | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that a report shows."""

    shop: str
    currency: Currency
    as_of: datetime
    as_of_on: date
    numbers: Numbers
    months: tuple[MonthRevenue, ...]
    actions: tuple[Action, ...]
    segments: tuple[Segment, ...]
    rfm: Rfm
    movement: Movement | None
    cohorts: tuple[CohortRow, ...]
    gaps: Gaps | None
    ladder: tuple[Rung, ...]
    first_purchase: FirstPurchases | None
    products: tuple[Product, ...]
    bringers: Bringers | None
    countries: tuple[Country, ...]
    spend: Spend | None
    coupons: Coupons | None
    quality: Quality
    outlook: Outlook | None = None

    def as_json(self) -> dict[str, object]:
        """For programs: the same fields; money as amount and currency, instants in ISO 8601."""
        return {f.name: _json(getattr(self, f.name)) for f in dataclasses.fields(self)}


def _json(value: object) -> object:
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_json(v) for v in value]
    if dataclasses.is_dataclass(value):
        return {f.name: _json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return round(value, 6) if isinstance(value, float) else value
