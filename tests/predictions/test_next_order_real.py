"""The next gap on real shops: own gaps drawn to the shop's, beside the shop's median and the customer's own mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from patron.predictions.next_order import fit
from predictions import shops

if TYPE_CHECKING:
    from patron.predictions.histories import Flags, Floats, Integers
    from predictions.shops import Shop


def gaps_of(shop: Shop) -> tuple[Floats, Floats, Floats]:
    """Customer, gap and the day it ended, orders of a day being one, in order."""
    rows = np.unique(np.stack([shop.customers.astype(np.float64), shop.days]), axis=1)
    same = rows[0, 1:] == rows[0, :-1]
    return rows[0, 1:][same], np.diff(rows[1])[same], rows[1, 1:][same]


def summed(place: Integers, logs: Floats, gap: Floats, before: Flags) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """Number, mean and variance of the logarithms of each customer's gaps before, and their mean."""
    n = np.bincount(place, weights=before.astype(np.float64)).astype(np.float64)
    mean = np.bincount(place, weights=before * logs) / np.maximum(n, 1)
    squares = np.bincount(place, weights=before * (logs - mean[place]) ** 2)
    return (n, mean, np.where(n > 1, squares / np.maximum(n - 1, 1), 0.0)), np.bincount(place, weights=before * gap) / np.maximum(n, 1)


def last_left_out(shop: Shop) -> dict[str, float]:
    """Median absolute error, in days, of each customer's last gap, told by those before it, of which there are two at least."""
    who, gap, _ = gaps_of(shop)
    _, place = np.unique(who, return_inverse=True)
    last = np.append(place[1:] != place[:-1], True)
    gaps, own = summed(place, np.log(gap), gap, ~last)
    kept = gaps[0] >= 2
    came = gap[last][kept]
    usual = fit(*gaps).usual(*(g[kept] for g in gaps))
    told = {"shop": np.full(len(came), np.median(gap[~last])), "own": own[kept], "drawn": usual}
    return {name: float(np.median(np.abs(t - came))) for name, t in told.items()}


def running(shop: Shop, at: float) -> dict[str, float]:
    """The same of the gap that was running on a day, and how often intervals held it, of who ordered again."""
    who, gap, ended = gaps_of(shop)
    before = ended <= at
    _, place = np.unique(who, return_inverse=True)
    gaps, own = summed(place, np.log(gap), gap, before)
    order = np.flatnonzero(~before)
    customers, first = np.unique(place[order], return_index=True)
    came, since = gap[order][first], at - (ended - gap)[order][first]
    kept = gaps[0][customers] >= 2
    customers, came, since = customers[kept], came[kept], since[kept]
    told = fit(*gaps).next_order(tuple(g[customers] for g in gaps), since, np.ones(len(came)))  # type: ignore[arg-type]
    of = {
        "shop": np.maximum(np.median(gap[before]), since),
        "own": np.maximum(own[customers], since),
        "drawn": told.after + since,
    }
    inside = float(np.mean((told.low <= came - since) & (came - since <= told.high)))
    return {name: float(np.median(np.abs(t - came))) for name, t in of.items()} | {"inside": inside}


SHOPS = {"online_retail": (shops.online_retail, 260.0), "complete_journey": (shops.complete_journey, 270.0), "cdnow": (shops.cdnow, 272.0)}


@pytest.mark.parametrize("name", ["cdnow", "online_retail", "complete_journey"])
def test_the_running_gap_is_told_better_than_by_the_shops_median_or_the_own_mean(name: str) -> None:
    shop, at = SHOPS[name]
    found = running(shop(), at)  # 16.6 days against 23 and 20; 3.5 against 4 and 4.1; 31 against 43 and 39
    assert found["drawn"] < 0.9 * min(found["shop"], found["own"])
    assert 0.8 <= found["inside"] <= 0.93  # whoever ordered again after the data end is not among them, so rather too many


@pytest.mark.parametrize("name", ["cdnow", "online_retail", "complete_journey"])
def test_the_last_gap_is_told_better_than_by_the_own_mean(name: str) -> None:
    found = last_left_out(SHOPS[name][0]())  # 17.7 days against 24.4; 3.6 against 4.7; 33 against 44.5
    assert found["drawn"] < 0.8 * found["own"]
