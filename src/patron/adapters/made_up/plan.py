"""How large a made-up shop is, and when it lives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from patron.adapters.made_up.dice import Dice, instant
from patron.kernel.errors import InputError
from patron.kernel.money import Currency, exponent
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400_000
DAYS = 1_096
YEAR = 365.25 * DAY
CATEGORIES = (
    "Kitchen", "Garden", "Home decoration", "Toys", "Stationery", "Lighting", "Bath", "Bags", "Candles", "Textiles", "Furniture", "Gifts",
)  # fmt: skip
_HOMES = {"GBP": "GB", "USD": "US", "EUR": "DE", "CZK": "CZ", "PLN": "PL", "JPY": "JP", "AUD": "AU", "CAD": "CA"}
_EVENTS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Proportions:
    """How much of everything there is, on average.

    Attributes:
        orders: orders for each customer, those who never order counted.
        lines: lines in an order.
        messages: messages for each customer.
        events: events on the site for each customer.
        whale: the share of all events that one customer makes.
    """

    orders: float = 5.0
    lines: float = 3.0
    messages: float = 20.0
    events: float = 100.0
    whale: float = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """One made-up shop to be filled.

    Attributes:
        customers: how many people are known.
        seed: from which everything is drawn.
        ends_at: the first instant of which nothing is known.
        currency: of all amounts.
        much: how much of everything.
    """

    customers: int
    seed: int
    ends_at: datetime
    currency: Currency
    much: Proportions = field(default_factory=Proportions)

    def __post_init__(self) -> None:
        """Refuse a shop without customers."""
        if self.customers < 1:
            raise InputError("A made-up shop needs customers.", [Problem("customers", str(self.customers), "at least 1")])

    @property
    def dice(self) -> Dice:
        """The draws of this shop."""
        return Dice(self.seed)

    @property
    def end(self) -> int:
        """`ends_at` in milliseconds since 1970."""
        return round(self.ends_at.astimezone(UTC).timestamp() * 1000)

    @property
    def learned(self) -> str:
        """`ends_at` as SQL: all of it is learned at once, as from the export of a shop."""
        return instant(str(self.end))

    @property
    def start(self) -> int:
        """When the shop opened, in milliseconds since 1970."""
        return self.end - DAYS * DAY

    @property
    def season(self) -> int:
        """The height of the last season, the first of December, in milliseconds since 1970."""
        last = self.ends_at.astimezone(UTC) - timedelta(days=DAYS)
        return round(datetime(last.year, 12, 1, tzinfo=UTC).timestamp() * 1000)

    @property
    def home(self) -> str:
        """The country in which the shop sells most."""
        return _HOMES.get(self.currency, "GB")

    @property
    def major(self) -> float:
        """Minor units in a unit of the currency."""
        return float(10 ** exponent(self.currency))

    @property
    def ranks(self) -> int:
        """Products in a category: an even number; every second one is there from the start."""
        return 2 * max(10, min(850, math.isqrt(self.customers)))

    @property
    def whale(self) -> int:
        """The number of the person who makes far more events than anybody else; early, so that there is time for them."""
        return self.customers // 50

    @property
    def whale_visits(self) -> int:
        """How often the whale comes."""
        return round(self.customers * self.much.events * self.much.whale / 8)

    @property
    def tracked(self) -> float:
        """The share of online orders whose visit the site saw; less in a shop with few events."""
        return min(0.58, 0.075 * self.much.events / self.much.orders) if self.much.orders else 0.0

    def spans(self) -> Iterator[tuple[int, int]]:
        """Successive spans of time, each small enough to be sorted in memory, in milliseconds since 1970."""
        count = max(1, math.ceil(self.customers * max(self.much.events, 4 * self.much.orders) / _EVENTS_AT_ONCE))
        edges = [self.start + round((self.end - self.start) * k / count) for k in range(count + 1)]
        edges[0] -= DAY  # a visit begins before the order that it leads to
        yield from pairwise(edges)
