"""Features, memberships and facts as files that other programs read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from patron.app.actions.refreshing import facts_at
from patron.app.answers import last_answers
from patron.facts import tables as t
from patron.facts.sessions import sessions
from patron.facts.touches import touches
from patron.kernel.errors import InputError
from patron.kernel.money import exponent
from patron.kernel.problems import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir

    from patron.app.project import Project

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written."""

    file: Path
    rows: int

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"file": str(self.file), "rows": self.rows}


def export_features(project: Project, file: Path) -> Written:
    """Every feature of every customer; money in major units, exact."""
    return _written(project, _with_numbers(_readable(project, last_answers(project).features)), file)


def export_members(project: Project, slug: str, file: Path) -> Written:
    """Every feature of every member of a segment; the same rows that the segment shows."""
    return _written(project, _with_numbers(_readable(project, last_answers(project).members(slug))), file)


def export_memberships(project: Project, file: Path) -> Written:
    """Who is in which segment: a column of true and false a segment."""
    answers = last_answers(project)
    flags = {slug: answers.is_member(answers.bits, slug) for slug in answers.slots}
    return _written(project, _with_numbers(answers.bits.select("customer_id", **flags)), file)


VISITS = {"sessions": (sessions, ("started_at", "session_id")), "touches": (touches, ("position",))}
"""What is worked out of the events of an instant, and the columns that order a customer's rows."""


def export_visits(project: Project, what: str, file: Path, *, as_of: str = "") -> Written:
    """Every session or touch of every customer before an instant, or now; amounts in minor units of the currency beside them.

    Args:
        project: it.
        what: a key of `VISITS`.
        file: where to.
        as_of: the instant; now if empty.

    Raises:
        InputError: the instant cannot be read, or nothing was loaded yet.
    """
    relation, then = VISITS[what]
    return _written(project, _with_numbers(relation(facts_at(project, as_of)), then=then), file)


def export_facts(project: Project, table: str, file: Path) -> Written:
    """One table of facts as it is stored: amounts in minor units of the currency beside them.

    Raises:
        InputError: there is no such table; the nearest is named.
    """
    known = {f.name: f for f in t.FACTS}
    if table not in known:
        hint = did_you_mean(table, (*known, *VISITS, "features", "memberships"))
        raise InputError(f"There is no table of facts {table!r}. {hint.capitalize()}".rstrip())
    return _written(project, known[table].unbound(), file)


def _written(project: Project, rows: ir.Table, file: Path) -> Written:
    guarded = _guarded(rows) if file.suffix.lower() == ".csv" else rows
    return Written(file, project.store.write(guarded, file))


def _readable(project: Project, features: ir.Table) -> ir.Table:
    """The features that people see, money in major units."""
    digits = exponent(project.shop.currency)
    exact = f"decimal(18, {digits})"
    unit = ibis.literal(Decimal(1).scaleb(-digits), exact)
    columns: dict[str, ir.Value] = {"customer_id": features.customer_id}
    for feature in project.definitions.catalog.visible():
        value = features[feature.name]
        if feature.kind == "money":
            value = (value.cast(exact) * unit).cast(exact)
        elif feature.kind == "mean_money":
            value = value / float(10**digits)
        columns[feature.name] = value
    return features.select(**columns)


def _with_numbers(rows: ir.Table, *, then: tuple[str, ...] = ()) -> ir.Table:
    numbers = t.CUSTOMERS.unbound().select("customer_id", "customer_number")
    both = rows.left_join(numbers, "customer_id")
    return both.select("customer_id", "customer_number", *[c for c in rows.columns if c != "customer_id"]).order_by("customer_id", *then)


def _guarded(rows: ir.Table) -> ir.Table:
    """Rows in which no text is read as a formula by a spreadsheet: an apostrophe stands before it."""
    texts = [c for c, kind in rows.schema().items() if kind.is_string()]

    def guarded(value: ir.StringValue) -> ir.Value:
        return ibis.ifelse(value.substr(0, 1).isin(_FORMULA), ibis.literal("'") + value, value)

    return rows.mutate(**{c: guarded(rows[c]) for c in texts})
