"""Further sessions of the embedded store read what has been committed, beside the one that writes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.given import given as left_open
from patron.kernel.time import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEPT = ibis.table({"customer_id": "int64", "visits": "int64"}, name="kept")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(tmp_path / "x.duckdb", threads=1)
    made.fill("kept", pa.RecordBatchReader.from_batches(_rows({}).schema, _rows({1: 10, 2: 20}).to_batches()))
    yield made
    made.close()


def _rows(visits: dict[int, int]) -> pa.Table:
    return pa.table({"customer_id": list(visits), "visits": list(visits.values())}, schema=_KEPT.schema().to_pyarrow())


def _visits(store: DuckDBEngine, customer: int) -> list[int]:
    return [row["visits"] for row in store.pick("kept", ("visits",), ("customer_id", customer))]


def test_a_session_sees_what_has_been_committed_and_nothing_before(store: DuckDBEngine) -> None:
    session = store.session()
    with store.transaction():
        store.execute("UPDATE kept SET visits = 11 WHERE customer_id = 1")
        assert (_visits(store, 1), _visits(session, 1)) == ([11], [10])
    assert _visits(session, 1) == [11]


def test_all_inside_a_snapshot_is_as_of_one_commit_also_when_the_table_is_made_anew(store: DuckDBEngine) -> None:
    session = store.session()
    store.index("kept", "customer_id")
    with session.snapshot():
        assert _visits(session, 1) == [10]
        store.execute("DELETE FROM kept WHERE customer_id = 1")
        store.execute("INSERT INTO kept VALUES (1, 12)")
        store.create("kept", _KEPT.mutate(visits=_KEPT.visits + 1))
        store.index("kept", "customer_id")
        assert _visits(session, 1) == [10]
    assert _visits(session, 1) == [13]


def test_nothing_is_written_in_a_snapshot_but_temporary_tables_which_go_with_it(store: DuckDBEngine) -> None:
    session = store.session()
    with session.snapshot():
        session.create("kept", _KEPT.filter(_KEPT.visits > 10), temporary=True)
        assert (_visits(session, 1), _visits(store, 1)) == ([], [10])
        with pytest.raises(duckdb.TransactionException):
            session.execute("INSERT INTO patron.main.kept VALUES (3, 30)")
    assert _visits(session, 1) == [10]


def test_what_is_made_apart_waits_for_no_transaction_and_is_as_of_one_commit(store: DuckDBEngine) -> None:
    session = store.session()
    with session.apart():
        assert _visits(session, 1) == [10]
        with store.transaction():
            store.execute("UPDATE kept SET visits = 11 WHERE customer_id = 1")
            session.create("next_kept", _KEPT.mutate(visits=_KEPT.visits + 1))
        session.define("kept", ibis.table(_KEPT.schema(), name="next_kept"))
        assert (_visits(session, 1), _visits(store, 1), "next_kept" in store.tables()) == ([11], [11], False)
    store.rename("next_kept", "kept")
    assert (_visits(store, 2), "next_kept" in store.tables()) == ([21], False)


def test_a_table_takes_the_place_of_another_for_all_at_once_and_can_be_written_and_found_in_by_an_index(store: DuckDBEngine) -> None:
    session = store.session()
    store.index("kept", "customer_id")
    store.create("next_kept", _KEPT.mutate(visits=_KEPT.visits * 2))
    with session.snapshot():
        assert _visits(session, 1) == [10]
        with store.transaction():
            store.rename("next_kept", "kept")
            store.index("kept", "customer_id")
            store.renew("kept", _rows({1: 100}), _KEPT.filter(_KEPT.customer_id == 1).select("customer_id"))
            assert _visits(store, 1) == [100]
        assert (_visits(session, 1), _visits(session, 2)) == ([10], [20])
    assert (_visits(session, 1), _visits(session, 2)) == ([100], [40])


def test_what_a_session_does_in_another_thread_can_be_broken_off(store: DuckDBEngine) -> None:
    session, broken = store.session(), threading.Event()

    def work() -> None:
        with pytest.raises(KeyboardInterrupt), session.apart():
            session.execute("CREATE TABLE next_long AS SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b")
        broken.set()

    threading.Thread(target=work, daemon=True).start()
    while not broken.wait(0.01):
        session.interrupt()
    assert (_visits(session, 1), "next_long" in store.tables()) == ([10], False)


def test_sessions_have_the_same_functions_and_a_moment_of_their_own(store: DuckDBEngine) -> None:
    session = store.session()
    store.tell(datetime(2026, 1, 1, tzinfo=UTC))
    session.tell(datetime(2026, 2, 1, tzinfo=UTC))
    asked = _KEPT.limit(1).select(at=moment())
    assert [str(one.query(asked)["at"][0]) for one in (store, session)] == ["2026-01-01 00:00:00", "2026-02-01 00:00:00"]


def test_rows_are_found_by_an_index_if_there_is_one_and_all_that_match(store: DuckDBEngine) -> None:
    store.insert("kept", _rows({2: 21}))
    before = sorted(_visits(store, 2))
    store.index("kept", "customer_id")
    store.index("kept", "customer_id")
    assert (before, sorted(_visits(store, 2)), _visits(store, 3)) == ([20, 21], [20, 21], [])


def test_all_rows_of_a_small_table_are_had_at_once_as_they_are_now(store: DuckDBEngine) -> None:
    assert store.pick("kept", ("visits",)) == [{"visits": 10}, {"visits": 20}]
    store.insert("kept", _rows({3: 30}))
    assert [row["visits"] for row in store.pick("kept", ("visits",))] == [10, 20, 30]


def test_rows_are_found_as_before_when_a_table_has_become_another_one(store: DuckDBEngine) -> None:
    session = store.session()
    assert _visits(session, 1) == [10]
    store.create("kept", _KEPT.select("customer_id", name=ibis.literal("a"), visits=_KEPT.visits.cast("string")))
    assert session.pick("kept", ("visits",), ("customer_id", 1)) == [{"visits": "10"}]
    store.create("kept", ibis.table({"customer_id": "int64", "name": "string"}, name="kept"))
    with pytest.raises(duckdb.BinderException):
        _visits(session, 1)
    assert session.pick("kept", ("name",), ("customer_id", 1)) == [{"name": "a"}]


def test_any_number_of_different_questions_is_answered(store: DuckDBEngine) -> None:
    wide = _KEPT.select("customer_id", **{f"c{n}": _KEPT.visits + n for n in range(100)})
    store.create("wide", wide)
    asked = [tuple(f"c{(n + m) % 100}" for m in range(1 + n % 3)) for n in range(100)]
    for columns in asked * 2:
        assert store.pick("wide", columns, ("customer_id", 2)) == [{c: 20 + int(c[1:]) for c in columns}]


def test_what_memory_cannot_hold_stays_beside_the_file(tmp_path: Path) -> None:
    store = DuckDBEngine(tmp_path / "x.duckdb", memory_limit="60MB", threads=1)
    spilt = store.session()
    assert spilt.execute("SELECT current_setting('temp_directory')").fetchall() == [(f"{tmp_path / 'x.duckdb'}.tmp",)]
    store.close()


def test_what_is_in_the_log_is_brought_into_the_file_while_others_read(store: DuckDBEngine, tmp_path: Path) -> None:
    log = tmp_path / "x.duckdb.wal"
    for customer in range(10):
        store.insert("kept", _rows(dict.fromkeys(range(customer * 10_000, customer * 10_000 + 10_000), 1)))
    before = log.stat().st_size
    assert before > 1_000_000
    reader = store.session()
    with reader.snapshot():
        assert reader.execute("SELECT count(*) FROM kept").fetchall() == [(100_002,)]
        store.shorten_log(1_000)
        assert log.stat().st_size == before
        store.shorten_log(1)
        assert not log.exists() or log.stat().st_size < 1_000
        assert reader.execute("SELECT count(*) FROM kept").fetchall() == [(100_002,)]
    store.insert("kept", _rows({7: 1}))
    assert store.execute("SELECT count(*) FROM kept").fetchall() == [(100_003,)]


def test_the_version_is_another_one_once_a_session_has_written_and_not_before(store: DuckDBEngine) -> None:
    session, before = store.session(), store.version
    _visits(store, 1)
    _visits(session, 1)
    assert (store.version, session.version) == (before, before)
    with session.transaction():
        session.execute("UPDATE kept SET visits = 11 WHERE customer_id = 1")
        assert store.version == before
    after = store.version
    assert after != before
    with pytest.raises(duckdb.CatalogException), session.transaction():
        session.execute("UPDATE nothing_like_it SET visits = 12")
    assert store.version != after


_PLAIN = pa.schema({"number": pa.int64(), "said": pa.string(), "at": pa.timestamp("us"), "is_so": pa.bool_()})
_values = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["it's", "a\0b", "\\'; DROP TABLE plain; --", "\r\n"]),
    st.none() | st.datetimes(),
    st.none() | st.booleans(),
)


@given(st.lists(_values, max_size=20))
@settings(deadline=None)
def test_whatever_is_inserted_is_there_as_it_was(lines: list[tuple[object, ...]]) -> None:
    store = DuckDBEngine(threads=1)
    store.execute('CREATE TABLE plain (number BIGINT, said VARCHAR, "at" TIMESTAMP, is_so BOOLEAN)')
    rows = pa.Table.from_pylist([dict(zip(_PLAIN.names, line, strict=True)) for line in lines], schema=_PLAIN)
    assert store.insert("plain", rows) == len(lines)
    assert store.answer("FROM plain").to_pylist() == rows.to_pylist()
    store.close()


def test_what_is_asked_with_other_values_is_answered_anew(store: DuckDBEngine) -> None:
    more = _KEPT.filter(_KEPT.visits > left_open("visits", "int64")).order_by("visits").select("visits")
    session = store.session()
    asked = [[row["visits"] for row in session.ask(more, {"visits": visits}).to_pylist()] for visits in (5, 10, 20)]
    assert asked == [[10, 20], [20], []]
    store.insert("kept", _rows({3: 30}))
    assert [row["visits"] for row in session.ask(more, {"visits": 10}).to_pylist()] == [20, 30]
