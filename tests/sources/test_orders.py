from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from sources.loaded import Loaded

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {"Order ID": "1001", "Date": "2024-02-01 10:00", "Email": "Ann@Example.com", "Total": "24.00", "Shipping": "4.00", "Tax": "2.00"},
    {"Order ID": "1002", "Date": "2024-02-02 10:00", "Email": "ann@example.com ", "Total": "10.00", "Shipping": "", "Tax": ""},
]


def csv(tmp_path: Path, text: str, name: str = "orders.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def as_csv(tmp_path: Path) -> Path:
    return csv(tmp_path, "\n".join([",".join(ROWS[0]), *(",".join(r.values()) for r in ROWS)]))


def as_json_lines(tmp_path: Path) -> Path:
    return csv(tmp_path, "\n".join(json.dumps(r) for r in ROWS), "orders.jsonl")


def as_json(tmp_path: Path) -> Path:
    return csv(tmp_path, json.dumps(ROWS, indent=1), "orders.json")


def as_parquet(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    columns = {
        "Order ID": pa.array([1001, 1002]),
        "Date": pa.array([datetime(2024, 2, 1, 10), datetime(2024, 2, 2, 10)]),
        "Email": pa.array([r["Email"] for r in ROWS]),
        "Total": pa.array([24.0, 10.0]),
        "Shipping": pa.array([4.0, None]),
        "Tax": pa.array([2.0, None]),
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_all_forms_of_a_file_give_the_same_facts(tmp_path: Path) -> None:
    answers = []
    for file in (as_csv(tmp_path), as_json_lines(tmp_path), as_json(tmp_path), as_parquet(tmp_path)):
        loaded = Loaded()
        report = loaded.load("orders", file)
        assert (report.read, report.kept, report.refused) == (2, 2, 0)
        answers.append(
            (
                loaded.rows("SELECT * EXCLUDE (received_at) FROM orders ORDER BY order_number"),
                loaded.rows("SELECT identifier_id, first_seen_at FROM identifiers"),
            )
        )
    assert all(a == answers[0] for a in answers)


def test_net_revenue_is_the_total_less_tax_and_shipping(tmp_path: Path) -> None:
    loaded = Loaded()
    loaded.load("orders", as_csv(tmp_path))
    assert loaded.rows("SELECT net_revenue, tax, shipping, fees, total FROM orders ORDER BY order_number") == [
        (1800, 200, 400, 0, 2400),
        (1000, 0, 0, 0, 1000),
    ]


def test_an_e_mail_in_other_case_is_the_same_person(tmp_path: Path) -> None:
    loaded = Loaded()
    loaded.load("orders", as_csv(tmp_path))
    assert loaded.rows("SELECT count(DISTINCT buyer_id) FROM orders") == [(1,)]
    assert loaded.rows("SELECT email, updated_at FROM profiles") == [("ann@example.com", datetime(2024, 2, 2, 10))]


def test_an_order_seen_again_is_updated_only_if_newer(tmp_path: Path) -> None:
    def version(name: str, updated: str, total: str) -> Path:
        return csv(tmp_path, f"id,date,total,updated at\n7,2024-01-01,{total},{updated}\n", name)

    old, new = version("old.csv", "2024-01-02", "10"), version("new.csv", "2024-01-03", "12")
    for files in ((old, new), (new, old)):
        loaded = Loaded()
        first, second = (loaded.load("orders", f) for f in files)
        assert first.kept == 1
        assert (second.kept, second.unchanged) == ((1, 0) if files[1] is new else (0, 1))
        assert loaded.rows("SELECT total FROM orders") == [(1200,)]


def test_a_duplicate_id_in_one_file_is_one_order_the_latest(tmp_path: Path) -> None:
    loaded = Loaded()
    report = loaded.load("orders", csv(tmp_path, "id,date,total,updated at\n7,2024-01-01,12,2024-01-03\n7,2024-01-01,10,2024-01-02\n"))
    assert (report.read, report.kept, report.refused) == (2, 2, 0)
    assert loaded.rows("SELECT total FROM orders") == [(1200,)]


def test_a_cancelled_order_gives_its_money_back(tmp_path: Path) -> None:
    loaded = Loaded()
    report = loaded.load(
        "orders", csv(tmp_path, "id,date,total,status,cancelled at\n7,2024-01-01,12,cancelled,2024-01-05\n8,2024-01-01,5,pending,\n")
    )
    assert loaded.rows("SELECT kind, cancelled_at FROM orders ORDER BY order_number") == [("sale", datetime(2024, 1, 5)), ("unpaid", None)]
    assert loaded.rows("SELECT total, refunded_at, is_full, is_dated FROM refunds") == [(1200, datetime(2024, 1, 5), True, True)]
    money = report.files[0].money[0]
    assert (str(money.total), str(money.unpaid)) == ("0.00 EUR", "5.00 EUR")
    assert "1 orders are not paid and do not count as sales." in report.files[0].notes


def test_every_record_is_kept_unchanged_or_refused(tmp_path: Path) -> None:
    loaded = Loaded()
    report = loaded.load(
        "orders", csv(tmp_path, "id,date,total\n1,2024-01-01,1\n2,yesterday,-3\n,2024-01-01,1\n4,2024-01-01\n5,2024-01-01,x,y\n")
    )
    assert (report.read, report.kept, report.refused) == (5, 1, 4)
    rows = loaded.rows('SELECT line, "column", value, expected FROM refused ORDER BY line, "column"')
    assert rows == [
        (3, "date", "yesterday", "a date or time such as 2011-12-10 08:26"),
        (3, "total", "-3", "an amount that is not negative"),
        (4, "id", None, "a value"),
        (5, None, None, "as many cells as the header has"),
        (6, None, None, "as many cells as the header has"),
    ]
    ((read, kept, unchanged, refused),) = loaded.rows("SELECT read_count, kept_count, unchanged_count, refused_count FROM loads")
    assert read == kept + unchanged + refused
