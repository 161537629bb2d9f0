"""Heat maps of cohorts: who comes back, and what they bring over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.web.report.figure import Cell, Figure, Table, heat
from patron.web.report.words import count, money, month, month_and_year, of_hundred, ordinal, short_money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.measurement.report import CohortCell, CohortRow

_ROWS, _LATER = 24, 12
_AFTER = 3  # months after the first order that the sentence speaks of
_FEW = 5  # people: a share of fewer is not spoken of and sets no colour


def retention(given: Sequence[CohortRow]) -> Figure:
    """Of each month's new customers, the share that bought in each later month."""
    shown = given[-_ROWS:]
    later = max(min(len(c.cells) - 1, _LATER) for c in shown)
    highest = max((cell.share for c in shown if c.size >= _FEW for cell in c.cells[1 : later + 1]), default=0.0)
    rows: list[tuple[Cell | str, ...]] = []
    for c in shown:
        cells = [heat(of_hundred(cell.share), cell.share, highest) for cell in c.cells[1 : later + 1]]
        rows.append((month_and_year(c.month), count(c.size), *cells, *[Cell("")] * (later - len(cells))))
    columns = ("First order in", ">New customers", *(f">{k}" for k in range(1, later + 1)))
    return Figure(
        "retention",
        "Who comes back",
        _retention_caption(given),
        shown=(Table("Of 100 new customers, how many bought in each later month", columns, tuple(rows), "heat"),),
        note=(
            "Each row is the customers whose first order was in that month; each number says how many of 100 of them bought in the 1st, "
            "2nd, 3rd … month after it. Months that are not over are left empty."
        ),
    )


def _retention_caption(given: Sequence[CohortRow]) -> str:
    fitting = [c for c in given if len(c.cells) > _AFTER and c.size >= _FEW]
    if fitting:
        chosen, k = fitting[-1], _AFTER
    else:
        chosen = max(given, key=lambda c: len(c.cells))
        k = len(chosen.cells) - 1
    cell = chosen.cells[k]
    within = "the month after" if k == 1 else f"the {k} months after"
    return f"Of 100 customers whose first order was in {month(chosen.month)}, {of_hundred(cell.came_back_share)} bought again in {within}."


def value(given: Sequence[CohortRow]) -> Figure:
    """What each month's new customers have brought per head, adding up month after month."""
    shown = given[-_ROWS:]
    later = max(min(len(c.cells) - 1, _LATER) for c in shown)
    highest = max((_each(cell) for c in shown if c.size >= _FEW for cell in _upto(c, later)), default=0.0)
    rows: list[tuple[Cell | str, ...]] = []
    for c in shown:
        cells = [heat(short_money(x.net_revenue_per_customer), _each(x), highest) for x in _upto(c, later)]
        rows.append((month_and_year(c.month), count(c.size), *cells, *[Cell("")] * (later + 1 - len(cells))))
    columns = ("First order in", ">New customers", ">same month", *(f">+{k}" for k in range(1, later + 1)))
    return Figure(
        "cohort-value",
        "What they bring over time",
        _value_caption(given),
        shown=(Table("Net revenue per new customer, adding up month after month", columns, tuple(rows), "heat"),),
        note="Net revenue per customer of the row, from the first order to the end of that month. Customers who left count as well.",
    )


def _upto(cohort: CohortRow, later: int) -> tuple[CohortCell, ...]:
    return cohort.cells[: later + 1]


def _value_caption(given: Sequence[CohortRow]) -> str:
    oldest = next((c for c in given if c.size >= _FEW and len(c.cells) > 1), given[0])
    last = oldest.cells[min(len(oldest.cells) - 1, _LATER)]
    begun, now = oldest.cells[0].net_revenue_per_customer, last.net_revenue_per_customer
    return (
        f"A customer who first bought in {month(oldest.month)} brought {money(begun)} in that month and {money(now)} "
        f"by the end of the {ordinal(last.month)} month after it."
    )


def _each(cell: CohortCell) -> float:
    """Grows with the amount, less and less: one rich cohort does not leave the others pale."""
    return math.sqrt(max(float(cell.net_revenue_per_customer.amount), 0.0))
