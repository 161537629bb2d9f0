"""Instants and what the clocks of a zone show at them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import INSTANT, from_numbers, known, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Column

_QUARTER = 900_000_000  # microseconds: offsets change at quarters of an hour
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)


def wall_of(instant: Column, zone: Column) -> Column:
    """What the clock of a zone shows."""
    return _moved(instant, zone.as_py(), _ahead)


def instant_of(wall: Column, zone: Column) -> Column:
    """The instant at which the clock of a zone shows this; the first of two."""
    return _moved(wall, zone.as_py(), _behind)


def _moved(column: Column, zone: str, by: Callable[[int, str], int]) -> Column:
    if isinstance(column, pa.Scalar):
        return _moved(pa.array([column.as_py()], INSTANT), zone, by)[0]
    values: NDArray[np.int64] = numbers(column.cast(INSTANT)).astype(np.int64)
    quarters, rows = np.unique(values // _QUARTER, return_inverse=True)
    offsets = np.array([by(int(quarter), zone) for quarter in quarters], np.int64)
    return from_numbers(values + offsets[rows.reshape(-1)] if len(offsets) else values, known(column), INSTANT)


@lru_cache(maxsize=200_000)
def _ahead(quarter: int, zone: str) -> int:
    at = _within(quarter).astimezone(ZoneInfo(zone))
    return _microseconds(at.utcoffset())


@lru_cache(maxsize=200_000)
def _behind(quarter: int, zone: str) -> int:
    at = _within(quarter).replace(tzinfo=ZoneInfo(zone))
    return -_microseconds(at.utcoffset())


def _within(quarter: int) -> datetime:
    """The instant of a quarter of an hour, or the nearest that a clock can show."""
    microseconds = quarter * _QUARTER
    if microseconds <= (_FIRST - _EPOCH) // timedelta(microseconds=1):
        return _FIRST
    if microseconds >= (_LAST - _EPOCH) // timedelta(microseconds=1):
        return _LAST
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(offset: timedelta | None) -> int:
    return 0 if offset is None else offset // timedelta(microseconds=1)
