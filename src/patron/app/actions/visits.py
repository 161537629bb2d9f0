"""The latest sessions and touches of one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.values import as_json
from patron.facts.sessions import SESSIONS, sessions
from patron.facts.touches import TOUCHES, touches

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.app.project import Project
    from patron.facts.as_of import Facts
    from patron.kernel.money import Currency
    from patron.kernel.tables import Column, Table

LATEST = 10
_NOT_TOLD = {"customer_id", "event_id", "currency"}  # they are the same in all rows, or nobody's name for anything

Rows = tuple["Mapping[str, object]", ...]


@dataclass(frozen=True, slots=True)
class Visits:
    """Sessions and touches, the latest first: values by the columns of `SESSIONS` and `TOUCHES`."""

    sessions: Rows
    touches: Rows

    def as_json(self, currency: Currency) -> dict[str, object]:
        """For programs."""
        return {
            "sessions": [_told(SESSIONS, row, currency) for row in self.sessions],
            "touches": [_told(TOUCHES, row, currency) for row in self.touches],
        }


def told_columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table that programs are told."""
    return tuple(c for c in table.columns if c.name not in _NOT_TOLD)


def latest_visits(project: Project, facts: Facts, customer_id: int) -> Visits:
    """The latest sessions and touches of a customer, ten of each."""
    if "events" not in facts.known:
        return Visits((), ())
    return Visits(
        _latest(project, sessions(facts, customer_id), ("started_at", "session_id")),
        _latest(project, touches(facts, customer_id), ("position",)),
    )


def _latest(project: Project, rows: ir.Table, by: tuple[str, ...]) -> Rows:
    return tuple(project.store.query(rows.order_by([rows[c].desc() for c in by]).limit(LATEST)).to_pylist())


def _told(table: Table, row: Mapping[str, object], currency: Currency) -> dict[str, object]:
    return {c.name: str(row[c.name]) if c.kind == "id" else as_json(c.kind, row[c.name], currency) for c in told_columns(table)}
