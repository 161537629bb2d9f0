from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from patron.facts.shop import Shop
from patron.kernel.money import Currency
from patron.kernel.time import Calendar
from sources.loaded import DATA, Loaded

if TYPE_CHECKING:
    from pathlib import Path

    from patron.runtime.loading import LoadReport

SHOP = Shop(currency=Currency("GBP"), calendar=Calendar("Europe/London"))
FOLDER = DATA / "platform_exports/shopify"
FILES = [FOLDER / name for name in ("products_export.csv", "orders_export.csv", "customers_export.csv")]


@pytest.fixture(scope="module")
def shop() -> tuple[Loaded, LoadReport]:
    loaded = Loaded()
    return loaded, loaded.load("shopify", *FILES, shop=SHOP)


def orders_file(tmp_path: Path, *rows: dict[str, str], name: str = "orders.csv") -> Path:
    columns = ("Name", "Email", "Financial Status", "Total", "Subtotal", "Shipping", "Taxes", "Currency", "Created at", "Cancelled at", "Refunded Amount",
               "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem discount", "Discount Code", "Discount Amount")  # fmt: skip
    path = tmp_path / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def head(**values: str) -> dict[str, str]:
    usual = {
        "Name": "#1", "Email": "a@example.com", "Financial Status": "paid", "Total": "25.00", "Subtotal": "20.00", "Shipping": "5.00", "Taxes": "0.00",
        "Currency": "EUR", "Created at": "2024-05-01 10:00:00 +0200", "Lineitem quantity": "1", "Lineitem name": "Cup", "Lineitem price": "20.00",
        "Lineitem sku": "CUP",
    }  # fmt: skip
    return usual | {k.replace("_", " "): v for k, v in values.items()}


def test_all_records_are_kept(shop: tuple[Loaded, LoadReport]) -> None:
    _, report = shop
    assert [(f.layout, f.read, f.kept, f.refused) for f in report.files] == [
        ("Shopify products export", 1_836, 1_836, 0),
        ("Shopify orders export", 10_863, 10_863, 0),
        ("Shopify customers export", 127, 127, 0),
    ]


def test_money_reconciles_to_the_cent(shop: tuple[Loaded, LoadReport]) -> None:
    loaded, report = shop
    assert loaded.rows("SELECT count(*), count(DISTINCT buyer_id), sum(total), sum(net_revenue), sum(shipping) FROM orders") == [
        (513, 126, 29_320_877, 26_905_077, 2_415_800)
    ]
    assert loaded.rows("SELECT sum(total) FROM refunds") == [(692_381,)]
    assert loaded.rows("SELECT sum(net_revenue), count(*) FROM order_lines") == [(26_905_077, 10_863)]
    assert str(report.files[1].money[0].total) == "286,284.96 GBP"


def test_refunds_without_a_date_say_so(shop: tuple[Loaded, LoadReport]) -> None:
    loaded, report = shop
    assert loaded.rows("SELECT is_dated, is_full, count(*) FROM refunds GROUP BY ALL ORDER BY 1") == [(False, False, 129), (True, True, 4)]
    assert any("129 refunds have no date" in n for n in report.files[1].notes)


