"""Time: instants are aware and in UTC; in tables they are UTC without a zone; spans are half-open, [begin, end).

Engines disagree on what a difference in days is and on what a local day is, so both have their one home here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, available_timezones

import ibis

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

if TYPE_CHECKING:
    import ibis.expr.types as ir

type_of_instant = "timestamp(6)"
SECONDS_PER_DAY = 86_400
MICROSECOND = ibis.interval(microseconds=1)
"""Between an instant and the next one that there is."""
LONGEST = timedelta(days=36_500)
"""A span is a hundred years at most."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_FIRST_YEAR, _LAST_YEAR = 1_000, 9_000  # no span from an instant of theirs ends beyond what there is
_SPAN = re.compile(r"\s*(\d{1,12})\s*(second|minute|hour|day|week)s?\s*", re.IGNORECASE)
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": SECONDS_PER_DAY, "week": 7 * SECONDS_PER_DAY}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The shop's calendar: days, weeks and hours of people are those of its zone."""

    zone: str = "UTC"
    week_starts: Weekday = "monday"

    def __post_init__(self) -> None:
        """Refuse a zone that the time zone database does not have."""
        if self.zone not in available_timezones():
            hint = did_you_mean(self.zone, available_timezones())
            raise InputError("The time zone is not known.", [Problem("time_zone", self.zone, "a name such as Europe/London", hint)])

    def midnight(self, day: date) -> datetime:
        """The instant at which a day begins in the shop."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def day_of(self, instant: datetime) -> date:
        """The shop's day that an instant falls on."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def next_midnight(self, instant: datetime) -> datetime:
        """When the day of an instant ends."""
        return self.midnight(self.day_of(instant) + timedelta(days=1))

    def mark(self, instant: datetime) -> datetime:
        """One instant for all of a day: its midnight for that alone, else the first thereafter. What asks only for days answers alike."""
        midnight = self.midnight(self.day_of(instant))
        return midnight if instant == midnight else midnight + timedelta(microseconds=1)


def parse_instant(text: str, calendar: Calendar, *, where: str = "as of") -> datetime:
    """An instant from ISO 8601 text; a bare date is the beginning of that day in the shop, a time without zone is the shop's.

    Raises:
        InputError: the text is no date or time, or one with which no calendar reckons.
    """
    expected = "a date or time such as 2011-12-10 or 2011-12-10T12:30Z"
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError("The time cannot be read.", [Problem(where, text, expected)]) from None
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise InputError("The time cannot be used.", [Problem(where, text, f"{expected}, of the years {_FIRST_YEAR} to {_LAST_YEAR}")])
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(calendar.zone))).astimezone(UTC)


def parse_span(text: str, *, where: str = "span") -> timedelta:
    """A length of time from words such as "7 days" or "1 hour".

    Raises:
        InputError: the text is no span, or a longer one than `LONGEST`; months and years are refused because their length varies.
    """
    read = _SPAN.fullmatch(text)
    seconds = int(read[1]) * _UNITS[read[2].lower()] if read else None
    if seconds is None or seconds > LONGEST.total_seconds():
        expected = "a span such as '7 days', '90 minutes' or '1 week', up to 100 years"
        raise InputError("The length of time cannot be read.", [Problem(where, text, expected)])
    return timedelta(seconds=seconds)


def iso(instant: datetime) -> str:
    """An instant in ISO 8601 with `Z`, for JSON; naive instants from tables are UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_utc(instant: datetime) -> datetime:
    """An instant as tables hold it: in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def literal(instant: datetime) -> ir.TimestampValue:
    """An instant as a literal of tables: UTC without a zone, to the microsecond."""
    return ibis.literal(in_utc(instant), type=type_of_instant)


def seconds_between(later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.IntegerValue:
    """Whole seconds from `earlier` to `later`, the same on every engine."""
    return _second(later) - _second(earlier)


def days_between(later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.FloatingValue:
    """Days of 86,400 seconds from `earlier` to `later`, with their fraction."""
    return seconds_between(later, earlier).cast("float64") / ibis.literal(float(SECONDS_PER_DAY))


@ibis.udf.scalar.builtin(signature=(("timestamp", "string"), "timestamp"))
def from_utc_timestamp(instant, zone):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The wall-clock time in a zone of an instant in UTC. Spark has this function; other engines are given it by their adapter."""


@ibis.udf.scalar.builtin(signature=(("timestamp", "string"), "timestamp"))
def to_utc_timestamp(wall, zone):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The instant in UTC at which a zone's clock shows this. Spark has this function; other engines are given it by their adapter."""


@ibis.udf.scalar.builtin(signature=((), "timestamp(6)"))
def moment():  # type: ignore[no-untyped-def]  # noqa: ANN201
    """The instant that a store was told answers are for (`ports.engine.Store.tell`), so that one statement serves every tick of a day."""


def local_time(instant: ir.TimestampValue, calendar: Calendar) -> ir.TimestampValue:
    """What the shop's clock shows at an instant."""
    return instant if calendar.zone == "UTC" else from_utc_timestamp(instant, calendar.zone)


def local_date(instant: ir.TimestampValue, calendar: Calendar) -> ir.DateValue:
    """The shop's day that an instant falls on."""
    return local_time(instant, calendar).date()


def dates_between(later: ir.DateValue, earlier: ir.DateValue) -> ir.IntegerValue:
    """Whole days from one date to another."""
    return later.delta(earlier, unit="day").cast("int64")


def _second(instant: ir.TimestampValue) -> ir.IntegerValue:
    # Cut first: given a fraction, one engine rounds to the nearest second and another cuts.
    return instant.truncate("s").epoch_seconds().cast("int64")
