"""Running the expressions of a report: rows as plain values, amounts as money of the shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patron.kernel.money import Currency, Money
from patron.measurement.movements import TABLES, steps

if TYPE_CHECKING:
    from decimal import Decimal

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.ports.engine import Store


@dataclass(frozen=True, slots=True)
class Answers:
    """A store and the facts that questions to it are about."""

    store: Store
    facts: Facts

    def prepare(self) -> None:
        """Make the tables that pictures read; they are temporary."""
        for step in steps(self.facts):
            self.store.create(step.name, step.expression, temporary=True)

    def forget(self) -> None:
        """Remove what `prepare` made."""
        for table in TABLES:
            self.store.drop(table.name, temporary=True)

    def rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        """The rows of an expression."""
        return list(self.store.query(expression).to_pylist())

    def row(self, expression: ir.Table) -> dict[str, Any]:
        """The only row of an expression; sums of nothing are 0 unless the caller asks for them to be unknown."""
        return self.rows(expression)[0]

    def money(self, minor: float | Decimal | None) -> Money:
        """Minor units as money; nothing is zero."""
        return Money.from_minor(minor or 0, self.currency)

    def money_or_none(self, minor: float | Decimal | None) -> Money | None:
        """Minor units as money, unknown where they are."""
        return None if minor is None else Money.from_minor(minor, self.currency)

    def each(self, minor: float, count: int) -> Money:
        """Money per head."""
        return Money.from_minor(minor / count if count else 0, self.currency)

    @property
    def currency(self) -> Currency:
        """The shop's currency."""
        return self.facts.shop.currency


def share(part: float, whole: float) -> float | None:
    """A part of a whole, unknown when the whole is nothing."""
    return part / whole if whole else None


def month_text(number: int) -> str:
    """A month's number as text: 2011-03."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
