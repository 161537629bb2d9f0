from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.kernel.money import CURRENCIES, Currency, Money, currency, exponent

GBP, JPY = Currency("GBP"), Currency("JPY")


def test_minor_units_become_exact_amounts() -> None:
    assert Money.from_minor(830006581, GBP).as_json() == {"amount": "8300065.81", "currency": "GBP"}
    assert Money.from_minor(1500, JPY).as_json() == {"amount": "1500", "currency": "JPY"}


def test_fraction_of_a_minor_unit_rounds_half_to_even() -> None:
    assert Money.from_minor(0.5, GBP).minor == 0
    assert Money.from_minor(1.5, GBP).minor == 2
    assert Money(Decimal("2.345"), GBP).minor == 234


def test_two_currencies_cannot_be_added() -> None:
    with pytest.raises(InputError, match="two currencies"):
        Money(Decimal(1), GBP) + Money(Decimal(1), JPY)


def test_currency_is_read_whatever_its_case_and_the_nearest_is_named() -> None:
    assert currency(" gbp ") == "GBP"
    with pytest.raises(InputError, match="did you mean 'EUR'"):
        currency("EURO")


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_minor_units_survive_the_way_there_and_back(minor: int, code: str) -> None:
    money = Money.from_minor(minor, Currency(code))
    assert money.minor == minor
    assert -money.amount.as_tuple().exponent == exponent(code) or minor == 0  # type: ignore[operator]
