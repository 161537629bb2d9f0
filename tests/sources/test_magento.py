from __future__ import annotations

from typing import TYPE_CHECKING

from sources.loaded import Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_GRID = """"ID","Purchase Point","Purchase Date","Bill-to Name","Grand Total (Base)","Grand Total (Purchased)","Status","Customer Email",\
"Subtotal","Shipping and Handling","Total Refunded"
"000000001","Main Website
Main Website Store
Default Store View","2023-11-03 10:22:33","V C","$36.39","$36.39","processing","roni@example.com","$29.00","$5.00","$0.00"
"000000002","Main","2023-11-04 10:22:33","V C","$1,039.64","$1,039.64","closed","Roni@example.com","$1,044.64","$5.00","$1,039.64"
"000000003","Main","2023-11-05 10:22:33","V C","$10.00","$10.00","canceled","b@example.com","$10.00","$0.00","$0.00"
"000000004","Main","2023-11-05 10:22:33","V C","$10.00","$10.00","pending_payment","b@example.com","$10.00","$0.00","$0.00"
"000000005","Main","soon","V C","free","$10.00","processing","b@example.com","$10.00","$0.00","$0.00"
"""


def test_the_order_grid_is_read_although_names_of_stores_span_lines(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(_GRID, encoding="utf-8")
    loaded = Loaded()
    report = loaded.one("magento", file)
    assert counts(report) == (5, 4, 0, 1)
    assert problems(report) == [
        "export.csv, line 8, column 'Purchase Date': found 'soon', expected a date or time such as 2011-12-10 08:26",
        "export.csv, line 8, column 'Grand Total (Base)': found 'free', expected an amount below a million million such as 12.50",
    ]
    loaded.resolve()
    query = "SELECT order_number, kind, net_revenue, discount, tax, shipping, fees, total FROM orders ORDER BY 1"
    assert loaded.rows(query) == [
        ("000000001", "sale", 2_900, 0, 239, 500, 0, 3_639),
        ("000000002", "sale", 103_464, 1_000, 0, 500, 0, 103_964),
        ("000000003", "sale", 1_000, 0, 0, 0, 0, 1_000),
        ("000000004", "unpaid", 1_000, 0, 0, 0, 0, 1_000),
    ]
    query = "SELECT document_number, total, is_full FROM refunds ORDER BY 1"
    assert loaded.rows(query) == [("000000002", 103_964, True), ("000000003", 1_000, True)]
    assert loaded.row("SELECT count(*) FROM customers") == (2,)
