"""Ticks rest while little comes, so that a server leaves the machine to others; they do not while much does."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from patron.runtime.live import PAUSE, Live
from patron.runtime.ticked import Ticked

if TYPE_CHECKING:
    from patron.runtime.ticking import Ticks

_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class _Shop(threading.Event):
    """A shop to which so many records come in a second, and whose ticks take so long: its ticks, its clock, and what stops it."""

    per_second: float
    took: timedelta
    touched: int = 0
    moment: datetime = _BEGIN
    looked: datetime = _BEGIN
    rests: list[float] = field(default_factory=list)
    definitions: object = None
    reached: tuple[int, datetime] = (0, _BEGIN)
    is_refreshing_beside: bool = False

    def now(self) -> datetime:
        return self.moment

    def tick(self, now: datetime, **_: object) -> Ticked:
        records = round(self.per_second * (now - self.looked).total_seconds())
        self.looked, self.moment = now, now + self.took
        return Ticked(now, 0, records, 0, self.touched, 0, refreshed=False)

    @property
    def store(self) -> _Shop:
        return self

    def shorten_log(self, megabytes: int) -> None:
        """There is none."""

    def make_ready(self, now: datetime) -> None:
        """Nothing is planned."""

    def wakes_after(self, as_of: datetime) -> None:
        """There is always something to do."""

    def close(self) -> None:
        """Nothing goes on."""

    @property
    def inbox(self) -> _Inbox:
        return _Inbox(self)

    def is_set(self) -> bool:
        return len(self.rests) >= 8

    def wait(self, timeout: float | None = None) -> bool:
        self.rests.append(timeout or 0.0)
        self.moment += timedelta(seconds=timeout or 0.0)
        return False


@dataclass
class _Inbox:
    """The inbox of a shop, in which a record waits, and at which the next one is waited for."""

    shop: _Shop
    last: int = 1

    def wait(self, after: int, timeout: float) -> bool:
        assert after == 0
        return self.shop.wait(timeout)


def _rest(per_second: float, took: float) -> float:
    """The seconds that ticks rest, once they have found their pace."""
    shop = _Shop(per_second, timedelta(seconds=took))
    Live(cast("Ticks", shop), shop).run(shop)
    return shop.rests[-1]


@pytest.mark.parametrize("took", [0.05, 0.2, 0.3])
@pytest.mark.parametrize("per_second", [20, 50, 200, 300])
def test_while_little_comes_ticks_rest_more_than_half_of_the_time(per_second: float, took: float) -> None:
    rest = _rest(per_second, took)
    assert rest / (rest + took) >= 0.55


@pytest.mark.parametrize("took", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("per_second", [500, 1_000, 20_000])
def test_while_much_comes_they_go_on_at_once(per_second: float, took: float) -> None:
    assert _rest(per_second, took) == 0


def test_records_that_come_together_are_taken_together() -> None:
    assert _rest(1_000, PAUSE / 4) == pytest.approx(PAUSE * 3 / 4)


def test_no_rest_is_longer_than_half_a_second() -> None:
    assert _rest(1, 60.0) == 0.5


def test_who_is_due_while_nothing_comes_is_looked_at_together() -> None:
    assert _rest(0, 0.2) == pytest.approx(0.4)
    assert _rest(0, 3.0) == PAUSE


def test_what_ticks_kept_from_the_collector_is_let_go_when_they_end() -> None:
    shop = _Shop(1_000, timedelta(seconds=0.1), touched=1)
    Live(cast("Ticks", shop), shop).run(shop)
    assert gc.get_freeze_count() == 0
