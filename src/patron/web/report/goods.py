"""Pictures of purchases: the first one beside what followed, the best products, and products that bring the best customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.web.report import charts
from patron.web.report.figure import Cell, Figure, Key, Table, bar
from patron.web.report.words import count, money, month, of_hundred, percent, things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.measurement.report import Bringer, Bringers, FirstPurchase, FirstPurchases, Product, ReportData

_COHORTS = 18
_MEASURES = {"margin": "contribution margin", "net_revenue": "net revenue"}


def figures(data: ReportData) -> Iterator[Figure]:
    """Every picture of purchases that the data can fill."""
    if data.first_purchase:
        yield first_purchase(data.first_purchase)
    if data.products:
        yield best_products(data.products)
    if data.bringers and data.bringers.products:
        yield bringers(data.bringers)


def first_purchase(found: FirstPurchases) -> Figure:
    """What the first purchase brings beside everything so far."""
    measure = _MEASURES[found.measure]
    shown = found.cohorts[-_COHORTS:]
    rows = [
        charts.Row(
            f"{month(c.label)}, {things(c.customers, 'customer')}",
            f"{money(c.first)} → {money(c.realised)}",
            bars=(("b", float(c.realised.minor)), ("a", float(max(c.first.minor, 0)))),
        )
        for c in shown
    ]
    whole = found.all_customers
    times = f": {whole.multiple:.1f} times as much" if whole.multiple else ""
    basis = "" if found.measure == "margin" else (
        " Margins are not known, so net revenue is shown: load the cost of goods, or set margin_rate in patron.toml."
    )  # fmt: skip
    return Figure(
        "first-purchase",
        "The first purchase is only the beginning",
        f"A customer brings {money(whole.first)} of {measure} with the first purchase and {money(whole.realised)} in all so far{times}.",
        charts.both(lambda w: charts.rows(f"First purchase and all purchases so far, {measure} per customer", rows, w)),
        shown=tuple(
            _beside(label, groups, measure)
            for label, groups in (("Category of the first order", found.categories), ("Product in the first order", found.products))
            if groups
        ),
        keys=(Key("a", "first purchase"), Key("b", "everything since")),
        numbers=_beside("Month of the first order", found.cohorts, measure, is_month=True),
        note=(
            "Means per customer, after what was given back. Older customers have had more time to come back. Who bought several things at "
            f"first stands in several rows.{basis}"
        ),
    )


def _beside(label: str, groups: Sequence[FirstPurchase], measure: str, *, is_month: bool = False) -> Table:
    most = max((g.realised.minor for g in groups), default=0)
    rows = tuple(
        (
            month(g.label) if is_month else g.label,
            count(g.customers),
            money(g.first),
            bar(money(g.realised), g.realised.minor, most),
            f"{g.multiple:.1f} ×" if g.multiple else "",  # noqa: RUF001 -- the sign that people read
        )
        for g in groups
    )
    return Table(f"{label}: {measure} per customer", (label, ">Customers", ">First purchase", ">All so far", ">Times"), rows, "bars")


def best_products(products: Sequence[Product]) -> Figure:
    """The products with the most net revenue."""
    most = max(p.net_revenue.minor for p in products)
    rows = tuple(
        (
            Cell(p.name or p.code, small=p.category),
            bar(money(p.net_revenue), p.net_revenue.minor, most),
            count(p.buyers),
            percent(p.repeat_share),
            percent(p.refund_share),
        )
        for p in products
    )
    top = products[0]
    sentence = f"{top.name or top.code} brought most: {money(top.net_revenue)} from {things(top.buyers, 'customer')}"
    if top.buyers:
        sentence += f", of whom {of_hundred(top.repeat_share or 0)} in 100 bought it again"
    return Figure(
        "products",
        "Best products",
        sentence + ".",
        shown=(Table("Best products", ("Product", ">Net revenue", ">Buyers", ">Bought again", ">Given back"), rows, "bars"),),
        note="Buyers are known customers; guests count in the money only. Given back: refunds as a share of what was sold.",
    )


def bringers(found: Bringers) -> Figure:
    """What first orders hold that bring the best customers."""
    rows = [
        charts.Row(
            f"{b.label}, {things(b.customers, 'customer')}",
            money(b.later_value),
            dot=(float(b.low.minor), float(b.later_value.minor), float(b.high.minor)),
        )
        for b in found.products
    ]
    best = found.products[0]
    stands_out = best.low.minor > found.later_value.minor
    usual = f"{money(found.later_value)} is usual"
    if stands_out:
        sentence = (
            f"Customers who began with {best.label} brought {money(best.later_value)} in the {found.horizon_days} days after it; {usual}."
        )
    else:
        sentence = f"No first product clearly brings better customers than another: in the {found.horizon_days} days after it, {usual}."
    line = float(found.later_value.minor)
    return Figure(
        "bringers",
        "Products that bring the best customers",
        sentence,
        charts.both(lambda w: charts.rows("Later net revenue by product in the first order", rows, w, line=line)),
        shown=(_bringer_table("Category of the first order", found.categories),) if found.categories else (),
        keys=(Key("a", "likely value"), Key("i", "95 % sure to lie here"), Key("m", "all customers")),
        numbers=_bringer_table("Product in the first order", found.products),
        note=(
            f"Net revenue per customer in the {found.horizon_days} days after the first order, without it; only customers known for that "
            "long are read. Where few people are behind a value it is drawn towards the mean of all; single giant customers are capped. "
            "On top stands what is most surely high: the order follows the lower end of the range."
        ),
    )


def _bringer_table(label: str, found: Sequence[Bringer]) -> Table:
    most = max((b.later_value.minor for b in found), default=0)
    rows = tuple(
        (
            b.label,
            count(b.customers),
            percent(b.returned_share),
            bar(money(b.later_value), b.later_value.minor, most),
            f"{money(b.low)} to {money(b.high)}",
        )
        for b in found
    )
    return Table(f"Later value by {label.lower()}", (label, ">Customers", ">Came back", ">Brought later", ">Likely between"), rows, "bars")
