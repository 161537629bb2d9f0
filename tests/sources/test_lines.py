from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from patron.facts.shop import Shop
from patron.kernel.ids import derived
from patron.kernel.money import Currency
from patron.kernel.time import Calendar
from sources.loaded import DATA, Loaded

if TYPE_CHECKING:
    from pathlib import Path

    from patron.runtime.loading import LoadReport

LONDON = Shop(currency=Currency("GBP"), calendar=Calendar("Europe/London"))
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.fixture(scope="module")
def retail() -> tuple[Loaded, LoadReport]:
    loaded = Loaded()
    return loaded, loaded.load("lines", DATA / "online_retail/online_retail.parquet", shop=LONDON)


def written(tmp_path: Path, text: str, name: str = "lines.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_online_retail_is_read_without_losing_a_line(retail: tuple[Loaded, LoadReport]) -> None:
    _, report = retail
    assert (report.read, report.kept, report.unchanged, report.refused) == (541_909, 541_909, 0, 0)


def test_money_of_customers_and_guests_reconciles_to_the_penny(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, report = retail
    rows = loaded.rows(
        """SELECT buyer_id IS NULL, sum(total) FROM (SELECT buyer_id, total FROM orders UNION ALL SELECT buyer_id, -total FROM refunds)
           GROUP BY 1 ORDER BY 1"""
    )
    assert rows == [(False, 830_006_581), (True, 144_768_212)]
    money = report.files[0].money[0]
    assert str(money.total) == "9,747,747.93 GBP"
    assert money.total == money.sales + money.adjustments - money.refunds
    assert str(money.adjustments) == "-11,062.06 GBP"


def test_valid_sales_are_those_of_the_readme(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = retail
    assert loaded.rows("SELECT count(*), count(DISTINCT buyer_id) FROM orders WHERE kind = 'sale' AND buyer_id IS NOT NULL") == [
        (18_532, 4_338)
    ]


def test_the_two_giant_orders_are_called_off_by_their_credit_notes(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = retail
    rows = loaded.rows(
        """SELECT o.order_number, r.document_number, r.total = o.total, r.is_full, o.cancelled_at = r.refunded_at
           FROM orders o JOIN refunds r USING (order_id) WHERE o.order_number IN ('581483', '541431') ORDER BY 1"""
    )
    assert rows == [("541431", "C541433", True, True, True), ("581483", "C581484", True, True, True)]


def test_no_line_is_given_back_more_than_once(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = retail
    assert loaded.rows(
        "SELECT count(*) FROM (SELECT line_id, sum(r.quantity) q, any_value(l.quantity) s FROM refunds r JOIN order_lines l USING (line_id) GROUP BY 1) WHERE q > s"
    ) == [(0,)]
    assert loaded.rows("SELECT count(*) FROM refunds r JOIN order_lines l USING (line_id) WHERE r.refunded_at < l.ordered_at") == [(0,)]


def test_most_of_what_customers_gave_back_finds_its_sale(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = retail
    ((share,),) = loaded.rows(
        "SELECT sum(quantity) FILTER (order_id IS NOT NULL) / sum(quantity) FROM refunds WHERE buyer_id IS NOT NULL AND kind = 'product'"
    )
    assert float(share) > 0.9


def test_fees_and_postage_are_no_products(retail: tuple[Loaded, LoadReport]) -> None:
    loaded, report = retail
    kinds = dict(loaded.rows("SELECT kind, count(*) FROM order_lines WHERE product_id IS NULL GROUP BY 1"))
    assert set(kinds) == {"shipping", "fee", "voucher", "adjustment"}
    assert any("POST" in n and "shipping" in n for n in report.files[0].notes)


def test_complete_journey_keeps_what_the_shop_received_and_the_coupons() -> None:
    loaded = Loaded()
    report = loaded.load("lines", DATA / "complete_journey/transactions.parquet", shop=Shop(currency=Currency("USD")))
    assert (report.read, report.kept) == (1_469_307, 1_469_307)
    assert str(report.files[0].money[0].total) == "4,596,039.58 USD"
    ((orders, buyers, coupons),) = loaded.rows("SELECT count(*), count(DISTINCT buyer_id), sum(coupon_discount) FROM orders")
    assert (orders, buyers) == (155_848, 2_469)
    assert coupons > 2_635_990  # the makers' part and the shop's own


def test_a_price_finer_than_a_penny_is_multiplied_exactly_and_rounded_half_to_even(tmp_path: Path) -> None:
    text = HEADER + "1,A1,a,3,2024-01-01 10:00,0.005,7,\n1,B1,b,5,2024-01-01 10:00,0.005,7,\n1,C1,c,1,2024-01-01 10:00,0.125,7,\n"
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text))
    assert loaded.rows("SELECT net_revenue FROM order_lines ORDER BY quantity DESC, unit_price DESC") == [(2,), (2,), (12,)]
    assert loaded.rows("SELECT total, units FROM orders") == [(16, Decimal(9))]


def test_a_line_twice_in_a_file_is_two_lines_and_in_two_files_one(tmp_path: Path) -> None:
    line = "1,A,a,1,2024-01-01 10:00,2.00,7,\n"
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, HEADER + line + line))
    assert loaded.rows("SELECT count(*), count(DISTINCT line_id) FROM order_lines") == [(2, 2)]
    report = loaded.load("lines", written(tmp_path, HEADER + line + line + line.replace("2.00", "3.00"), "more.csv"))
    assert (report.kept, report.unchanged) == (1, 2)
    assert loaded.rows("SELECT total, line_count FROM orders") == [(700, 3)]


def test_a_credit_note_may_come_before_the_order_it_gives_back(tmp_path: Path) -> None:
    credit = written(tmp_path, HEADER + "C2,A,a,-3,2024-01-05 10:00,2.00,7,\n", "credit.csv")
    order = written(tmp_path, HEADER + "1,A,a,3,2024-01-01 10:00,2.00,7,\n", "order.csv")
    loaded = Loaded()
    loaded.load("lines", credit)
    assert loaded.rows("SELECT order_id, total, quantity FROM refunds") == [(None, 600, Decimal(3))]
    loaded.load("lines", order)
    assert loaded.rows("SELECT count(*), count(order_id), sum(total), bool_and(is_full) FROM refunds") == [(1, 1, 600, True)]
    assert loaded.rows("SELECT cancelled_at FROM orders") == [(datetime(2024, 1, 5, 10),)]


def test_what_is_given_back_in_parts_is_matched_to_parts(tmp_path: Path) -> None:
    text = HEADER + (
        "1,A,a,4,2024-01-01 10:00,2.50,7,\n2,A,a,4,2024-01-03 10:00,2.50,7,\n"
        "C3,A,a,-3,2024-01-04 10:00,2.50,7,\nC4,A,a,-3,2024-01-05 10:00,2.50,7,\nC5,A,a,-9,2024-01-06 10:00,2.50,7,\n"
    )
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text))
    matched = dict(loaded.rows("SELECT o.order_number, sum(r.quantity)::INT FROM refunds r JOIN orders o USING (order_id) GROUP BY 1"))
    assert matched == {"1": 4, "2": 4}
    assert loaded.rows("SELECT sum(quantity)::INT, sum(total) FROM refunds WHERE order_id IS NULL") == [(7, 1750)]
    assert loaded.rows("SELECT sum(total) FROM refunds") == [(3750,)]
    assert loaded.rows("SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL") == [(2,)]


