"""Orders of shops as arrays: made-up ones, whose truth is known, and the real ones that came with the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from patron.predictions.choosing import Origin, origin_of_orders
from predictions.cdnow import FILE

if TYPE_CHECKING:
    from patron.predictions.histories import Floats, Integers

_DATA = Path(__file__).resolve().parents[2] / "../shared/data"


@dataclass(frozen=True)
class Shop:
    """A row per order: the customer's number, the day, and what it was worth."""

    customers: Integers
    days: Floats
    values: Floats

    def origins(self, at: list[float], horizon: float, *, with_values: bool = True) -> list[Origin]:
        """Origins of some days."""
        values = self.values if with_values else None
        return [origin_of_orders(self.customers, self.days, day, horizon, values) for day in at]


def made_up(count: int, *, seed: int, stays: float = 120.0, until: float = 500.0, first_until: float = 300.0) -> Shop:
    """Customers who come on some day, buy at rates of their own, and leave after a time that is exponential with rates of their own."""
    rng = np.random.default_rng(seed)
    born = rng.uniform(0, first_until, count)
    rate = rng.gamma(0.8, 1 / 25.0, count)
    life = rng.exponential(1.0, count) / rng.gamma(1.5, 1 / (1.5 * stays), count) if np.isfinite(stays) else np.full(count, np.inf)
    seen = np.minimum(until - born, life)
    orders = rng.poisson(rate * seen)
    who = np.repeat(np.arange(count), orders)
    days = np.concatenate([born, born[who] + rng.random(len(who)) * seen[who]])
    customers = np.concatenate([np.arange(count), who])
    worth = rng.gamma(4.0, 1.0, len(customers)) * (rng.gamma(3.0, 5.0, count))[customers]
    return Shop(customers, np.floor(days), np.round(worth, 2) + 0.01)


@cache
def cdnow() -> Shop:
    """CDNOW, days from the start of 1997."""
    rows = [line.split() for line in FILE.read_text().splitlines()]
    days = [(date(int(d[:4]), int(d[4:6]), int(d[6:])) - date(1997, 1, 1)).days for _, _, d, _, _ in rows]
    return Shop(np.array([int(r[1]) for r in rows]), np.array(days, dtype=np.float64), np.array([float(r[4]) for r in rows]))


@cache
def online_retail() -> Shop:
    """Online Retail, days from 2010-12-01; lines that are sales to known customers."""
    return _read(f"""
        SELECT CustomerID, date_diff('day', DATE '2010-12-01', InvoiceDate::DATE), sum(Quantity * UnitPrice)
        FROM '{_DATA}/online_retail/online_retail.parquet'
        WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0 AND InvoiceNo NOT LIKE 'C%' AND InvoiceNo NOT LIKE 'A%'
        GROUP BY 1, 2 ORDER BY 1, 2""")


@cache
def complete_journey() -> Shop:
    """The Complete Journey, days from 2017-01-01."""
    return _read(f"""
        SELECT household_id, date_diff('day', DATE '2017-01-01', transaction_timestamp::DATE), sum(sales_value)
        FROM '{_DATA}/complete_journey/transactions.parquet' GROUP BY 1, 2 ORDER BY 1, 2""")


def _read(query: str) -> Shop:
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchnumpy()
    customers, days, values = (np.asarray(column, dtype=np.float64) for column in found.values())
    return Shop(customers.astype(np.int64), days, values)
