"""Money: exact amounts in one currency.

In tables money is a whole number of minor units (pence, cents) in a 64-bit integer; in Python it is a `Money`. An amount is rounded
once, at the edge, half to even.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NewType

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

Currency = NewType("Currency", str)

# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0),
    **dict.fromkeys(("BHD IQD JOD KWD LYD OMR TND").split(), 3),
}
_HUNDREDTHS = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
        "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
        "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
        "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
        "TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
    ).split()
)
CURRENCIES: frozenset[str] = _HUNDREDTHS | frozenset(_EXPONENTS)


def currency(code: str, *, where: str = "currency") -> Currency:
    """The currency with an ISO 4217 code, whatever its case.

    Raises:
        InputError: no such currency.
    """
    folded = code.strip().upper()
    if folded not in CURRENCIES:
        problem = Problem(where, code, "an ISO 4217 currency code such as EUR", did_you_mean(folded, CURRENCIES))
        raise InputError("The currency is not known.", [problem])
    return Currency(folded)


def exponent(of: Currency | str) -> int:
    """How many decimals the currency's minor unit has: 2 for EUR, 0 for JPY."""
    return _EXPONENTS.get(of, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency.

    >>> Money.from_minor(830006581, Currency("GBP"))
    Money(amount=Decimal('8300065.81'), currency='GBP')
    """

    amount: Decimal
    currency: Currency

    @classmethod
    def from_minor(cls, minor: float | Decimal, of: Currency) -> Money:
        """Money from minor units; a fraction of a minor unit (a mean, say) is rounded half to even."""
        whole = Decimal(minor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return cls(whole.scaleb(-exponent(of)), of)

    @property
    def minor(self) -> int:
        """The amount in whole minor units, rounded half to even."""
        return int(self.amount.scaleb(exponent(self.currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    def __add__(self, other: Money) -> Money:
        """The sum of two amounts of the same currency."""
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        """The difference of two amounts of the same currency."""
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __str__(self) -> str:
        """For people: 8,300,065.81 GBP."""
        return f"{self.amount:,.{exponent(self.currency)}f} {self.currency}"

    def as_json(self) -> dict[str, str]:
        """For machines: the amount as text, so that no reader turns it into a float."""
        return {"amount": f"{self.amount:.{exponent(self.currency)}f}", "currency": self.currency}

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            problem = Problem("currency", other.currency, self.currency, "convert with a dated rate first")
            raise InputError("Amounts of two currencies cannot be added.", [problem])
