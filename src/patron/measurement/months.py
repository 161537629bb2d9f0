"""Calendar months as whole numbers, so that "the third month after" is a subtraction on every engine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from patron.kernel.time import local_date

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.kernel.time import Calendar


def month_of(instant: ir.TimestampValue, calendar: Calendar) -> ir.IntegerValue:
    """The number of the shop's month that an instant falls in: twelve for each year, one for each month."""
    day = local_date(instant, calendar)
    return day.year().cast("int64") * 12 + day.month().cast("int64") - 1


def number_of(day: date) -> int:
    """The number of a day's month.

    >>> number_of(date(2011, 3, 31)) - number_of(date(2010, 12, 1))
    3
    """
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The day on which a month begins."""
    return date(month // 12, month % 12 + 1, 1)


def last_complete(as_of: datetime, calendar: Calendar) -> int:
    """The latest month that was over at an instant; a month is over when the next one has begun."""
    return number_of(calendar.day_of(as_of)) - 1
