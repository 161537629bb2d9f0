"""What an answer depends on besides facts: the shop's currency, calendar, home and costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from patron.kernel.money import Currency
from patron.kernel.time import Calendar


@dataclass(frozen=True, slots=True)
class Shop:
    """The owner's statements about the shop; all come from `patron.toml`.

    Attributes:
        name: the shop's name.
        currency: the currency in which all answers about money are given.
        calendar: zone and week of the shop.
        country: ISO 3166 code of the shop's home.
        margin_rate: contribution margin as a share of net revenue where costs are not known; None when the owner has not said.
        delivery_cost: cost of delivering and packing an order, minor units.
        payment_rate: payment cost as a share of an order's total.
    """

    name: str = "My shop"
    currency: Currency = field(default=Currency("EUR"))
    calendar: Calendar = field(default_factory=Calendar)
    country: str = ""
    margin_rate: float | None = None
    delivery_cost: int = 0
    payment_rate: float = 0.0
