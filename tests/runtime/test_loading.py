from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.sources import reading_bytes
from patron.collect.mapping import statements
from patron.kernel.errors import TransientError
from patron.runtime import loading_one
from patron.runtime.loading import LoadOptions, load, suggest_map

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPTIONS = LoadOptions(received_at=NOW)
HEADER = "order id,customer id,sku,quantity,price,date\n"
TABLES = ("orders", "order_lines", "refunds", "credits", "products", "listings", "identifiers", "links", "profiles", "loads", "refused")


def written(tmp_path: Path, text: str, name: str = "lines.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def content(store: DuckDBEngine) -> dict[str, list[Any]]:
    return {t: store.connection.sql(f"SELECT * FROM {t} ORDER BY ALL").fetchall() for t in TABLES if t in store.tables()}


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    store, file = (
        DuckDBEngine(threads=1),
        written(tmp_path, HEADER + "1,7,A,1,2,2024-01-01\nC2,7,A,-1,2,2024-01-02\n3,7,A,x,2,2024-01-02\n"),
    )
    first = load(store, "lines", [file], OPTIONS)
    before = content(store)
    again = load(store, "lines", [file], LoadOptions(received_at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert (first.read, first.kept, first.unchanged, first.refused) == (3, 2, 0, 1)
    assert (again.read, again.kept, again.unchanged, again.refused) == (3, 0, 2, 1)
    assert again.files[0].is_known
    assert content(store) == before


def test_the_same_content_in_another_file_changes_nothing_but_the_log(tmp_path: Path) -> None:
    store = DuckDBEngine(threads=1)
    load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-01\n")], OPTIONS)
    before = content(store)
    again = load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2.00,2024-01-01\n", "other.csv")], OPTIONS)
    assert (again.kept, again.unchanged) == (0, 1)
    after = content(store)
    assert {k: v for k, v in after.items() if k != "loads"} == {k: v for k, v in before.items() if k != "loads"}
    assert len(after["loads"]) == 2


def test_a_file_that_was_refused_may_be_read_by_another_mapping(tmp_path: Path) -> None:
    store, file = DuckDBEngine(threads=1), written(tmp_path, HEADER + '1,7,A,1,"1,500",2024-01-01\n2,7,A,1,"2,5",2024-01-01\n')
    said = LoadOptions(received_at=NOW, statements=statements('[reading]\ndecimal = "."'))
    assert load(store, "lines", [file], said).refused == 1
    assert load(store, "lines", [file], OPTIONS).refused == 0
    assert store.connection.sql("SELECT count(*) FROM refused").fetchall() == [(0,)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, TransientError("The disk is full.")])
def test_a_failure_in_the_middle_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    store = DuckDBEngine(tmp_path / "shop.duckdb", threads=1)
    load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-01\n")], OPTIONS)
    before = content(store)

    def fails(*_: object) -> None:
        raise error

    more = [written(tmp_path, HEADER + f"{n},7,A,1,2,2024-01-01\n", f"more {n}.csv") for n in (2, 3)]
    with monkeypatch.context() as patched:
        patched.setattr(loading_one, "settle_refunds", fails)
        with pytest.raises((KeyboardInterrupt, TransientError)):
            load(store, "lines", more, OPTIONS)
    assert content(store) == before
    assert not [t for t in store.tables() if t.startswith(("_load", "_reading"))]
    assert load(store, "lines", more, OPTIONS).kept == 2


def test_nothing_is_left_behind_but_facts(tmp_path: Path) -> None:
    store = DuckDBEngine(threads=1)
    load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-01\n")], OPTIONS)
    assert not [t for t in store.tables() if t.startswith("_")]


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    load(DuckDBEngine(threads=1), "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-01\n")], OPTIONS, lambda *step: told.append(step))
    assert told == [(0, 3, "reading lines.csv"), (1, 3, "making facts of lines.csv"), (2, 3, "finishing")]


def test_a_refused_record_of_a_large_file_is_found_on_its_line(tmp_path: Path) -> None:
    rows = [f"{n},7,A,1,2.50,2024-01-01 10:00:00\n" for n in range(400_000)]
    rows[250_000] = "x,7,A,many,2.50,2024-01-01 10:00:00\n"
    rows[300_000] = "y,7,A\n"
    rows[399_999] = "z,7,A,,2.50,2024-01-01 10:00:00\n"
    store = DuckDBEngine(threads=2)
    report = load(store, "lines", [written(tmp_path, HEADER + "".join(rows))], OPTIONS)
    assert (report.read, report.kept, report.refused) == (400_000, 399_997, 3)
    assert store.connection.sql('SELECT line, "column" FROM refused ORDER BY line').fetchall() == [
        (250_002, "quantity"),
        (300_002, None),
        (400_001, "quantity"),
    ]


@pytest.mark.parametrize("currency", [False, True])
def test_records_keep_the_order_of_a_file_that_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, currency: bool
) -> None:
    monkeypatch.setattr(reading_bytes, "BUFFER", 9 << 20)
    header, end = ("order id,customer id,sku,quantity,price,date,currency\n", ",EUR\n") if currency else (HEADER, "\n")
    rows = [f"{n},7,A,{'many' if n % 50_000 == 0 else 1},2.50,2024-01-01 10:00:00{end}" for n in range(400_000)]
    store = DuckDBEngine(threads=2)
    load(store, "lines", [written(tmp_path, header + "".join(rows))], OPTIONS)
    found = store.connection.sql("SELECT line, record FROM refused ORDER BY line").fetchall()
    assert [(line, json.loads(record)["order id"]) for line, record in found] == [(n + 2, str(n)) for n in range(0, 400_000, 50_000)]


def test_a_suggested_mapping_reads_the_file(tmp_path: Path) -> None:
    store = DuckDBEngine(threads=1)
    file = written(tmp_path, "Order Numbr;Kunde;SKU;Quantty;Price;Date;Extra\n1;7;A;1;2;2024-01-01;x\n")
    text = suggest_map(store, "lines", file)
    assert 'order_number = "Order Numbr"  # a guess: please check' in text
    assert 'product_code = "SKU"' in text
    assert '#   "Extra"' in text
    report = load(store, "lines", [file], LoadOptions(received_at=NOW, statements=statements(text)))
    assert report.kept == 1


def test_counts_of_a_file_that_adds_to_an_order(tmp_path: Path) -> None:
    store = DuckDBEngine(threads=1)
    load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-02\n")], OPTIONS)
    report = load(store, "lines", [written(tmp_path, HEADER + "1,7,A,1,2,2024-01-02\n1,7,B2,1,3,2024-01-01\n", "more.csv")], OPTIONS)
    assert (report.kept, report.unchanged) == (1, 1)
    assert str(report.files[0].money[0].sales) == "5.00 EUR"
    assert store.connection.sql("SELECT total, ordered_at::DATE::VARCHAR FROM orders").fetchall() == [(500, "2024-01-01")]
    assert store.connection.sql("SELECT DISTINCT ordered_at::DATE::VARCHAR FROM order_lines").fetchall() == [("2024-01-01",)]
