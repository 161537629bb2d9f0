"""Who and where: place, language, age."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Daily, Feature, Follows
from patron.features.values import of

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_place = partial(Feature, family="place")

_SOUTH = "AR AU BW CL FK LS MG MU MZ NA NC NZ PY RE SZ UY ZA ZW".split()
_TROPICS = (
    "AG AO AW BB BF BI BJ BN BO BR BS BZ CD CF CG CI CM CO CR CU CV CW DJ DM DO EC ER ET FJ FM GA GD GF GH GM GN GP GQ GT GU GW GY HN HT "
    "ID IN JM KE KH KI KM KN LA LC LK LR MH ML MM MQ MR MS MV MW MY NE NG NI NR PA PE PG PH PR PW RW SB SC SD SG SL SN SO SR ST SV TC TD "
    "TG TH TL TO TT TV TZ UG VC VE VI VN VU WS YE ZM"
).split()
_OLDEST = 120


def _or_last_order(column: str) -> Callable[[Inputs], ir.Value]:
    """What the profile says, else where the latest order went."""
    return lambda i: ibis.coalesce(i["customers"][column].nullif(""), i["last_orders"][column].nullif(""))


def _is_international(i: Inputs) -> ir.Value:
    home = i.facts.shop.country
    return i.feature("country") != home if home else ibis.null("boolean")


def _hemisphere(i: Inputs) -> ir.Value:
    country = i.feature("country")
    readable = country.length() == 2
    return ibis.cases((country.isin(_SOUTH), "south"), (country.isin(_TROPICS), "tropics"), (readable, "north"), else_=ibis.null("string"))


def _age(i: Inputs) -> ir.Value:
    """Whole years at the shop's day of as of."""
    today, born = i.facts.shop.calendar.day_of(i.facts.as_of), i["customers"]["birth_on"]
    had = (born.month() * 100 + born.day()) <= today.month * 100 + today.day
    years = today.year - born.year() - had.ifelse(0, 1)
    return ibis.ifelse((years >= 0) & (years <= _OLDEST), years, ibis.null("int64"))


def _days_until_birthday(i: Inputs) -> ir.Value:
    """Days from the shop's day of as of to the next birthday; 0 on it. Who was born on 29 February has it on 1 March in other years."""
    today, born = i.facts.shop.calendar.day_of(i.facts.as_of), i["customers"]["birth_on"]
    month, day = born.month(), born.day()
    ahead = [(month == m, _days_to(_next_first(today, m), today) + day - 1) for m in range(1, 13)]
    this_month = (month == today.month) & (day >= today.day)
    return ibis.cases((this_month, day - today.day), *ahead)


def _next_first(today: date, month: int) -> date:
    first = date(today.year, month, 1)
    return first if month > today.month else date(today.year + 1, month, 1)


def _days_to(day: date, today: date) -> int:
    return (day - today).days


FEATURES = (
    _place(
        name="country", kind="text", unit="country", seeds=("003-21", "000-05"),
        meaning="Country of the customer, as two letters where known; else of the latest order.",
        value=_or_last_order("country"),
    ),
    _place(
        name="region", kind="text", unit="region", seeds=("003-21",),
        meaning="State or province of the customer, else of the latest order.",
        value=_or_last_order("region"),
    ),
    _place(
        name="city", kind="text", unit="city", seeds=("003-21", "000-18"),
        meaning="City of the customer, else of the latest order.",
        value=_or_last_order("city"),
    ),
    _place(
        name="language", kind="text", unit="language", seeds=("003-08",),
        meaning="Language of the customer.",
        value=of("customers", "language"),
    ),
    _place(
        name="is_international", kind="flag", unit="yes or no", seeds=("003-21", "003-24"),
        meaning="Whether the customer lives in another country than the shop; unknown until the shop's country is set.",
        value=_is_international, changes=Follows(("country",)),
    ),
    _place(
        name="hemisphere", kind="text", unit="north, south or tropics", seeds=("003-22",),
        meaning="On which side of the equator the customer lives: seasons turn round in the south, and the tropics have none.",
        value=_hemisphere, changes=Follows(("country",)),
    ),
    _place(
        name="age_years", kind="count", unit="years", needs=("birthdays",), seeds=("003-08", "000-43"),
        meaning="Age in whole years.",
        value=_age, changes=Daily(),
    ),
    _place(
        name="gender", kind="text", unit="gender", seeds=("003-08", "000-18"),
        meaning="Gender, where the customer told it.",
        value=of("customers", "gender"),
    ),
    _place(
        name="days_until_birthday", kind="count", unit="days", needs=("birthdays",), seeds=("000-17",),
        meaning="Days to the next birthday; 0 on the day.",
        value=_days_until_birthday, changes=Daily(),
    ),
)  # fmt: skip
