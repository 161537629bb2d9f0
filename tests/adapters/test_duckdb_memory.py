"""A store that saves memory does with little until it must have more."""

from __future__ import annotations

import threading

import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.engines.duckdb_limits import bytes_of
from patron.kernel.errors import MemoryLimitError
from patron.runtime.clock import SystemClock
from patron.runtime.live import Live
from runtime.live import Live as Shop

_NEEDS_MUCH = "CREATE OR REPLACE TEMP TABLE much AS SELECT hash(i) AS i FROM range(5_000_000) t(i)"


def _limit(store: DuckDBEngine) -> str:
    return str(store.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])


def test_what_the_owner_has_stated_is_not_changed() -> None:
    store = DuckDBEngine(memory_limit="100MB")
    before = _limit(store)
    assert not store.allow_more_memory()
    assert _limit(store) == before


@pytest.mark.parametrize(("limit", "room"), [("1GiB", 1 << 30), ("512MiB", 1 << 29), ("100KiB", 100 << 10)])
def test_a_store_says_how_much_memory_it_may_take(limit: str, room: int) -> None:
    assert DuckDBEngine(memory_limit=limit).memory_bytes == room


def test_a_size_that_is_none_is_not_known() -> None:
    assert [bytes_of(told) for told in ("", "much", "1.5 GiB", "12 bytes")] == [None, None, 3 << 29, 12]


def test_saved_memory_is_given_until_the_machine_has_no_more() -> None:
    store = DuckDBEngine()
    most = _limit(store)
    store.save_memory()
    assert _limit(store) == "2.7 GiB"
    while store.allow_more_memory():
        pass
    assert _limit(store)[:3] == most[:3]


def test_work_that_needs_more_memory_is_done_once_it_is_given() -> None:
    store = DuckDBEngine(threads=1)
    store.save_memory()
    store.execute("SET temp_directory = ''")  # nothing is put aside on disk
    store.execute("SET memory_limit = '20MB'")
    with pytest.raises(MemoryLimitError, match="too little memory"):
        store.execute(_NEEDS_MUCH)
    assert store.allow_more_memory()
    store.execute(_NEEDS_MUCH)


def test_a_server_gives_a_tick_the_memory_that_it_needs() -> None:
    shop = Shop()
    shop.order("o1", "ann@shop.example", 80)
    shop.store.save_memory()
    shop.store.execute("SET temp_directory = ''")
    shop.store.execute("SET memory_limit = '1MB'")
    live = Live(shop.ticks, SystemClock())
    stop = threading.Event()
    worker = threading.Thread(target=live.run, args=(stop,))
    worker.start()
    try:
        for _ in range(600):
            if live.status()["position"]:
                break
            stop.wait(0.1)
    finally:
        stop.set()
        worker.join()
    assert live.status()["position"] == 1
    assert live.trouble == ""
