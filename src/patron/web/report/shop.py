"""The shop as a whole: its numbers, where orders go, what advertising and coupons did, and how good the data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.web.report.figure import Cell, Figure, Table, bar
from patron.web.report.words import count, country, day, money, percent, things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.measurement.report import Country, Coupons, Quality, ReportData, Spend

_COUNTRIES = 10
_OLD = 30  # days without an order after which the data may be out of date


@dataclass(frozen=True, slots=True)
class Headline:
    """One number of the shop, with what it is and a word to it."""

    value: str
    what: str
    remark: str = ""


def headlines(data: ReportData) -> tuple[Headline, ...]:
    """The shop in numbers."""
    n = data.numbers
    guests = f"and {money(n.guest_net_revenue)} of it from guests" if n.guest_net_revenue.minor else "after discounts and refunds"
    found = [
        Headline(money(n.net_revenue), "net revenue", guests),
        Headline(count(n.customers), "customers who ordered", f"of {count(n.known_customers)} known"),
        Headline(count(n.orders), "orders", f"{things(n.guest_orders, 'guest order')} among them" if n.guest_orders else ""),
        Headline(money(n.mean_order_value), "mean order value", "net, per order"),
        Headline(percent(n.repeat_share), "of customers came back", f"{things(n.repeat_customers, 'customer')} with two orders or more"),
        Headline(percent(n.repeat_revenue_share), "of the money of customers", "came after the first order"),
        Headline(percent(n.refund_share), "given back", f"{money(n.refunded)} of {money(n.sold)} sold"),
    ]
    if n.margin:
        found.append(Headline(money(n.margin), "contribution margin", "net revenue less goods, payment and delivery"))
    elif n.orders_per_customer:
        found.append(Headline(f"{n.orders_per_customer:.1f}", "orders per customer", "so far"))
    return tuple(found)


def figures(data: ReportData) -> Iterator[Figure]:
    """Every picture of winning customers that the data can fill."""
    if len(data.countries) > 1:
        yield countries(data.countries)
    if data.spend:
        yield spend(data.spend)
    if data.coupons:
        yield coupons(data.coupons)


def countries(found: Sequence[Country]) -> Figure:
    """Where orders go."""
    shown, rest = found[:_COUNTRIES], found[_COUNTRIES:]
    most = max(c.net_revenue.minor for c in shown)
    rows: list[tuple[Cell | str, ...]] = [
        (
            country(c.country) or "not known",
            bar(money(c.net_revenue), c.net_revenue.minor, most, small=percent(c.share)),
            count(c.orders),
            count(c.customers),
        )
        for c in shown
    ]
    if rest:
        total = sum((c.net_revenue for c in rest[1:]), rest[0].net_revenue)
        # A customer who had orders sent to two of them would count twice.
        rows.append((f"{len(rest)} more", bar(money(total), total.minor, most), count(sum(c.orders for c in rest)), ""))
    top = shown[0]
    return Figure(
        "countries",
        "Where orders go",
        (
            f"{percent(top.share)} of net revenue comes from {country(top.country) or 'places not known'}; "
            f"orders go to {things(sum(1 for c in found if c.country), 'country', 'countries')}."
        ),
        shown=(Table("Net revenue by country", ("Country", ">Net revenue", ">Orders", ">Customers"), tuple(rows), "bars"),),
    )


def spend(found: Spend) -> Figure:
    """Advertising cost by channel and the blended cost of a new customer."""
    most = max(c.cost.minor for c in found.channels)
    rows = tuple(
        (
            c.channel,
            bar(money(c.cost), c.cost.minor, most),
            "" if c.clicks is None else count(c.clicks),
            money(c.cost_per_click) if c.cost_per_click else "",
        )
        for c in found.channels
    )
    span = f"From {day(found.starts_on)} to {day(found.ends_on)}"
    sentence = f"{span} advertising cost {money(found.cost)}"
    if found.blended_cac:
        sentence += f" and {things(found.new_customers, 'customer')} placed a first order: {money(found.blended_cac)} per new customer"
    return Figure(
        "spend",
        "What new customers cost",
        sentence + ".",
        shown=(Table("Advertising cost by channel", ("Channel", ">Cost", ">Clicks", ">Cost per click"), rows, "bars"),),
        note="Blended: all cost over all new customers of the same days, also those who came without advertising.",
    )


def coupons(found: Coupons) -> Figure:
    """How coupons were used."""
    most = max((c.uses for c in found.coupons), default=0)
    rows = tuple((c.code, bar(count(c.uses), c.uses, most), count(c.customers), money(c.discount)) for c in found.coupons)
    parts = []
    if found.orders:
        parts.append(f"{percent(found.order_share)} of orders used a coupon, which gave {money(found.discount)} away")
    if found.redemptions:
        parts.append(f"{things(found.redemptions, 'coupon')} {'was' if found.redemptions == 1 else 'were'} redeemed apart from orders")
    return Figure(
        "coupons",
        "Coupons",
        f"{'; '.join(parts)}.",
        shown=(Table("The coupons used most", ("Coupon", ">Uses", ">Customers", ">Discount"), rows, "bars"),) if rows else (),
    )


def quality(data: ReportData) -> Figure:
    """What is to be known about the data."""
    q = data.quality
    files = tuple((f.file, f.source, count(f.read), count(f.kept), count(f.unchanged), count(f.refused)) for f in q.files)
    columns = ("File", "Source", ">Records", ">Kept", ">Known already", ">Refused")
    if not q.files:
        sentence = "No file has been loaded."
    elif q.refused:
        sentence = f"{count(q.refused)} of {things(q.read, 'record')} could not be used; `patron load --refused` lists them."
    else:
        sentence = f"All {things(q.read, 'record')} of {things(len(q.files), 'file')} could be used."
    checks = Table("What to know about the data", ("What", ">How many", "What it means"), tuple(_checks(q)))
    return Figure("quality", "How good the data are", sentence, shown=(checks,), numbers=Table("Files", columns, files) if files else None)


def _checks(q: Quality) -> Iterator[tuple[str, str, str]]:
    if q.days_since_last_order is not None and q.days_since_last_order > _OLD:
        yield "Days without an order", count(q.days_since_last_order), "The newest order is old: newer files may be missing."
    yield "Records refused", count(q.refused), "They could not be read and are kept aside."
    yield "Guest orders", count(q.guest_orders), "Nobody knows who placed them: they count for the shop, not for any customer."
    yield "Cancelled orders", count(q.cancelled_orders), "Called off or given back as a whole: they do not count as orders."
    if q.unpaid_orders:
        yield "Unpaid orders", count(q.unpaid_orders), "Pending, failed or voided: they do not count."
    if q.adjustments:
        yield "Adjustments", count(q.adjustments), f"Bad debt and stock corrections of {money(q.adjustment_total)}: they are no orders."
    yield (
        "Refunds without their order",
        count(q.unmatched_refunds),
        (f"{money(q.unmatched_refund_net_revenue)} was given back for orders that are not in the files."),
    )
    if q.undated_refunds:
        yield "Refunds without a date", count(q.undated_refunds), "The date of their order stands in."
    yield (
        "Lines that repeat another",
        count(q.repeated_lines),
        "The same product, quantity and price twice in one order: kept, as in the files.",
    )
    if q.other_currency_orders:
        yield "Orders in other currencies", count(q.other_currency_orders), "Converted by the rate of their day."
    if q.future_orders:
        yield "Orders after the date of the report", count(q.future_orders), "Not read."