def test_another_buyer_or_product_is_not_matched(tmp_path: Path) -> None:
    text = HEADER + (
        "1,A,a,4,2024-01-01 10:00,2,7,\nC2,A,a,-4,2024-01-02 10:00,2,8,\nC3,B,b,-4,2024-01-02 10:00,2,7,\nC4,A,a,-4,2024-01-02 10:00,2,,\n"
    )
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text))
    assert loaded.rows("SELECT count(*), count(order_id), sum(total) FROM refunds") == [(3, 0, 2400)]


def test_ids_written_as_floats_and_beyond_2_to_the_53_stay_what_they_are(tmp_path: Path) -> None:
    text = HEADER + "9007199254740993,A,a,1,2024-01-01 10:00,2,17850.0,\n9007199254740992,A,a,1,2024-01-01 10:00,2,17850,\n"
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text))
    assert loaded.rows("SELECT order_number FROM orders ORDER BY 1") == [("9007199254740992",), ("9007199254740993",)]
    assert loaded.rows("SELECT value, identifier_id FROM identifiers") == [("17850", derived("customer_number", "shop", "17850"))]


def test_the_shops_clock_is_read_in_its_zone(tmp_path: Path) -> None:
    text = HEADER + "1,A,a,1,2024-07-01 10:00,2,7,\n2,A,a,1,2024-01-01 10:00,2,7,\n"
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text), shop=LONDON)
    assert loaded.rows("SELECT ordered_at FROM orders ORDER BY order_number") == [(datetime(2024, 7, 1, 9),), (datetime(2024, 1, 1, 10),)]


def test_two_currencies_are_kept_apart(tmp_path: Path) -> None:
    text = "order id,sku,qty,price,date,currency\n1,A,1,10.50,2024-01-01,eur\n2,A,1,1000,2024-01-01,JPY\n3,A,1,1.5,2024-01-01,XXX\n"
    loaded = Loaded()
    report = loaded.load("lines", written(tmp_path, text))
    assert loaded.rows("SELECT order_number, total, currency FROM orders ORDER BY 1") == [("1", 1050, "EUR"), ("2", 1000, "JPY")]
    assert [str(m.total) for m in report.files[0].money] == ["10.50 EUR", "1,000 JPY"]
    assert report.files[0].problems[0].found == "XXX"


def test_a_mapping_says_what_amounts_and_codes_mean(tmp_path: Path) -> None:
    text = "beleg;artikel;anzahl;summe;rabatt;tag\nR1;A;2;10,00;1,00;31.01.2024\nR1;VERSAND;1;5,00;0;31.01.2024\n"
    mapping = """
        [columns]
        order_number = "beleg"
        product_code = "artikel"
        quantity = "anzahl"
        amount = "summe"
        discount = "rabatt"
        ordered_at = "Tag"
        [codes]
        shipping = ["VERS*"]
        [amounts]
        discount = "taken_off"
    """
    loaded = Loaded()
    loaded.load("lines", written(tmp_path, text), mapping=mapping)
    assert loaded.rows("SELECT net_revenue, shipping, discount, total, currency FROM orders") == [(900, 500, 100, 1400, "EUR")]


def test_products_seen_in_lines_get_a_row_and_a_catalogue_knows_better(tmp_path: Path) -> None:
    lines = written(tmp_path, HEADER + "1,A,old name,1,2024-01-02 10:00,2,7,\n2,A,new name,1,2024-02-02 10:00,2,7,\n")
    loaded = Loaded()
    loaded.load("lines", lines)
    assert loaded.rows("SELECT product_code, name, launched_at FROM products") == [("A", "new name", datetime(2024, 1, 2, 10))]
    loaded.load("products", written(tmp_path, "sku,title,cost,vendor\nA,True name,1.25,Maker\n", "products.csv"))
    assert loaded.rows("SELECT name, cost, brand, launched_at FROM products") == [
        ("True name", Decimal("1.25"), "Maker", datetime(2024, 1, 2, 10))
    ]
