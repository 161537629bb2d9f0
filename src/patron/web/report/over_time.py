"""Pictures of time: months, time between orders, the ladder of orders; cohorts have their own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.kernel.money import Money
from patron.web.report import charts, cohorts
from patron.web.report.figure import Figure, Key, Table
from patron.web.report.words import count, money, month, of_hundred, ordinal, percent, short_money, short_month, things

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.measurement.report import Gaps, MonthRevenue, ReportData

_MONTHS = 36


def figures(data: ReportData) -> Iterator[Figure]:
    """Every picture of time that the data can fill."""
    if data.months:
        yield months(data)
    if any(c.cells[1:] for c in data.cohorts):
        yield cohorts.retention(data.cohorts)
        yield cohorts.value(data.cohorts)
    if data.gaps:
        yield gaps(data.gaps)
    if data.ladder:
        yield ladder(data)


def months(data: ReportData) -> Figure:
    """Net revenue by month, from new and returning customers and guests."""
    shown = data.months[-_MONTHS:]
    has_guests = any(m.guest_net_revenue.minor for m in data.months)
    given = [_column(m) for m in shown]
    currency = data.currency
    label = "Net revenue by month from new customers, returning customers and guests"
    keys = [Key("a", "returning customers"), Key("b", "new customers: their first order")]
    keys += [Key("c", "guests: nobody knows whether they came back")] if has_guests else []
    keys += [Key("p", "month not complete")] if any(m.is_partial for m in shown) else []
    return Figure(
        "months",
        "New and returning revenue",
        _months_caption(data),
        charts.both(lambda w: charts.columns(label, given, lambda v: short_money(Money.from_minor(v, currency)), w)),
        keys=tuple(keys),
        numbers=_months_table(data),
        note="Net revenue: after discounts and refunds, without tax and shipping. Refunds count in the month in which they were given.",
    )


def _column(m: MonthRevenue) -> charts.Column:
    parts = (
        ("a", float(m.returning_net_revenue.minor)),
        ("b", float(m.new_net_revenue.minor)),
        ("c", float(m.guest_net_revenue.minor)),
    )
    hint = (
        f"{month(m.month)}: {money(m.net_revenue)}; new {money(m.new_net_revenue)}, returning {money(m.returning_net_revenue)}, "
        f"guests {money(m.guest_net_revenue)}"
    )
    return charts.Column(short_month(m.month), m.month[:4], parts, hint, is_faint=m.is_partial)


def _months_caption(data: ReportData) -> str:
    whole = [m for m in data.months if not m.is_partial] or list(data.months)
    last = whole[-1]
    total = last.net_revenue.amount
    if total <= 0:
        return f"In {month(last.month)} more was given back than sold: {money(last.net_revenue)}."
    new, back, guests = (float(x.amount / total) for x in (last.new_net_revenue, last.returning_net_revenue, last.guest_net_revenue))
    sentence = f"In {month(last.month)} the shop took {money(last.net_revenue)}: {percent(back)} from customers who came back"
    sentence += f", {percent(new)} from first orders" if guests else f" and {percent(new)} from first orders"
    return sentence + (f" and {percent(guests)} from guests." if guests else ".")


def _months_table(data: ReportData) -> Table:
    rows = tuple(
        (
            month(m.month) + (" (not complete)" if m.is_partial else ""),
            money(m.net_revenue),
            money(m.new_net_revenue),
            money(m.returning_net_revenue),
            money(m.guest_net_revenue),
            count(m.orders),
            count(m.new_customers),
            count(m.returning_customers),
        )
        for m in data.months
    )
    columns = ("Month", ">Net revenue", ">First orders", ">Returning", ">Guests", ">Orders", ">New customers", ">Returning customers")
    return Table("Net revenue by month", columns, rows)


def gaps(found: Gaps) -> Figure:
    """Days between two orders."""
    given = [(b.from_days, b.below_days, b.count) for b in found.bins]
    drawn = given[:-1] if len(given) > 1 and given[-1][1] - given[-1][0] != given[0][1] - given[0][0] else given
    rest = sum(n for *_, n in given[len(drawn) :])
    marks = tuple(
        charts.Mark(days, f"{words}: {things(days, 'day')}") for days, words in ((found.median_days, "half"), (found.usual_days, "8 of 10"))
    )
    rows = tuple((f"{b.from_days} to {b.below_days - 1} days", count(b.count), percent(b.count / found.count)) for b in found.bins)
    note = "Orders of one day count as one. Only customers with at least two days with an order are in it."
    if rest:
        note += f" {things(rest, 'longer gap')} {'lies' if rest == 1 else 'lie'} beyond the right edge."
    return Figure(
        "gaps",
        "Time between orders",
        (
            f"When customers order again, half do so within {things(found.median_days, 'day')} and 8 of 10 within "
            f"{things(found.usual_days, 'day')}; a longer silence is unusual."
        ),
        charts.both(lambda w: charts.histogram("How many gaps between two orders are how long", drawn, marks, ("days", "gaps"), w)),
        numbers=Table("Gaps between two orders", ("Days between", ">Gaps", ">Share"), rows),
        note=note,
    )


def ladder(data: ReportData) -> Figure:
    """Of those who placed their n-th order, how many went on."""
    rows = [
        charts.Row(
            _rung(r.n, is_last=r.is_last),
            f"{percent(r.share)} of {count(r.reached)} went on",
            bars=(("a", r.share),),
        )
        for r in data.ladder
    ]
    first = data.ladder[0]
    sentence = f"Of 100 customers who place a {ordinal(first.n)} order, about {of_hundred(first.share)} place another"
    if len(data.ladder) > 1:
        second = data.ladder[1]
        sentence += f"; of 100 who place a {ordinal(second.n)}, about {of_hundred(second.share)} do"
    table = tuple(
        (_rung(r.n, is_last=r.is_last), count(r.reached), count(r.went_on), percent(r.share), f"{percent(r.low)} to {percent(r.high)}")
        for r in data.ladder
    )
    return Figure(
        "ladder",
        "From one order to the next",
        sentence + ".",
        charts.both(lambda w: charts.rows("Share of customers who go on to the next order", rows, w, highest=1.0)),
        numbers=Table("From one order to the next", ("After the", ">Reached it", ">Went on", ">Share", ">Likely between"), table),
        note=(
            "Only orders old enough to judge are counted. Where few people are behind a share, it is drawn towards what is usual; "
            "the table says how sure it is (95 %)."
        ),
    )


def _rung(n: int, *, is_last: bool) -> str:
    return f"{ordinal(n)} order" + (" and later" if is_last else "")
