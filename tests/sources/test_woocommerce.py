from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from patron.facts.shop import Shop
from patron.kernel.time import Calendar
from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_PRODUCTS = DATA / "platform_exports/woocommerce/wc-product-export.csv"
_ADDRESS = {"city": "San Francisco", "state": "CA", "postcode": "94103", "country": "US"}
_ORDER: dict[str, object] = {
    "id": 727, "number": "727", "created_via": "checkout", "status": "processing", "currency": "USD", "customer_id": 26,
    "date_created": "2017-03-22T16:28:02", "date_created_gmt": "2017-03-22T19:28:02", "date_modified_gmt": "2017-03-22T19:28:08",
    "date_paid_gmt": "2017-03-22T19:28:08", "date_completed_gmt": None,
    "discount_total": "2.50", "shipping_total": "10.00", "total_tax": "1.35", "total": "37.85",
    "billing": {"first_name": "John", "last_name": "Doe", "email": "John.Doe@example.com", "phone": "(555) 555-5555", **_ADDRESS},
    "shipping": _ADDRESS,
    "meta_data": [
        {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "google"},
        {"id": 2, "key": "_wc_order_attribution_source_type", "value": "organic"},
        {"id": 3, "key": "_other", "value": {"a": 1}},
        {"id": 4, "key": "_other", "value": ""},
        {"id": 5, "key": "_nothing"},
    ],
    "line_items": [
        {
            "id": 315, "name": "Woo Single #1 &ndash; Blue", "product_id": 93, "variation_id": 0, "quantity": 2, "sku": "",
            "subtotal": "9.00", "total": "6.50", "total_tax": "0.45",
        },
        {
            "id": 316, "name": "Ship Your Idea", "product_id": 22, "variation_id": 23, "quantity": 1, "sku": "Bar3",
            "subtotal": "20.00", "total": "20.00", "total_tax": "0.90",
        },
    ],
    "coupon_lines": [{"id": 1, "code": "welcome"}],
    "refunds": [{"id": 9, "total": "-5.00"}],
}  # fmt: skip
_UNPAID = {
    **_ORDER,
    "id": 728,
    "number": "728",
    "status": "cancelled",
    "date_paid_gmt": None,
    "customer_id": 0,
    "refunds": [],
    "coupon_lines": [],
}
_CSV = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,fee_total,tax_total,discount_total,order_total,order_subtotal,"
    "order_currency,customer_id,billing_email,billing_phone,billing_country,shipping_country,coupon_items,refund_items,"
    "meta:_wc_order_attribution_utm_source,line_item_1,line_item_2\n"
    "9,1009,2025-08-05 11:11:03,2025-08-05,completed,3.50,1.00,2.20,1.00,18.70,13.00,EUR,1234,c@example.com,'+39333123456,IT,,"
    "code:SUMMER|amount:1.00,amount:4.00|reason:broken|date:2025-08-10 09:00:00|qty:1,google,"
    '"name:Rivista ""Gli asini"" &ndash; n|1|product_id:31529|sku:|quantity:1|total:7.00|sub_total:8.00",'
    '"name:Borsa|product_id:7|sku:B-7|quantity:2|total:5.00|sub_total:5.00"\n'
    "10,1010,2025-08-06 11:11:03,,on-hold,0,0,0,0,5.00,5.00,EUR,0,d@example.com,,,,,,,"
    '"name:Borsa|product_id:7|sku:B-7|quantity:2|total:5.00|sub_total:5.00",\n'
)
_MONEY = "net_revenue, discount, tax, shipping, fees, total"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("woo")
    rest, csv = folder / "orders.json", folder / "orders.csv"
    rest.write_text(json.dumps([_ORDER, _UNPAID, {**_ORDER, "number": "729", "currency": "ZZZ"}]), encoding="utf-8")
    csv.write_text(_CSV, encoding="utf-8")
    made = Loaded()
    reports = made.load("woocommerce", rest, csv, _PRODUCTS, shop=Shop(calendar=Calendar("Europe/Rome"))).files
    assert [counts(r) for r in reports] == [(3, 2, 0, 1), (2, 2, 0, 0), (1_836, 1_836, 0, 0)]
    assert problems(reports[0]) == ["orders.json, line 3, column 'currency': found 'ZZZ', expected an ISO 4217 code such as EUR"]
    made.resolve()
    return made


def test_amounts_of_an_order_add_up(loaded: Loaded) -> None:
    query = f"SELECT {_MONEY}, coupon_discount, units::INT, line_count FROM orders WHERE order_number = '{{}}'"
    assert loaded.row(query.format("727")) == (2_650, 250, 135, 1_000, 0, 3_785, 250, 3, 2)
    assert loaded.row(query.format("1009")) == (1_200, 100, 220, 350, 100, 1_870, 100, 3, 2)


