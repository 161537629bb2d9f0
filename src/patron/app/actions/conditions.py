"""Conditions that are not saved: who would meet them, and what that would mean in money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.segments import Members, Paging, page
from patron.app.answers import last_answers, waits_for
from patron.kernel.errors import InputError
from patron.kernel.money import Money
from patron.runtime.pipeline import population
from patron.segments.check import checked
from patron.segments.definition import condition_of
from patron.segments.plan import Plan

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.kernel.problems import Problem

_SLUG = "preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would meet a condition as of the last refresh."""

    where: str
    members: Members
    customers: int
    net_revenue: Money
    warnings: tuple[Problem, ...]

    @property
    def share(self) -> float:
        """The share of all customers."""
        return self.members.total / self.customers if self.customers else 0.0

    def as_json(self) -> dict[str, object]:
        """For programs."""
        listed = self.members.as_json()
        return {
            "where": self.where,
            "as_of": listed["as_of"],
            "members": self.members.total,
            "share": self.share,
            "net_revenue": self.net_revenue.as_json(),
            "warnings": [str(w) for w in self.warnings],
            "sample": listed["customers"],
        }


def preview(project: Project, where: str, paging: Paging) -> Preview:
    """Who would meet a condition, without saving it.

    Raises:
        InputError: the condition cannot be read, with everything that is wrong; or it waits for facts.
    """
    answers = last_answers(project)
    rows, warnings = _met(project, answers, where)
    sums = project.store.query(rows.aggregate(n=rows.count(), revenue=rows.net_revenue.sum())).to_pylist()[0]
    members = page(project, answers, rows, paging, total=sums["n"])
    return Preview(where, members, answers.customers, Money.from_minor(sums["revenue"] or 0, project.shop.currency), warnings)


def condition_rows(project: Project, answers: Answers, where: str) -> ir.Table:
    """The features of the customers who meet a condition.

    Raises:
        InputError: the condition cannot be read, with everything that is wrong; or it waits for facts.
    """
    return _met(project, answers, where)[0]


def _met(project: Project, answers: Answers, where: str) -> tuple[ir.Table, tuple[Problem, ...]]:
    catalog = project.definitions.catalog
    known = project.definitions.segments.definitions
    found = checked([*known, condition_of(where, slug=_SLUG)], catalog).only([_SLUG])
    plan = Plan(found, catalog, project.facts(answers.as_of), terms_name="preview_terms")
    lacks = plan.waiting.get(_SLUG)
    if lacks:
        raise InputError(f"The condition {waits_for(lacks)}")
    flags = plan.memberships(population(project.store, plan, temporary=True))
    ids = flags.filter(flags[_SLUG]).select("customer_id")
    return answers.features.semi_join(ids, "customer_id"), found.warnings.get(_SLUG, ())
