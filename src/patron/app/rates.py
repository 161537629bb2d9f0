"""Amounts in currencies that no rate converts into the shop's: they count for nothing, and whoever has such must be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    import ibis.expr.types as ir

    from patron.app.project import Project
    from patron.kernel.tables import Table


def orders_without_rates(project: Project, currencies: Collection[str]) -> list[Problem]:
    """The currencies of orders, of these, that no rate converts from the first such order on."""
    return _missing(project, t.ORDERS, "ordered_at", currencies)


def spend_without_rates(project: Project, currencies: Collection[str]) -> list[Problem]:
    """The same of advertising cost."""
    return _missing(project, t.SPEND, "starts_on", currencies)


def without_rates(project: Project) -> list[Problem]:
    """The same of all that the project holds."""
    currencies = project.facts(project.clock.now()).currencies
    return [*orders_without_rates(project, currencies), *spend_without_rates(project, currencies)]


def _missing(project: Project, table: Table, happened: str, currencies: Collection[str]) -> list[Problem]:
    problems = []
    for code in sorted(currencies):
        rows, rates = table.unbound(), t.RATES.unbound()
        first = _first(project, rows.filter(rows.currency == code).aggregate(first=rows[happened].min().cast("date")))
        rated = _first(project, rates.filter(rates.currency == code).aggregate(first=rates.starts_on.min()))
        if first is not None and (rated is None or rated > first):
            found = f"rates from {rated} on" if rated else "no rate"
            problems.append(Problem(f"{table.name} in {code}", found, f"a rate from {first} on", "load them with `patron load rates FILE`"))
    return problems


def _first(project: Project, row: ir.Table) -> date | None:
    found: date | None = project.store.query(row).column("first")[0].as_py()
    return found