def test_permissions_without_a_date_say_so(shop: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = shop
    rows = loaded.rows(
        "SELECT channel, status, bool_or(is_dated), count(*) FROM consents WHERE method = 'import' GROUP BY ALL ORDER BY ALL"
    )
    assert rows == [("email", "denied", False, 62), ("email", "granted", False, 65), ("sms", "denied", False, 127)]


def test_customer_numbers_lose_the_guarding_apostrophe_and_meet_the_e_mail(shop: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = shop
    assert loaded.rows("SELECT count(*) FROM identifiers WHERE kind = 'customer_number' AND value LIKE '70000000%'") == [(127,)]
    assert loaded.rows("SELECT count(*) FROM links") == [(127,)]


def test_the_order_of_files_does_not_matter(shop: tuple[Loaded, LoadReport]) -> None:
    loaded, _ = shop
    other = Loaded()
    for file in reversed(FILES):
        other.load("shopify", file, shop=SHOP)
    for table in ("orders", "order_lines", "refunds", "products", "profiles", "identifiers", "links", "consents"):
        query = f"SELECT * EXCLUDE (received_at) FROM {table} ORDER BY ALL"
        assert loaded.rows(query) == other.rows(query), table


def test_later_rows_of_an_order_are_lines_only(tmp_path: Path) -> None:
    more = {"Name": "#1", "Email": "a@example.com", "Created at": "2024-05-01 10:00:00 +0200", "Lineitem quantity": "2", "Lineitem name": "Plate",
            "Lineitem price": "3.00", "Lineitem discount": "1.00"}  # fmt: skip
    loaded = Loaded()
    loaded.load("shopify", orders_file(tmp_path, head(Subtotal="25.00", Total="30.00"), more))
    assert loaded.rows("SELECT order_number, ordered_at, net_revenue, total, units, line_count, discount FROM orders") == [
        ("#1", datetime(2024, 5, 1, 8), 2500, 3000, Decimal(3), 2, 100)
    ]
    assert loaded.rows("SELECT net_revenue, quantity, discount FROM order_lines ORDER BY net_revenue") == [
        (500, Decimal(2), 100),
        (2000, Decimal(1), 0),
    ]
    assert loaded.rows("SELECT product_code FROM products ORDER BY 1") == [("CUP",), ("Plate",)]


def test_what_is_taken_off_the_order_is_spread_over_its_lines(tmp_path: Path) -> None:
    more = {
        "Name": "#1",
        "Created at": "2024-05-01 10:00:00 +0200",
        "Lineitem quantity": "1",
        "Lineitem name": "Plate",
        "Lineitem price": "10.00",
    }
    loaded = Loaded()
    first = head(Subtotal="20.00", Total="20.00", Shipping="0", Discount_Code="SPRING", Discount_Amount="10.00")
    loaded.load("shopify", orders_file(tmp_path, first, more))
    assert loaded.rows("SELECT coupon_code, coupon_discount, discount FROM orders") == [("SPRING", 1000, 1000)]
    assert loaded.rows("SELECT net_revenue FROM order_lines ORDER BY 1") == [(667,), (1333,)]


def test_tax_inside_the_prices_is_no_revenue(tmp_path: Path) -> None:
    loaded = Loaded()
    loaded.load("shopify", orders_file(tmp_path, head(Taxes="4.00")))
    assert loaded.rows("SELECT net_revenue, tax, shipping, fees, total FROM orders") == [(1600, 400, 500, 0, 2500)]


@pytest.mark.parametrize("status", ["voided", "expired", "pending"])
def test_unpaid_orders_are_no_sales(tmp_path: Path, status: str) -> None:
    loaded = Loaded()
    loaded.load("shopify", orders_file(tmp_path, head(Financial_Status=status)))
    assert loaded.rows("SELECT kind FROM orders") == [("unpaid",)]


def test_a_later_refund_of_the_same_order_wins_in_any_order(tmp_path: Path) -> None:
    before = orders_file(tmp_path, head(), name="before.csv")
    after = orders_file(tmp_path, head(Financial_Status="partially_refunded", Refunded_Amount="8.00"), name="after.csv")
    for files in ((before, after), (after, before)):
        loaded = Loaded()
        for file in files:
            loaded.load("shopify", file)
        assert loaded.rows("SELECT status FROM orders") == [("partially_refunded",)]
        assert loaded.rows("SELECT total, is_dated FROM refunds") == [(800, False)]


def test_two_exports_pasted_together_give_one_order(tmp_path: Path) -> None:
    loaded = Loaded()
    report = loaded.load("shopify", orders_file(tmp_path, head(), head(Refunded_Amount="8.00")))
    assert (report.read, report.kept) == (2, 2)
    assert loaded.rows("SELECT count(*) FROM order_lines") == [(1,)]
    assert loaded.rows("SELECT total FROM refunds") == [(800,)]


def test_both_layouts_of_products_say_the_same(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(
        "Handle,Title,Vendor,Product Category,Type,Published,Option1 Value,Variant SKU,Variant Price,Cost per item,Status\n"
        "cup,Cup,Maker,Home > Kitchen,Cups,true,Red,CUP-R,9.50,4.00,active\ncup,,,,,,Blue,CUP-B,9.50,4.10,\ncup,,,,,,,,,,\n"
    )
    new = tmp_path / "new.csv"
    new.write_text(
        "Title,URL handle,Vendor,Product category,Type,Published on online store,Option1 value,SKU,Price,Cost per item,Status\n"
        "Cup,cup,Maker,Home > Kitchen,Cups,TRUE,Red,CUP-R,9.50,4.00,Active\n,cup,,,,,Blue,CUP-B,9.50,4.10,\n"
    )
    answers = []
    for file in (old, new):
        loaded = Loaded()
        assert loaded.load("shopify", file).read == 2
        answers.append(
            loaded.rows("SELECT product_code, name, category, category_path, brand, price, cost, is_active FROM products ORDER BY 1")
        )
    assert answers[0] == answers[1]
    assert answers[0][0] == ("CUP-B", "Cup", "Cups", "Home > Kitchen", "Maker", Decimal("9.5"), Decimal("4.1"), True)


def test_customers_of_the_old_layout_are_read(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(
        "First Name,Last Name,Email,Accepts Email Marketing,Company,City,Province,Province Code,Country,Country Code,Zip,Phone,"
        "Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note\n"
        "Ann,Lee,ANN@example.com,yes,,Dresden,Saxony,SN,Germany,DE,'01067,'+49 351 1234567,no,10.00,1,vip,\n"
        "Nobody,,,no,,,,,,,,,no,0,0,,\n"
    )
    loaded = Loaded()
    report = loaded.load("shopify", file)
    assert (report.kept, report.refused) == (1, 1)
    assert loaded.rows("SELECT email, phone, country, postal_code, tags FROM profiles") == [
        ("ann@example.com", "+493511234567", "DE", "01067", "vip")
    ]


def test_a_list_of_discounts_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "discounts.csv"
    file.write_text("Name,Value,Value Type,Type,Discount Class,Times Used In Total\nSPRING,-10.0,percentage,all,order,3\n")
    loaded = Loaded()
    report = loaded.load("shopify", file)
    assert (report.read, report.unchanged, report.refused) == (1, 1, 0)
    assert "1 discount codes are named" in report.files[0].notes[0]
