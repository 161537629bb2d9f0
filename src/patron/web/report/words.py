"""Numbers, money, dates and names as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from patron.collect.places import NAMES
from patron.kernel.money import Money, exponent
from patron.measurement.rfm import SILENT

if TYPE_CHECKING:
    from datetime import date

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"

_SIGNS = {"GBP": "\N{POUND SIGN}", "EUR": "\N{EURO SIGN}", "USD": "$", "JPY": "\N{YEN SIGN}", "INR": "\N{INDIAN RUPEE SIGN}"}
_MONTHS = "January February March April May June July August September October November December".split()
_SCALES = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(1000), "k"))
_SMALL = 100  # from there on, the minor unit is noise
_FEW = 10  # the same on an axis

GROUPS = {
    "champions": "Champions",
    "loyal": "Loyal",
    "potential_loyalists": "Potential loyalists",
    "new_customers": "New customers",
    "promising": "Promising",
    "needs_attention": "Needs attention",
    "about_to_sleep": "About to sleep",
    "at_risk": "At risk",
    "cannot_lose": "Cannot lose",
    "hibernating": "Hibernating",
    "lost": "Lost",
    "": "No order yet",
}
"""The eleven RFM groups, from the best to the ones that are gone."""
ACTIVE = frozenset(GROUPS) - SILENT - {""}
"""Groups of customers who still buy; the rest have fallen silent."""


def money(amount: Money | None) -> str:
    """An amount to read: with its minor unit only while it is small.

    >>> from patron.kernel.money import Currency
    >>> money(Money(Decimal("8300065.81"), Currency("GBP")))
    '£8,300,066'
    """
    if amount is None:
        return "unknown"
    places = exponent(amount.currency) if abs(amount.amount) < _SMALL and amount.amount != int(amount.amount) else 0
    return _with_sign(amount.amount, f"{abs(amount.amount):,.{places}f}", amount.currency)


def short_money(amount: Money) -> str:
    """An amount for an axis: £1.4M."""
    size = abs(amount.amount)
    for scale, letter in _SCALES:
        if size >= scale:
            places = 1 if size / scale < _SMALL else 0
            return _with_sign(amount.amount, f"{size / scale:.{places}f}".removesuffix(".0") + letter, amount.currency)
    return _with_sign(amount.amount, f"{size:,.0f}", amount.currency) if size >= _FEW else money(amount)


def count(number: float) -> str:
    """A whole number with commas."""
    return f"{number:,.0f}".replace("-", MINUS)


def things(number: int, one: str, many: str = "") -> str:
    """A number of things: 1 customer, 2 customers, no customers."""
    word = one if number == 1 else many or f"{one}s"
    return f"{count(number) if number else 'no'}{NBSP}{word}"


def percent(share: float | None) -> str:
    """A share as a percentage; small ones keep a decimal."""
    if share is None:
        return "unknown"
    hundredths = 100 * share
    text = f"{hundredths:.1f}" if 0 < abs(hundredths) < 9.95 else f"{hundredths:.0f}"
    return text.removesuffix(".0").replace("-", MINUS) + NBSP + "%"


def of_hundred(share: float) -> str:
    """A share as people out of a hundred."""
    return f"{100 * share:.0f}"


def day(on: date | None) -> str:
    """A day: 10 December 2011."""
    return f"{on.day}{NBSP}{_MONTHS[on.month - 1]}{NBSP}{on.year}" if on else "unknown"


def month(text: str) -> str:
    """A month: March 2011."""
    return f"{_MONTHS[int(text[5:]) - 1]}{NBSP}{text[:4]}"


def month_and_year(text: str) -> str:
    """A month, short: Mar 2011."""
    return f"{short_month(text)}{NBSP}{text[:4]}"


def short_month(text: str) -> str:
    """A month without its year: Mar."""
    return _MONTHS[int(text[5:]) - 1][:3]


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    last = "th" if n % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{last}"


def group(name: str) -> str:
    """An RFM group's name."""
    return GROUPS.get(name, name.replace("_", " ").capitalize())


def country(code: str) -> str:
    """A country's name from its code; what is no code stays as it is.

    >>> country("IM")
    'Isle of Man'
    """
    names = NAMES.get(code)
    small = {"and", "of", "the"}
    return " ".join(w if w in small else w.title() for w in names[0].split()) if names else code


def shortened(text: str, letters: int) -> str:
    """A text that fits; what is cut off is marked."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _with_sign(amount: Decimal, digits: str, currency: str) -> str:
    minus = MINUS if amount < 0 and any(d in "123456789" for d in digits) else ""
    sign = _SIGNS.get(currency)
    return f"{minus}{sign}{digits}" if sign else f"{minus}{digits}{NBSP}{currency}"
