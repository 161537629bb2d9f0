"""A made-up shop has the proportions it promises, hangs together, and is the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from patron.adapters import made_up
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.made_up.plan import Plan
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.ids import derived
from patron.kernel.money import Currency
from patron.runtime.resolving import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from patron.kernel.tables import Table

END = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS = 3_000
SMALL = made_up.Proportions(messages=4, events=20)


def shop(
    customers: int = CUSTOMERS, seed: int = 7, threads: int = 2, much: made_up.Proportions | None = None, currency: str = "EUR"
) -> DuckDBEngine:
    store = DuckDBEngine(threads=threads)
    made_up.fill(store, customers=customers, seed=seed, ends_at=END, currency=Currency(currency), much=much)
    return store


@pytest.fixture(scope="module")
def whole() -> DuckDBEngine:
    return shop()


def one(store: DuckDBEngine, select: str) -> tuple[object, ...]:
    row: tuple[object, ...] = store.execute(select).fetchall()[0]
    return row


def number(store: DuckDBEngine, select: str) -> float:
    return float(str(one(store, select)[0]))


def checksums(store: DuckDBEngine) -> dict[str, object]:
    tables = [table.name for table in (*t.FACTS, *t.LEDGER)]
    return {name: one(store, f"SELECT count(*), bit_xor(hash({name}::VARCHAR)) FROM {name}") for name in tables}


def test_same_seed_gives_the_same_shop_on_any_number_of_threads() -> None:
    assert checksums(shop(500, threads=1, much=SMALL)) == checksums(shop(500, threads=4, much=SMALL))


def test_another_seed_gives_another_shop() -> None:
    first, second = checksums(shop(100, seed=1, much=SMALL)), checksums(shop(100, seed=2, much=SMALL))
    assert first["orders"] != second["orders"]
    assert first["events"] != second["events"]


@pytest.mark.parametrize(
    ("table", "expected"), [("orders", 5), ("order_lines", 15), ("messages", 20), ("events", 100), ("identifiers", 3), ("identities", 3)]
)
def test_proportions_are_those_asked_for(whole: DuckDBEngine, table: str, expected: float) -> None:
    assert number(whole, f"SELECT count(*) FROM {table}") / CUSTOMERS == pytest.approx(expected, rel=0.1)


def test_a_shop_with_fewer_events_and_messages_can_be_asked_for() -> None:
    small = shop(1_000, much=SMALL)
    assert number(small, "SELECT count(*) FROM events") / 1_000 == pytest.approx(20, rel=0.25)
    assert number(small, "SELECT count(*) FROM messages") / 1_000 == pytest.approx(4.5, rel=0.25)


def test_a_quarter_never_ordered(whole: DuckDBEngine) -> None:
    never = number(whole, "SELECT count(*) FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders WHERE customer_id > 0)")
    assert never / CUSTOMERS == pytest.approx(0.25, abs=0.04)


def test_few_customers_place_many_of_the_orders(whole: DuckDBEngine) -> None:
    per_customer = "SELECT count(*) AS n FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id"
    once, top, everything = one(
        whole,
        f"""SELECT count(*) FILTER (n = 1) / count(*), sum(n) FILTER (place <= 0.1) / sum(n), max(n)
            FROM (SELECT n, percent_rank() OVER (ORDER BY n DESC) AS place FROM ({per_customer}))""",
    )
    assert 0.3 < float(str(once)) < 0.6
    assert 0.35 < float(str(top)) < 0.75
    assert int(str(everything)) > 50


def test_few_products_make_many_of_the_lines(whole: DuckDBEngine) -> None:
    top, sold = one(
        whole,
        """SELECT sum(n) FILTER (place <= 0.2) / sum(n), count(*)
           FROM (SELECT n, percent_rank() OVER (ORDER BY n DESC) AS place
                 FROM (SELECT count(*) AS n FROM order_lines GROUP BY product_id))""",
    )
    assert float(str(top)) > 0.5
    assert int(str(sold)) > 500


def test_one_customer_makes_about_one_in_a_hundred_events(whole: DuckDBEngine) -> None:
    most = number(whole, "SELECT max(n) FROM (SELECT count(*) AS n FROM events WHERE customer_id IS NOT NULL GROUP BY customer_id)")
    assert most / (CUSTOMERS * 100) > 0.008


def test_december_is_busier_than_june(whole: DuckDBEngine) -> None:
    june, december = one(
        whole, "SELECT count(*) FILTER (month(ordered_at) = 6), count(*) FILTER (month(ordered_at) = 12) FROM orders WHERE kind = 'sale'"
    )
    assert int(str(december)) > 1.3 * int(str(june))


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("orders", "customer_id", "customers"),
        ("order_lines", "order_id", "orders"),
        ("order_lines", "product_id", "products"),
        ("refunds", "order_id", "orders"),
        ("refunds", "line_id", "order_lines"),
        ("events", "customer_id", "customers"),
        ("events", "product_id", "products"),
        ("messages", "customer_id", "customers"),
        ("consents", "customer_id", "customers"),
        ("redemptions", "customer_id", "customers"),
        ("reviews", "customer_id", "customers"),
        ("reviews", "product_id", "products"),
        ("tickets", "customer_id", "customers"),
        ("identities", "customer_id", "customers"),
    ],
)
def test_what_a_row_refers_to_is_there(whole: DuckDBEngine, table: str, column: str, target: str) -> None:
    key = "line_id" if target == "order_lines" else column
    missing = f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {target})"
    assert number(whole, missing) == 0
    assert number(whole, f"SELECT count({column}) FROM {table}") > 0


@pytest.mark.parametrize(
    ("table", "column"),
    [("orders", "buyer_id"), ("events", "visitor_id"), ("messages", "person_id"), ("reviews", "person_id"), ("tickets", "person_id")],
)
def test_identifiers_resolve_to_the_customer_of_the_row(whole: DuckDBEngine, table: str, column: str) -> None:
    wrong = f"""SELECT count(*) FROM {table} LEFT JOIN identities ON identifier_id = {column}
                WHERE identities.customer_id IS DISTINCT FROM {table}.customer_id"""
    assert number(whole, wrong) == 0


@pytest.mark.parametrize("table", [table for table in (*t.FACTS, *t.LEDGER) if table.key], ids=lambda table: table.name)
def test_keys_are_unique(whole: DuckDBEngine, table: Table) -> None:
    key = ", ".join(table.key)
    assert number(whole, f"SELECT count(*) FROM (SELECT 1 FROM {table.name} GROUP BY {key} HAVING count(*) > 1)") == 0


def test_resolving_identities_anew_changes_nothing(whole: DuckDBEngine) -> None:
    before = checksums(whole)
    resolution = resolve(whole, now=END)
    assert dict(resolution.changed) == {}
    assert {k: v for k, v in checksums(whole).items() if k != "resolved"} == {k: v for k, v in before.items() if k != "resolved"}


def test_money_of_lines_is_the_money_of_orders(whole: DuckDBEngine) -> None:
    wrong = """SELECT count(*) FROM orders JOIN (
                   SELECT order_id, sum(net_revenue) AS net, sum(discount) AS discount, sum(coupon_discount) AS coupon, sum(tax) AS tax,
                          sum(cost) AS cost, sum(quantity) AS units, count(*) AS n FROM order_lines GROUP BY order_id) USING (order_id)
               WHERE (net_revenue, orders.discount, coupon_discount, orders.tax, orders.cost, orders.units, line_count)
                     IS DISTINCT FROM (net, sums.discount, coupon, sums.tax, sums.cost, sums.units, n)""".replace(
        ") USING", ") AS sums USING"
    )
    assert number(whole, wrong) == 0
    assert number(whole, "SELECT count(*) FROM orders WHERE total <> net_revenue + tax + shipping + fees") == 0
    assert number(whole, "SELECT count(*) FROM orders WHERE order_id NOT IN (SELECT order_id FROM order_lines)") == 0


def test_a_cancelled_order_is_given_back_to_the_last_cent(whole: DuckDBEngine) -> None:
    wrong = """SELECT count(*) FROM orders LEFT JOIN (
                   SELECT order_id, sum(total) AS back, sum(net_revenue) AS net_back FROM refunds GROUP BY order_id) USING (order_id)
               WHERE status = 'cancelled' AND (back, net_back) IS DISTINCT FROM (total, net_revenue)"""
    assert number(whole, "SELECT count(*) FROM orders WHERE status = 'cancelled'") > 0
    assert number(whole, wrong) == 0


def test_never_more_is_given_back_than_was_paid(whole: DuckDBEngine) -> None:
    back = "SELECT order_id, sum(total) AS back FROM refunds GROUP BY order_id"
    assert number(whole, f"SELECT count(*) FROM orders JOIN ({back}) USING (order_id) WHERE back > total OR kind <> 'sale'") == 0


@pytest.mark.parametrize("table", [table for table in t.FACTS if any(c.kind == "instant" for c in table.columns)], ids=lambda x: x.name)
def test_nothing_is_known_from_the_end_on(whole: DuckDBEngine, table: Table) -> None:
    for column in (c.name for c in table.columns if c.kind == "instant" and c.name != "received_at"):
        assert number(whole, f"SELECT count(*) FROM {table.name} WHERE {column} >= TIMESTAMP '2026-01-01'") == 0, column


def test_nothing_is_bought_before_its_launch_or_by_somebody_not_yet_known(whole: DuckDBEngine) -> None:
    for table, at in (("order_lines", "ordered_at"), ("events", "occurred_at")):
        early = f"SELECT count(*) FROM {table} JOIN products USING (product_id) WHERE {at} < launched_at"
        assert number(whole, f"{early} AND launched_at > TIMESTAMP '2023-01-03'") == 0
        assert number(whole, f"SELECT count(*) FROM {table} JOIN customers USING (customer_id) WHERE {at} < first_seen_at") == 0


def test_rows_arrive_in_the_order_of_time(whole: DuckDBEngine) -> None:
    for table, at in (("orders", "ordered_at"), ("order_lines", "ordered_at"), ("refunds", "refunded_at"), ("messages", "sent_at")):
        back = f"SELECT count(*) FROM (SELECT {at} - lag({at}) OVER (ORDER BY rowid) AS step FROM {table}) WHERE step < INTERVAL 0 SECOND"
        assert number(whole, back) == 0, table
    late = """SELECT count(*) FILTER (step < INTERVAL 0 SECOND), count(*) FILTER (is_other) / count(*)
              FROM (SELECT occurred_at - lag(occurred_at) OVER (ORDER BY rowid) AS step,
                           visitor_id <> lag(visitor_id) OVER (ORDER BY rowid) AS is_other FROM events)"""
    out_of_order, changes = one(whole, late)
    assert int(str(out_of_order)) <= len(list(Plan(CUSTOMERS, 7, END, Currency("EUR")).spans()))
    assert float(str(changes)) > 0.2  # visits run beside each other


def test_an_order_that_the_site_saw_ends_in_its_event(whole: DuckDBEngine) -> None:
    seen = """SELECT count(*), count(*) FILTER (occurred_at = ordered_at AND value = total
                                                AND events.customer_id IS NOT DISTINCT FROM orders.customer_id)
              FROM events LEFT JOIN orders ON order_number = properties->>'order_id' WHERE events.kind = 'order_completed'"""
    completed, matching = one(whole, seen)
    assert completed == matching
    assert int(str(completed)) > 0.4 * number(whole, "SELECT count(*) FROM orders")


def test_a_product_looked_at_or_taken_has_its_price(whole: DuckDBEngine) -> None:
    priced = """SELECT count(*), count(*) FILTER (value = round(price * 100) AND events.currency = 'EUR')
                FROM events JOIN products USING (product_id) WHERE kind IN ('product_viewed', 'product_added')"""
    looked, right = one(whole, priced)
    assert looked == right
    assert int(str(looked)) > 0.4 * number(whole, "SELECT count(*) FROM events")


def test_nobody_has_an_address_that_exists(whole: DuckDBEngine) -> None:
    assert number(whole, "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com'") == 0


def test_ids_are_those_that_a_source_would_give(whole: DuckDBEngine) -> None:
    order_number, order_id = one(whole, "SELECT order_number, order_id FROM orders LIMIT 1")
    code, product_id = one(whole, "SELECT product_code, product_id FROM products LIMIT 1")
    customer_number, customer_id = one(whole, "SELECT customer_number, customer_id FROM customers LIMIT 1")
    assert order_id == derived("order", "shop", str(order_number))
    assert product_id == derived("product", str(code))
    assert customer_id == derived("customer_number", "shop", str(customer_number))


def test_a_currency_without_hundredths_has_whole_prices() -> None:
    yen = shop(50, much=SMALL, currency="JPY")
    assert number(yen, "SELECT count(*) FROM order_lines WHERE unit_price <> floor(unit_price)") == 0
    assert number(yen, "SELECT count(*) FROM orders WHERE net_revenue <= 0") == 0


@pytest.mark.parametrize("customers", [1, 2, 10])
def test_even_the_smallest_shop_can_be_made(customers: int) -> None:
    assert number(shop(customers), "SELECT count(*) FROM customers") == customers


def test_a_shop_without_customers_is_refused() -> None:
    with pytest.raises(InputError, match="needs customers"):
        shop(0)


def test_a_store_that_holds_customers_is_left_alone() -> None:
    store = shop(10, much=SMALL)
    before = checksums(store)
    with pytest.raises(InputError, match="has customers already"):
        made_up.fill(store, customers=10, seed=1, ends_at=END, currency=Currency("EUR"))
    assert checksums(store) == before


def test_who_stops_it_finds_an_empty_store() -> None:
    def stopped(_share: float) -> None:
        raise KeyboardInterrupt

    store = DuckDBEngine(threads=1)
    with pytest.raises(KeyboardInterrupt):
        made_up.fill(store, customers=10, seed=1, ends_at=END, currency=Currency("EUR"), progress=stopped)
    assert "customers" not in store.tables()


def test_progress_grows_to_the_end() -> None:
    shares: list[float] = []
    made_up.fill(DuckDBEngine(threads=1), customers=10, seed=1, ends_at=END, currency=Currency("EUR"), progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.slow
def test_little_memory_is_enough(tmp_path: Path) -> None:
    store = DuckDBEngine(tmp_path / "shop.duckdb", memory_limit="1GB", threads=2)
    made_up.fill(store, customers=100_000, seed=1, ends_at=END, currency=Currency("EUR"))
    assert number(store, "SELECT count(*) FROM events") > 9_000_000
