"""Values of features as programs and people see them: money in major units, instants in ISO 8601, shares as they are."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from patron.kernel.ids import shown
from patron.kernel.money import Money
from patron.kernel.time import iso

if TYPE_CHECKING:
    from patron.kernel.money import Currency
    from patron.kernel.tables import Kind

UNKNOWN = "unknown"


def as_json(kind: Kind, value: object, currency: Currency) -> object:
    """A value for programs: money as {"amount", "currency"}, unknown as null."""
    if value is None:
        return None
    if kind in {"money", "mean_money"} and isinstance(value, (int, float)):
        return Money.from_minor(value, currency).as_json()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value


def as_text(kind: Kind, value: object, currency: Currency) -> str:
    """A value for people."""
    if value is None:
        return UNKNOWN
    if kind in {"money", "mean_money"} and isinstance(value, (int, float)):
        return str(Money.from_minor(value, currency))
    if kind == "share" and isinstance(value, float):
        return f"{100 * value:.1f} %"
    return _plain(value)


def _plain(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case float() | Decimal():
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def customer_text(customer_id: int) -> str:
    """A customer's id as it is shown."""
    return shown("cus", customer_id)
