"""The filter of a feature of the shop's own, read from `where = { column = value, column = [a, b], column = { min = 10 } }`."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import ibis

from patron.features.own_tables import Test
from patron.features.values import number
from patron.kernel.money import exponent
from patron.kernel.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.own_tables import Source
    from patron.kernel.tables import Kind

_BOUNDS = ("min", "above", "max", "below")
_HOWS = (*_BOUNDS, "not")
_NUMBERS = frozenset({"count", "number", "quantity", "price", "money", "share"})
_EXPECTED: Mapping[str, str] = {"text": "a text in quotes", "flag": "true or false"}


def tests(told: object, source: Source, where: str, problems: list[Problem]) -> tuple[Test, ...]:
    """The tests that the filter holds; what is wrong with it is added to the problems."""
    if not isinstance(told, dict):
        problems.append(Problem(where, str(told), "columns and what they must be, such as { category = 'Tea' }"))
        return ()
    found: list[Test] = []
    kinds = source.kinds()
    for column, wanted in told.items():
        place = f"{where}.{column}"
        if column not in kinds:
            problems.append(Problem(place, column, f"a column of {source.table.name}", did_you_mean(column, kinds)))
        else:
            found += _of_column(column, wanted, kinds[column], place, problems)
    return tuple(found)


def holds(rows: ir.Table, asked: tuple[Test, ...], source: Source, facts: Facts) -> ir.BooleanValue:
    """Whether a row meets all tests; a column that is unknown meets none but `not`."""
    kinds = source.kinds()
    return reduce(and_, [_holds(rows[test.column], test, kinds[test.column], facts) for test in asked], ibis.literal(True))


def _of_column(column: str, wanted: object, kind: Kind, place: str, problems: list[Problem]) -> list[Test]:
    by_how = wanted if isinstance(wanted, dict) else {"is": wanted}
    found = []
    for how, value in by_how.items():
        values = tuple(value) if isinstance(value, list) else (value,)
        if isinstance(wanted, dict) and how not in _HOWS:
            problems.append(Problem(f"{place}.{how}", how, f"one of {', '.join(_HOWS)}", did_you_mean(how, _HOWS)))
        elif how in _BOUNDS and (kind not in _NUMBERS or len(values) != 1):
            problems.append(Problem(f"{place}.{how}", str(value), "one number, for a column of numbers"))
        elif not values or not all(_fits(v, kind) for v in values):
            expected = _EXPECTED.get(kind, "a number" if kind in _NUMBERS else "a column of texts, numbers or flags")
            problems.append(Problem(place, str(value), expected))
        else:
            found.append(Test(column, how, values))
    return found


def _fits(value: object, kind: Kind) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "text":
        return isinstance(value, str)
    return kind in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool)


def _holds(column: ir.Value, test: Test, kind: Kind, facts: Facts) -> ir.BooleanValue:
    if kind in _NUMBERS:
        # Amounts are written as people say them, 12.50, and kept in minor units.
        scale = 10 ** exponent(facts.shop.currency) if kind == "money" else 1
        values = [number(float(Decimal(str(v)) * scale)) for v in test.values]
        column = column.cast("float64")
    else:
        values = [ibis.literal(v) for v in test.values]
    first = values[0]
    match test.how:
        case "min":
            found = column >= first
        case "above":
            found = column > first
        case "max":
            found = column <= first
        case "below":
            found = column < first
        case "not":
            return ~ibis.coalesce(column.isin(values), False)
        case _:
            found = column.isin(values)
    return ibis.coalesce(found, False)
