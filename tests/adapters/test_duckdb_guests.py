"""A guest of the embedded store: the suite, and what is seen, written, broken off and undone."""

from __future__ import annotations

import signal
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import ibis
import pyarrow as pa
import pytest

from adapters.guests import guest
from patron.adapters.engines import duckdb_frames, duckdb_guest, duckdb_host
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.errors import TransientError, UnsupportedError
from patron.kernel.given import given
from patron.testing.engines import EngineContract, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.adapters.engines.duckdb_guest import DuckDBGuest


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBGuest]:
    host = DuckDBEngine(threads=1)
    with guest(host) as made:
        for name, rows in tables().items():
            made.fill(name, rows.to_reader())
        yield made
    host.close()


class TestGuest(EngineContract):
    """The suite, run by a guest."""


@pytest.fixture
def host() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(threads=1)
    made.execute("CREATE TABLE kept AS SELECT 1 AS customer_id, 10 AS visits")
    yield made
    made.close()


def _visits(store: DuckDBEngine) -> int:
    return int(store.execute("SELECT visits FROM kept").fetchall()[0][0])


def _write(store: DuckDBEngine, then: str, *, wait: DuckDBEngine | None = None) -> None:
    """Change something; once another can write, if one is given, go on with a statement."""
    with store.transaction():
        store.execute("UPDATE kept SET visits = 0")
        if wait is not None:
            with wait.transaction():
                assert _visits(wait) == 10
        store.execute(then)


def test_a_guest_sees_one_commit_until_it_writes(host: DuckDBEngine) -> None:
    with guest(host) as visitor:
        assert _visits(visitor) == 10
        host.execute("UPDATE kept SET visits = 11")
        assert _visits(visitor) == 10
        with visitor.transaction():
            assert _visits(visitor) == 11
            visitor.execute("UPDATE kept SET visits = 12")
            assert _visits(host) == 11
        assert (_visits(visitor), _visits(host)) == (12, 12)
        with visitor.snapshot():
            assert _visits(visitor) == 12
            visitor.execute("CREATE TEMP TABLE other AS SELECT 1")
            host.execute("UPDATE kept SET visits = 13")
            assert _visits(visitor) == 12
        assert (_visits(visitor), "other" in visitor.tables()) == (13, False)


def test_a_guest_never_takes_what_it_has_read_for_what_is_there_still(host: DuckDBEngine) -> None:
    with guest(host) as visitor:
        assert visitor.version != visitor.version


def test_a_guest_may_ask_with_other_values(host: DuckDBEngine) -> None:
    kept = ibis.table({"customer_id": "int32", "visits": "int32"}, name="kept")
    more = kept.filter(kept.visits > given("visits", "int32"))
    with guest(host) as visitor:
        assert [visitor.ask(more, {"visits": visits}).num_rows for visits in (9, 10, 9)] == [1, 0, 1]


def test_only_one_writes_at_a_time(host: DuckDBEngine) -> None:
    order: list[str] = []
    with guest(host) as visitor, guest(host) as other:

        def write(store: DuckDBEngine, name: str) -> None:
            with store.transaction():
                order.append(name)
                store.execute("UPDATE kept SET visits = visits + 1")

        with visitor.transaction():
            writers = [threading.Thread(target=write, args=(store, name)) for store, name in ((host, "host"), (other, "other"))]
            for writer in writers:
                writer.start()
            visitor.execute("UPDATE kept SET visits = 20")
            time.sleep(0.1)
            order.append("first")
        for writer in writers:
            writer.join()
    assert (order[0], set(order[1:]), _visits(host)) == ("first", {"host", "other"}, 22)


def test_what_fails_is_told_as_the_engine_tells_it_and_undone(host: DuckDBEngine) -> None:
    with guest(host) as visitor:
        visitor.execute("CREATE TEMP TABLE mine AS SELECT 5 AS n")
        with pytest.raises(duckdb.CatalogException, match="nothing_like_it"):
            visitor.execute("FROM nothing_like_it")
        with pytest.raises(duckdb.TransactionException, match="read-only"):
            visitor.execute("UPDATE kept SET visits = 0")
        with pytest.raises(duckdb.ConversionException):
            _write(visitor, "SELECT 'x'::INTEGER")
        assert (_visits(visitor), _visits(host)) == (10, 10)


def test_temporary_tables_stay_when_a_guest_begins_to_write(host: DuckDBEngine) -> None:
    rows = pa.table({"customer_id": range(10), "visits": range(10)})
    with guest(host) as visitor:
        visitor.fill("mine", rows.to_reader(max_chunksize=3), temporary=True)
        with visitor.transaction():
            visitor.execute("INSERT INTO kept FROM mine")
        assert visitor.query(ibis.table({"n": "int64"}, name="kept").count().as_table()).to_pylist() == [{"CountStar(kept)": 11}]


def test_a_guest_does_nothing_beside_the_transactions_of_its_host(host: DuckDBEngine) -> None:
    with guest(host) as visitor, pytest.raises(UnsupportedError):
        visitor.apart()


def test_many_rows_go_and_come_in_their_order(host: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_frames, "CHUNK", 7)
    rows = pa.table({"n": range(100), "at": [datetime(2026, 1, 1) + timedelta(days=i) for i in range(100)], "text": [None, "ä"] * 50})
    with guest(host) as visitor:
        visitor.fill("many", rows.to_reader())
        assert visitor.query(ibis.table(ibis.Schema.from_pyarrow(rows.schema), name="many")).to_pylist() == rows.to_pylist()
        assert visitor.pick("many", ("at", "text"), ("n", 3)) == [{"at": datetime(2026, 1, 4), "text": "ä"}]


def test_who_goes_in_the_middle_has_changed_nothing_and_others_go_on(host: DuckDBEngine) -> None:
    with guest(host) as visitor:
        threading.Timer(0.2, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            _write(visitor, "SELECT count(*) FROM range(1_000_000_000_000)")
    with host.transaction():
        assert _visits(host) == 10


def test_who_stands_still_is_seen_off_so_that_others_can_write(host: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_host, "PATIENCE_SECONDS", 0.5)
    with guest(host) as visitor:
        with pytest.raises(TransientError, match="has changed nothing"):
            _write(visitor, "SELECT 1", wait=host)
        with pytest.raises(TransientError):
            _visits(visitor)
    assert _visits(host) == 10


def test_who_gives_signs_of_life_may_think(host: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_host, "PATIENCE_SECONDS", 0.8)
    monkeypatch.setattr(duckdb_guest, "_SIGN_SECONDS", 0.05)
    with guest(host) as visitor, visitor.transaction():
        visitor.execute("UPDATE kept SET visits = 14")
        time.sleep(1.2)
    assert _visits(host) == 14
