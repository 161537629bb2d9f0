"""Amounts: from decimals in major units to whole minor units, rounded once, half to even."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.kernel.money import CURRENCIES, exponent

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PATTERN = f"^(?:{'|'.join(sorted(CURRENCIES))})$"
_WIDE = "decimal(38, 9)"
_HALF_WIDE = "decimal(19, 6)"  # a product of two fills a decimal of 38 digits
_UNUSUAL = {places: sorted(c for c in CURRENCIES if exponent(c) == places) for places in (0, 3)}


def is_code(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a text is the code of a currency.

    A pattern, as engines make a join of a long list of values, after which rows of a file no longer come in its order.
    """
    return text.re_search(_PATTERN)


def minor(amount: ir.DecimalValue, currency: str | ir.StringValue) -> ir.IntegerValue:
    """An amount in minor units of its currency.

    Args:
        amount: decimal, major units.
        currency: ISO 4217 code, one for all rows or a column.
    """
    if isinstance(currency, str):
        return _rounded(amount, exponent(currency))
    cases = [(currency.isin(codes), _rounded(amount, places)) for places, codes in _UNUSUAL.items()]
    return ibis.cases(*cases, else_=_rounded(amount, 2))


def minor_of_product(price: ir.DecimalValue, quantity: ir.DecimalValue, currency: str | ir.StringValue) -> ir.IntegerValue:
    """The amount of so many units at a price, in minor units: multiplied exactly, then rounded once.

    Args:
        price: decimal(18, 6), major units, below a hundred million.
        quantity: decimal(18, 3), below ten million.
        currency: ISO 4217 code, one for all rows or a column.
    """
    rounded = minor((price.cast(_HALF_WIDE) * quantity.cast(_HALF_WIDE)).cast(_WIDE), currency)
    if not isinstance(currency, str):
        return rounded
    # Most prices are whole minor units and most quantities whole: then integers do, at a fraction of the time.
    places = exponent(currency)
    whole_price, units = price.cast(f"decimal(18, {places})"), quantity.cast("int64")
    is_whole = (whole_price.cast("decimal(18, 6)") == price) & (units.cast("decimal(18, 3)") == quantity)
    return ibis.ifelse(is_whole, (whole_price * (10**places)).cast("int64") * units, rounded)


def minor_or_zero(amount: ir.DecimalValue, currency: str | ir.StringValue) -> ir.IntegerValue:
    """An amount in minor units; 0 where it is not known."""
    return ibis.coalesce(minor(amount, currency), ibis.literal(0, type="int64"))


def per_unit(amount: ir.DecimalValue, quantity: ir.DecimalValue) -> ir.DecimalValue:
    """An amount of a line divided by its units; of the line itself where there are none."""
    units = ibis.ifelse(quantity == 0, ibis.null("float64"), quantity.cast("float64"))
    return ibis.coalesce((amount.cast("float64") / units).round(6).cast("decimal(18, 6)"), amount)


def _rounded(amount: ir.DecimalValue, places: int) -> ir.IntegerValue:
    """Engines round decimals half away from zero; a tie is taken back by one when that made it odd."""
    exact = amount.cast(_WIDE)
    near = exact.cast(f"decimal(38, {places})")
    whole = (near * (10**places)).cast("int64")
    half = ibis.literal(f"0.{'0' * places}5").cast(_WIDE)
    is_tie = (exact - near.cast(_WIDE)).abs() == half
    back = ibis.ifelse(exact < 0, ibis.literal(-1, type="int64"), ibis.literal(1, type="int64"))
    return ibis.ifelse(is_tie & (whole % 2 != 0), whole - back, whole).cast("int64")