def test_lines_add_up_to_the_net_revenue_of_their_order(loaded: Loaded) -> None:
    query = (
        "SELECT order_number, any_value(o.net_revenue) = sum(l.net_revenue) FROM orders o JOIN order_lines l USING (order_id) GROUP BY 1"
    )
    assert dict(loaded.rows(query)) == dict.fromkeys(("727", "728", "1009", "1010"), True)


def test_instants_are_those_of_the_gmt_fields_or_of_the_clock_of_the_shop(loaded: Loaded) -> None:
    at = dict(loaded.rows("SELECT order_number, ordered_at::TEXT FROM orders"))
    assert (at["727"], at["1009"]) == ("2017-03-22 19:28:02", "2025-08-05 09:11:03")


def test_what_was_never_paid_is_no_sale(loaded: Loaded) -> None:
    assert dict(loaded.rows("SELECT order_number, kind || ' ' || status FROM orders")) == {
        "727": "sale processing", "728": "unpaid voided", "1009": "sale completed", "1010": "unpaid on-hold",
    }  # fmt: skip


def test_refunds_are_dated_where_the_export_says_when(loaded: Loaded) -> None:
    query = "SELECT document_number, total, is_dated, is_full, refunded_at::TEXT FROM refunds ORDER BY 1"
    assert loaded.rows(query) == [
        ("1009", 400, True, False, "2025-08-10 07:00:00"), ("727", 500, False, False, "2017-03-22 19:28:02"),
    ]  # fmt: skip


def test_a_guest_is_known_by_the_address(loaded: Loaded) -> None:
    query = "SELECT order_number, customer_number, c.email FROM orders JOIN customers c USING (customer_id) ORDER BY 1"
    assert loaded.rows(query) == [
        ("1009", "1234", "c@example.com"), ("1010", None, "d@example.com"),
        ("727", "26", "john.doe@example.com"), ("728", "26", "john.doe@example.com"),
    ]  # fmt: skip


def test_the_visit_that_led_to_an_order_is_kept(loaded: Loaded) -> None:
    query = "SELECT campaign_source, campaign_medium, channel, city FROM orders WHERE order_number = '727'"
    assert loaded.row(query) == ("google", "organic", "web", "San Francisco")


def test_products_have_their_names_without_entities(loaded: Loaded) -> None:
    query = "SELECT product_code, name FROM products WHERE product_code IN ('93', 'Bar3', '31529', 'B-7') ORDER BY 1"
    assert loaded.rows(query) == [
        ("31529", 'Rivista "Gli asini" \u2013 n|1'), ("93", "Woo Single #1 \u2013 Blue"), ("B-7", "Borsa"), ("Bar3", "Ship Your Idea"),
    ]  # fmt: skip
    query = "SELECT count(*), count(price), count(category), count_if(is_active) FROM products WHERE price IS NOT NULL"
    assert loaded.row(query) == (1_836, 1_836, 0, 1_836)


def test_products_and_customers_of_the_rest_api_are_read(tmp_path: Path) -> None:
    product = {
        "id": 794, "name": "Premium &amp; Quality", "permalink": "x", "date_created_gmt": "2017-03-23T20:01:14", "status": "publish",
        "sku": "P-1", "price": "19.99", "regular_price": "21.99", "categories": [{"id": 9, "name": "Clothing"}],
    }  # fmt: skip
    person = {
        "id": 25, "email": "J@example.com", "first_name": "Jo", "is_paying_customer": True, "date_created_gmt": "2017-03-21T19:09:28",
        "billing": {"phone": "", "country": "US", "city": "SF"},
    }  # fmt: skip
    files = []
    for name, rows in (("products.json", [product]), ("customers.json", [person])):
        files.append(tmp_path / name)
        files[-1].write_text(json.dumps(rows), encoding="utf-8")
    made = Loaded()
    assert [counts(r) for r in made.load("woocommerce", *files).files] == [(1, 1, 0, 0)] * 2
    made.resolve()
    query = "SELECT product_code, name, category, price::FLOAT, launched_at::DATE::TEXT, is_active FROM products"
    assert made.row(query) == ("P-1", "Premium & Quality", "Clothing", pytest.approx(21.99), "2017-03-23", True)
    query = "SELECT customer_number, email, country, city, first_seen_at::DATE::TEXT FROM customers"
    assert made.row(query) == ("25", "j@example.com", "US", "SF", "2017-03-21")
