"""The shop in numbers, by month, by country, and what was spent on winning customers."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from patron.app.report.answers import Answers, month_text, share
from patron.measurement import acquisition, revenue, totals
from patron.measurement.months import last_complete, number_of
from patron.measurement.report import Channel, Country, Coupon, Coupons, MonthRevenue, Numbers, Spend

if TYPE_CHECKING:
    from datetime import date, datetime

_COUPONS = 10


def numbers(answers: Answers) -> Numbers:
    """The shop in numbers."""
    t = answers.row(totals.totals(answers.facts))
    people = answers.facts.customers
    known = answers.row(people.aggregate(n=people.count()))["n"]
    of_customers = (t["new_net_revenue"] or 0) + (t["returning_net_revenue"] or 0)
    return Numbers(
        known_customers=known,
        customers=t["customer_count"],
        repeat_customers=t["repeat_count"],
        repeat_share=share(t["repeat_count"], t["customer_count"]),
        orders=t["order_count"],
        guest_orders=t["guest_order_count"],
        guest_order_share=share(t["guest_order_count"], t["order_count"]),
        net_revenue=answers.money(t["net_revenue"]),
        guest_net_revenue=answers.money(t["guest_net_revenue"]),
        first_order_net_revenue=answers.money(t["new_net_revenue"]),
        repeat_order_net_revenue=answers.money(t["returning_net_revenue"]),
        repeat_revenue_share=share(t["returning_net_revenue"] or 0, of_customers),
        sold=answers.money(t["sold"]),
        refunded=answers.money(t["refunded"]),
        refund_share=share(t["refunded"] or 0, t["sold"] or 0),
        margin=answers.money_or_none(t["margin"]),
        mean_order_value=answers.each(t["net_revenue"] or 0, t["order_count"]) if t["order_count"] else None,
        orders_per_customer=share(t["order_count"] - t["guest_order_count"], t["customer_count"]),
        first_order_on=_day(answers, t["first_order_at"]),
        last_order_on=_day(answers, t["last_order_at"]),
    )


def months(answers: Answers, totalled: Numbers) -> tuple[MonthRevenue, ...]:
    """Every month from the first in which money moved to the last, empty ones included."""
    money = {r["month"]: r for r in answers.rows(revenue.revenue_by_month())}
    orders = {r["month"]: r for r in answers.rows(revenue.orders_by_month(answers.facts))}
    if not money:
        return ()
    over = last_complete(answers.facts.as_of, answers.facts.shop.calendar)
    first = totalled.first_order_on
    begun = number_of(first) if first and first.day > 1 else None
    found = []
    for month in range(min(money), max(money) + 1):
        m, o = money.get(month, {}), orders.get(month, {})
        found.append(
            MonthRevenue(
                month=month_text(month),
                new_net_revenue=answers.money(m.get("new_net_revenue")),
                returning_net_revenue=answers.money(m.get("returning_net_revenue")),
                guest_net_revenue=answers.money(m.get("guest_net_revenue")),
                net_revenue=answers.money(m.get("net_revenue")),
                orders=o.get("order_count", 0),
                new_customers=o.get("new_customer_count", 0),
                returning_customers=o.get("returning_customer_count", 0),
                is_partial=month > over or month == begun,
            )
        )
    return tuple(found)


def countries(answers: Answers) -> tuple[Country, ...]:
    """Where orders were sent to, most net revenue first."""
    rows = answers.rows(acquisition.by_country(answers.facts))
    whole = sum(r["net_revenue"] for r in rows)
    return tuple(
        Country(
            r["country"] or "", r["order_count"], r["customers"], answers.money(r["net_revenue"]), share(r["net_revenue"], max(whole, 0))
        )
        for r in rows
    )


def spend(answers: Answers) -> Spend | None:
    """Advertising cost and the blended cost of a new customer; None where no cost is known."""
    rows = answers.rows(acquisition.spend_by_channel(answers.facts))
    if not rows:
        return None
    starts_on, ends_on = min(r["starts_on"] for r in rows), max(r["ends_on"] for r in rows)
    won = answers.row(acquisition.new_customers(answers.facts, starts_on=starts_on, ends_on=ends_on))["customer_count"]
    cost = sum(r["cost"] for r in rows)
    channels = tuple(
        Channel(
            channel=r["channel"],
            cost=answers.money(r["cost"]),
            clicks=r["clicks"],
            impressions=r["impressions"],
            cost_per_click=answers.each(r["cost"], r["clicks"]) if r["clicks"] else None,
        )
        for r in rows
    )
    return Spend(starts_on, ends_on, answers.money(cost), won, answers.each(cost, won) if won else None, channels)


def coupons(answers: Answers) -> Coupons | None:
    """How coupons were used; None where none was."""
    t = answers.row(acquisition.coupon_totals(answers.facts))
    if not (t["coupon_order_count"] or t["redemption_count"]):
        return None
    rows = answers.rows(acquisition.coupon_use(answers.facts, limit=_COUPONS))
    return Coupons(
        orders=t["coupon_order_count"],
        order_share=share(t["coupon_order_count"], t["order_count"]),
        redemptions=t["redemption_count"],
        discount=answers.money(t["coupon_discount"]),
        coupons=tuple(Coupon(r["coupon_code"], r["uses"], r["customers"], answers.money(r["discount"])) for r in rows),
    )


def _day(answers: Answers, instant: datetime | None) -> date | None:
    return None if instant is None else answers.facts.shop.calendar.day_of(instant.replace(tzinfo=UTC))
