"""Pictures of what is to be expected, each beside how good such expectations were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.web.report import charts
from patron.web.report.figure import Cell, Figure, Key, Table, bar
from patron.web.report.words import count, day, money, of_hundred, ordinal, percent, things

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.measurement.outlook import Outlook
    from patron.measurement.report import ReportData

_MEASURES = {"margin": "contribution margin", "net_revenue": "net revenue"}
_MODELS = {
    "bgnbd": "BG/NBD",
    "mbgnbd": "MBG/NBD",
    "paretonbd": "Pareto/NBD",
    "naive_rate": "each customer's own rate",
    "recency_rule": "the rule of recency",
    "zero": "no orders at all",
}
_NOT_IN_IT = "New customers are not in it."
_BANDS = {
    "active": "almost surely still customers",
    "cooling": "probably still customers",
    "lapsing": "probably gone",
    "lapsed": "almost surely gone",
}


def figures(data: ReportData) -> Iterator[Figure]:
    """Every picture of the future that the data can fill."""
    found = data.outlook
    if found is None:
        return
    yield year_ahead(found)
    if found.bands:
        yield churn(found)
    if found.past:
        yield past(found)
    if found.chances:
        yield chances(found)
    if found.tracking:
        yield tracking(found)


def year_ahead(found: Outlook) -> Figure:
    """What the coming year is likely to bring, and from whom."""
    measure = _MEASURES[found.measure]
    top = found.tenths[0] if found.tenths else None
    from_top = f", {percent(top.share)} of it from the tenth of whom most is expected" if top and top.share is not None else ""
    most = max((t.value.minor for t in found.tenths), default=0)
    rows = tuple(
        (f"{ordinal(t.number)} tenth", count(t.customers), bar(money(t.value), t.value.minor, most), percent(t.share)) for t in found.tenths
    )
    spans = Table(
        "What is expected of today's customers",
        ("", ">Orders", ">Net revenue"),
        tuple((f"{d} days", count(n), money(m)) for d, n, m in zip((30, 90, 365), found.orders, found.net_revenue, strict=True)),
    )
    tenths = Table(
        "Customers by the value expected of them", ("Customers", ">How many", f">{measure.capitalize()}", ">Share"), rows, kind="bars"
    )
    basis = "" if found.measure == "margin" else " Margins are not known, so net revenue is shown: load costs, or set margin_rate."
    return Figure(
        "year-ahead",
        "What the coming year is likely to bring",
        f"Today's customers are expected to bring {money(found.value)} of {measure} within a year{from_top}.",
        shown=(spans, tenths),
        note=" ".join((f"Expected by {_MODELS.get(found.model, found.model)}.", found.why, *_doubts(found), _NOT_IN_IT + basis)),
    )


def churn(found: Outlook) -> Figure:
    """Who may have left, and what is at stake."""
    whole = sum(b.customers for b in found.bands)
    at_risk = [b.at_risk for b in found.bands if b.at_risk is not None]
    rows = tuple(
        (
            Cell(b.band.capitalize(), small=_BANDS[b.band]),
            bar(count(b.customers), b.customers, whole),
            money(b.expected_net_revenue),
            *((money(b.at_risk),) if at_risk else ()),
        )
        for b in found.bands
    )
    columns = ("Chance to be still a customer", ">Customers", ">Net revenue expected in a year", *((">Margin at risk",) if at_risk else ()))
    here = sum(b.customers for b in found.bands[:2])
    told = f"{of_hundred(here / whole if whole else 0)} of 100 customers are more likely still customers than gone."
    if found.doubt:
        told = f"The orders so far do not tell who of {things(whole, 'customer')} has left: these chances are what is usual of shops."
    return Figure(
        "churn",
        "Who is still a customer",
        told,
        shown=(Table("Customers by the chance that they are still ones", columns, rows, kind="bars"),),
        note="Nobody says that they have left; it is told from how long they have been silent, measured by how often they used to order.",
    )


def past(found: Outlook) -> Figure:
    """Tenths of customers of a past day: expected then, and what came."""
    rows = [
        charts.Row(
            f"{ordinal(t.number)} tenth",
            f"{t.expected:.2f} expected, {t.actual:.2f} came",
            bars=(("b", t.actual),),
            dot=(t.expected, t.expected, t.expected),
        )
        for t in found.past
    ]
    expected, actual = (sum(t.customers * v for t, v in ((t, getattr(t, name)) for t in found.past)) for name in ("expected", "actual"))
    return Figure(
        "forecast-and-fact",
        "What was expected, and what came",
        f"With the facts as of {found.past_day} it would have expected {count(expected)} orders within {found.horizon_days} days; "
        f"{count(actual)} came.",
        charts.both(lambda w: charts.rows("Orders of a customer, expected and made, by tenths of the forecast", rows, w)),
        keys=(Key("a", "expected"), Key("b", "came")),
        numbers=Table(
            "Orders of a customer by tenths of the forecast",
            ("Tenth", ">Customers", ">Expected", ">Came"),
            tuple((ordinal(t.number), count(t.customers), f"{t.expected:.3f}", f"{t.actual:.3f}") for t in found.past),
        ),
        note=" ".join(("The tenths begin with the customers of whom the fewest orders were expected.", *_doubts(found))),
    )


def chances(found: Outlook) -> Figure:
    """Whether chances to order came true as often as they should."""
    rows = [
        charts.Row(
            f"{percent(c.expected)} said, {things(round(c.customers), 'customer')}",
            f"{percent(c.actual)} ordered",
            bars=(("b", c.actual),),
            dot=(c.expected, c.expected, c.expected),
        )
        for c in found.chances
    ]
    total = sum(c.customers for c in found.chances)
    off = sum(c.customers * abs(c.expected - c.actual) for c in found.chances) / total if total else 0.0
    return Figure(
        "chances",
        "Whether a chance was a chance",
        f"Chances to order within {found.horizon_days} days were off by {percent(off)} on average.",
        charts.both(lambda w: charts.rows("Chance to order that was said, and share who did", rows, w, highest=1.0)),
        keys=(Key("a", "chance that was said"), Key("b", "share who ordered")),
        numbers=Table(
            "Chances on days of the past",
            ("Chance", ">Customers", ">Ordered"),
            tuple((percent(c.expected), count(c.customers), percent(c.actual)) for c in found.chances),
        ),
        note="All days of the back-test together. A dot at the end of its bar is a chance that came true as often as it was said to.",
    )


def tracking(found: Outlook) -> Figure:
    """Repeat orders over time, counted and expected."""
    last = found.tracking[-1]
    ratio = last.expected / last.actual if last.actual else 0.0
    points = [(t.until, float(t.actual), t.expected) for t in found.tracking]
    return Figure(
        "tracking",
        "Repeat orders week by week",
        f"By {day(last.until)} customers had placed {count(last.actual)} orders after their first day; the model, which knows only when "
        f"they began, says {count(last.expected)} ({ratio:.2f} times as many).",
        charts.both(lambda w: charts.curves("Repeat orders so far, counted and expected", points, w)),
        keys=(Key("a", "counted"), Key("m", "expected")),
        numbers=Table(
            "Repeat orders so far",
            ("Until", ">Counted", ">Expected"),
            tuple((day(t.until), count(t.actual), count(t.expected)) for t in found.tracking[:: max(1, len(found.tracking) // 26)]),
        ),
        note="Orders of one day count once. A season shows as a wave around the expected line.",
    )


def _doubts(found: Outlook) -> tuple[str, ...]:
    """What is to be said against the forecast, and was not said with its choice."""
    doubt = f"{found.doubt.capitalize()}." if found.doubt and found.doubt not in found.why else ""
    return (*found.warnings, *((doubt,) if doubt else ()))
