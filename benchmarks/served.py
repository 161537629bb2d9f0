"""How soon is an event a membership, and what does a server cost that does little or nothing? Asked of `patron serve`, from outside."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from benchmarks.harness import Row
from benchmarks.served_shop import HERE, ServedShop
from benchmarks.shops import TINY, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Setting
    from benchmarks.served_shop import Load

_WINDOW, _SEEN_BY = timedelta(minutes=1), timedelta(seconds=2)
_REST = 600.0
"""Seconds: as often as a server looks ahead who is due."""
_GIB = 1024
_NUMBERS = 1_000_000


def run(setting: Setting) -> list[Row]:
    """Idle, 200, 1,000, 5,000 and 20,000 events a second, windows that end meanwhile, and a restart after it was killed."""
    shop, paces = ServedShop.made(setting, TINY if setting.small else WHOLE), [_pace()]
    seconds = 2.0 if setting.small else 20.0
    shop.start()
    try:
        shop.await_answers()
        warm = shop.load(100, seconds, shop.visitors)
        idle = _idle(shop, seconds) if setting.small else _idle(shop, _REST, after=max(warm.views.values()) + _WINDOW + _SEEN_BY)
        paces.append(_pace())
        rows = _rows(shop, seconds, idle)
        paces.append(_pace())
        return [*rows, _paced(paces)]
    finally:
        shop.stop()


def _pace() -> float:
    """Seconds that a fixed piece of work takes here and now."""
    took = []
    for _ in range(5):
        began = perf_counter()
        sum(number * number for number in range(_NUMBERS))
        took.append(perf_counter() - began)
    return statistics.median(took)


def _paced(paces: list[float]) -> Row:
    """How fast the machine was meanwhile: all other seconds go with it, and bars that are seconds are of one speed."""
    beside = f"before, after the idle server and at the end: {', '.join(f'{pace:.3f}' for pace in paces)} s"
    return Row("the machine: a million squares in Python", _NUMBERS, statistics.median(paces), 0, beside, 0.0, "none", None)


def _idle(shop: ServedShop, seconds: float, *, after: datetime | None = None) -> float:
    """Processors that the server keeps busy while nothing comes; once all windows that were opened before have ended."""
    if after is not None:
        shop.sleep_until(after)
    return _cores(shop, lambda: sleep(seconds))


def _rows(shop: ServedShop, seconds: float, idle: float) -> list[Row]:
    """What is measured. At 200 and at 1,000 events a second each of some visitors looks at a product every three seconds."""
    shop.forget_peak()
    known = len(shop.visitors)
    leaving, others = shop.visitors[: known // 10], shop.visitors[known // 10 :]
    quiet = shop.load(200, seconds, leaving)
    with shop.watching_changes(HERE) as changes:
        busy = shop.load(1_000, 2 * seconds, others[: known // 2])
        more = shop.load(5_000, 2 * seconds, others)
        shop.sleep_until(max(quiet.views.values()) + _WINDOW + _SEEN_BY)
    late = _late(shop, quiet, changes)
    with shop.asking(others) as asked:
        shop.load(1_000, seconds, others[: known // 2], is_watched=False)
    cores = _cores(shop, lambda: shop.load(200, seconds, leaving, is_watched=False))
    most = shop.load(20_000, seconds / 2, others)
    peak = shop.peak_mb()
    restarted, caught_up = _killed(shop, seconds / 4)
    return [
        *_latencies("200 events a second", quiet, seconds, {}),
        *_latencies("1,000 events a second", busy, seconds, {50: 0.3, 99: 0.5}),
        *_latencies("5,000 events a second", more, seconds, {99: 1.0}),
        _row("a window that ends meanwhile, p99 late", _percentile(late, 99), 1.0),
        _grown(most),
        _row("a customer is asked for at 1,000 events a second, p99", _percentile(asked, 99), 0.02),
        _row("CPU of an idle server, a second", idle, 0.01),
        _row("CPU at 200 events a second, a second", cores, 0.5),
        Row("memory of the server", 0, 0.0, peak, "bar 4 GiB", peak / (4 * _GIB), "at most 1.0 times", peak <= 4 * _GIB),
        _row("ready again after kill -9", restarted, 5.0),
        _row("caught up after kill -9", caught_up, None),
    ]


def _row(question: str, seconds: float, bar: float | None) -> Row:
    if bar is None:
        return Row(question, 0, seconds, 0, "", 0.0, "none", None)
    return Row(question, 0, seconds, 0, f"bar {bar:g} s", seconds / bar, "at most 1.0 times", seconds <= bar)


def _latencies(rate: str, load: Load, seconds: float, bars: dict[int, float]) -> list[Row]:
    """From sending an event to the membership, from a quarter of the time on."""
    found = load.seconds(after=seconds / 4)
    return [_row(f"event to membership, {rate}, p{q}", _percentile(found, q), bars.get(q)) for q in (50, 99)]


def _grown(load: Load) -> Row:
    """Whether records wait longer and longer: at most as many as come in two seconds may wait at the end."""
    waiting = load.waiting(0.25)
    beside = f"{waiting:,} wait at most in the last quarter, of {load.rate:,.0f} a second"
    ratio = waiting / (2 * load.rate)
    return Row("inbox at 20,000 events a second", 0, waiting / load.rate, 0, beside, ratio, "at most 1.0 times", ratio <= 1)


def _cores(shop: ServedShop, meanwhile: Callable[[], object]) -> float:
    """Processors that the server keeps busy while something is done."""
    before, began = shop.cpu_seconds(), perf_counter()
    meanwhile()
    return (shop.cpu_seconds() - before) / (perf_counter() - began)


def _late(shop: ServedShop, load: Load, changes: list[tuple[dict[str, str], datetime]]) -> list[float]:
    """By how much customers were seen to leave `HERE` later than a minute after their last view."""
    left = {change["customer_id"]: seen_at for change, seen_at in changes if change["change"] == "left"}
    ends: dict[str, datetime] = {}
    for visitor, at in load.views.items():
        who = shop.get(f"/api/v1/customers/{visitor}?features=order_count")["customer_id"]
        ends[who] = max(at + _WINDOW, ends.get(who, at + _WINDOW))
    stayed = len(ends) - len(left.keys() & ends.keys())
    if stayed:
        raise RuntimeError(f"{stayed} of {len(ends)} have not left")
    return [(left[who] - at).total_seconds() for who, at in ends.items()]


def _killed(shop: ServedShop, seconds: float) -> tuple[float, float]:
    """Seconds until a server that was killed while records waited is ready again, and until it has taken up all that was acknowledged."""
    shop.load(1_000, seconds, shop.visitors, is_watched=False)
    shop.kill()
    began = perf_counter()
    ready = shop.start()
    shop.await_answers()
    return ready, perf_counter() - began


def _percentile(found: list[float], percent: int) -> float:
    return statistics.quantiles(found, n=100)[percent - 1] if len(found) > 1 else sum(found)
