from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from patron.segments.due import due_table
from patron.testing.sample_shop import AS_OF, FOLDER, SHOP, names, sample_facts, sample_rows

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.testing.answers import Answers


def test_the_readme_counts_the_rows_of_each_file() -> None:
    said = dict(re.findall(r"\| `(\w+\.csv)` \|.*\| (\d+) \|", (FOLDER / "README.md").read_text(encoding="utf-8")))
    counted = {}
    for file in FOLDER.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as opened:
            counted[file.name] = str(len(list(csv.DictReader(opened))))
    assert counted == said


def test_money_is_what_the_golden_file_says() -> None:
    rows = sample_rows()
    paid = sum(order["net_revenue"] for order in rows["orders"])
    returned = sum(refund["net_revenue"] for refund in rows["refunds"])
    assert (paid, returned, paid - returned) == (916_000, 17_000, 899_000)


def test_orders_are_the_sum_of_their_lines() -> None:
    rows = sample_rows()
    for column in ("net_revenue", "discount", "coupon_discount", "cost"):
        assert sum(order[column] for order in rows["orders"]) == sum(line[column] for line in rows["order_lines"])


def test_everybody_has_one_name_and_nothing_happens_after_as_of() -> None:
    rows = sample_rows()
    assert len(set(names().values())) == len(rows["customers"]) == 48
    instants = [str(value) for table in rows.values() for row in table for key, value in row.items() if key.endswith("_at") and value]
    assert max(instants) < AS_OF.isoformat()


def test_facts_left_out_are_not_known() -> None:
    assert "events" in sample_facts().known
    assert "events" not in sample_facts(without=frozenset({"events"})).known
    assert sample_facts().shop == SHOP


def test_the_library_knows_when_each_person_is_next_due(sample: Answers, engine: DuckDBEngine) -> None:
    rows = engine.query(due_table(sample.plan, sample.stats)).to_pylist()
    assert len(rows) == 48
    assert all(row["due_at"] is None or row["due_at"] > AS_OF.replace(tzinfo=None) for row in rows)
    assert sum(row["due_at"] is not None for row in rows) > 40
