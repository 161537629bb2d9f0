"""Customers over time: cohorts, time between orders, the ladder, and the first purchase beside what followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patron.app.report.answers import Answers, month_text, share
from patron.features.partials.ladder import order_ladder
from patron.measurement import cohorts as cohort_rows
from patron.measurement import first_purchase, gaps, later_value
from patron.measurement.months import last_complete
from patron.measurement.report import Bringer, Bringers, CohortCell, CohortRow, FirstPurchase, FirstPurchases, GapBin, Gaps, Rung

if TYPE_CHECKING:
    from patron.features.settings import LadderSettings
    from patron.measurement.cohorts import Cohort
    from patron.measurement.later_value import By, Estimate

_SHOWN = 12
_ENOUGH = 5  # customers: below that a group of first purchases says nothing and could point at a person


def cohorts(answers: Answers) -> tuple[CohortRow, ...]:
    """The triangle of retention."""
    activity = answers.rows(cohort_rows.cohort_activity(answers.facts))
    until = last_complete(answers.facts.as_of, answers.facts.shop.calendar)
    return tuple(_cohort(answers, c) for c in cohort_rows.triangle(activity, until=until))


def _cohort(answers: Answers, cohort: Cohort) -> CohortRow:
    cells, so_far = [], 0
    for cell in cohort.cells:
        so_far += cell.net_revenue
        cells.append(
            CohortCell(
                month=cell.month,
                customers=cell.customers,
                share=cell.customers / cohort.size,
                came_back_share=cell.ever / cohort.size,
                net_revenue=answers.money(cell.net_revenue),
                net_revenue_per_customer=answers.each(so_far, cohort.size),
            )
        )
    return CohortRow(month_text(cohort.month), cohort.size, tuple(cells))


def order_gaps(answers: Answers) -> Gaps | None:
    """Time between orders; None where nobody has ordered on two days."""
    counts = {r["gap_days"]: r["gap_count"] for r in answers.rows(gaps.gaps(answers.facts))}
    if not counts:
        return None
    bins = tuple(GapBin(b.begin, b.end, b.count) for b in gaps.bins(counts))
    return Gaps(sum(counts.values()), gaps.quantile(counts, 0.5), gaps.quantile(counts, 0.8), bins)


def ladder(answers: Answers, settings: LadderSettings) -> tuple[Rung, ...]:
    """The ladder of orders."""
    rows = answers.rows(order_ladder(answers.facts, settings))
    return tuple(Rung(r["n"], r["n"] >= settings.steps, r["reached"], r["went_on"], r["p"], r["low"], r["high"]) for r in rows)


def first_purchases(answers: Answers) -> FirstPurchases | None:
    """First purchase beside realised value, in margin where it is known; None where nobody has ordered."""
    cohort = answers.rows(first_purchase.by_cohort())
    if not cohort:
        return None
    is_margin = all(r["margin"] is not None for r in cohort)
    keys = ("first_margin", "margin") if is_margin else ("first_revenue", "revenue")

    def one(label: str, row: dict[str, Any]) -> FirstPurchase:
        first, realised = (row[k] or 0 for k in keys)
        n = row["customers"]
        return FirstPurchase(label, n, answers.each(first, n), answers.each(realised, n), realised / first if first > 0 else None)

    def things(by: By) -> tuple[FirstPurchase, ...]:
        expression = first_purchase.by_thing(by=by)
        rows = answers.rows(expression.filter(expression.customers >= _ENOUGH).limit(_SHOWN))
        return tuple(one(r["label"], r) for r in rows)

    whole = {k: sum(r[k] or 0 for r in cohort) for k in ("customers", *keys)}
    return FirstPurchases(
        measure="margin" if is_margin else "net_revenue",
        all_customers=one("All customers", whole),
        cohorts=tuple(one(month_text(r["cohort"]), r) for r in cohort),
        categories=things("category"),
        products=things("product"),
    )


def bringers(answers: Answers) -> Bringers | None:
    """What first orders hold that bring the best customers; None where nobody has been known long enough."""
    days = later_value.horizon(answers.row(later_value.followed(answers.facts)))
    if days is None:
        return None
    values = later_value.later_values(answers.facts, days=days)
    whole = answers.row(
        values.aggregate(n=values.count(), total=values.later_value.sum(), returned=values.count(where=values.has_returned))
    )
    return Bringers(
        horizon_days=days,
        customers=whole["n"],
        later_value=answers.each(whole["total"], whole["n"]),
        returned_share=share(whole["returned"], whole["n"]) or 0.0,
        products=_bringers(answers, "product", days),
        categories=_bringers(answers, "category", days),
    )


def _bringers(answers: Answers, by: By, days: int) -> tuple[Bringer, ...]:
    rows = answers.rows(later_value.by_first(answers.facts, by=by, days=days))
    found = later_value.shrunk([later_value.Group(**r) for r in sorted(rows, key=lambda r: str(r["label"]))])
    return tuple(_bringer(answers, e) for e in found[:_SHOWN])


def _bringer(answers: Answers, e: Estimate) -> Bringer:
    return Bringer(e.label, e.customers, e.returned / e.customers, *(answers.money(v) for v in (e.mean, e.low, e.high)))
