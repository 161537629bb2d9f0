"""What every engine must do: a suite of claims that the tests of an adapter inherit.

```python
@pytest.fixture(scope="module")
def engine(): ...  # an engine that holds `tables()` under their names

class TestMyEngine(EngineContract): ...
```

Each claim compares with values worked out by hand, so two engines that pass give the same answers to the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.kernel.steps import Step
from patron.kernel.time import days_between
from patron.testing.engine_tables import SALES_ROWS, TEXTS, TEXTS_ROWS, column_of, tables
from patron.testing.engine_values import TimeContract, ValueContract

if TYPE_CHECKING:
    from patron.ports.engine import Engine

__all__ = ["EngineContract", "RowContract", "TableContract", "TimeContract", "ValueContract", "tables"]


class RowContract:
    """Aggregates, order and windows."""

    def test_a_sum_of_whole_numbers_is_a_whole_number(self, engine: Engine) -> None:
        """In the type that the expression declares; a sum of nothing is null, a count of nothing zero."""
        t = SALES_ROWS
        sums = t.group_by("customer_id").aggregate(total=t.amount.sum(), n=t.amount.count(), rows=t.count()).order_by("customer_id")
        rows = engine.query(sums)
        assert rows.schema == sums.schema().to_pyarrow()
        assert rows.to_pylist() == [
            {"customer_id": 1, "total": 600, "n": 3, "rows": 4},
            {"customer_id": 2, "total": 9_000_000_000_001, "n": 2, "rows": 2},
            {"customer_id": 3, "total": None, "n": 0, "rows": 1},
        ]

    def test_a_filtered_aggregate_sees_only_its_rows(self, engine: Engine) -> None:
        """A condition that is unknown is not true."""
        t = SALES_ROWS
        rows = engine.query(t.aggregate(n=t.count(where=t.is_good), total=t.amount.sum(where=t.is_good), some=t.is_good.any()))
        assert rows.to_pylist() == [{"n": 2, "total": 300, "some": True}]

    def test_the_median_lies_between_the_middle_two(self, engine: Engine) -> None:
        """Medians and quantiles are interpolated, and nulls are left out."""
        t = SALES_ROWS.filter(SALES_ROWS.customer_id == 1)
        amount = t.amount.cast("float64")
        rows = engine.query(t.aggregate(middle=amount.median(), low=amount.quantile(0.25), spread=t.rate.median()))
        assert rows.to_pylist() == [{"middle": 200.0, "low": 150.0, "spread": 0.5}]

    def test_the_value_at_the_maximum_is_found(self, engine: Engine) -> None:
        """The last amount of each customer, of the rows where it is known."""
        t = SALES_ROWS
        rows = engine.query(
            t.group_by("customer_id")
            .aggregate(last=t.amount.argmax(t.at, where=t.amount.notnull() & t.at.notnull()))
            .order_by("customer_id")
        )
        assert rows.column("last").to_pylist() == [200, 9_000_000_000_000, None]

    def test_distinct_values_are_counted_without_nulls(self, engine: Engine) -> None:
        """By a count of distinct values and by distinct rows alike."""
        t = SALES_ROWS
        rows = engine.query(t.aggregate(names=t.name.nunique()))
        other = t.filter(t.name.notnull()).select("name").distinct()
        assert rows.column("names").to_pylist() == [5]
        assert engine.query(other.aggregate(n=other.count())).column("n").to_pylist() == [5]

    def test_nulls_come_last(self, engine: Engine) -> None:
        """Going up and going down."""
        t = SALES_ROWS
        up = engine.query(t.select("amount").order_by("amount")).column("amount").to_pylist()
        down = engine.query(t.select("amount").order_by(ibis.desc("amount"))).column("amount").to_pylist()
        assert up == [1, 100, 200, 300, 9_000_000_000_000, None, None]
        assert down == [9_000_000_000_000, 300, 200, 100, 1, None, None]

    def test_windows_go_by_customer_and_time(self, engine: Engine) -> None:
        """Numbers of rows, the row before, the row after, and running sums."""
        t = SALES_ROWS.filter(SALES_ROWS.customer_id == 1)
        over = ibis.window(group_by="customer_id", order_by="at")
        running = ibis.cumulative_window(group_by="customer_id", order_by="at")
        rows = engine.query(
            t.select(
                t.at, n=ibis.row_number().over(over), gap=days_between(t.at, t.at.lag().over(over)), then=t.amount.lead().over(over),
                so_far=t.amount.sum().over(running), place=ibis.dense_rank().over(ibis.window(order_by=t.is_good.isnull())),
            ).order_by("at")
        )  # fmt: skip
        assert rows.column("n").to_pylist() == [0, 1, 2, 3]
        assert rows.column("gap").to_pylist() == [None, 1.0, 1.0, 1.0]
        assert rows.column("then").to_pylist() == [None, 300, 200, None]
        assert rows.column("so_far").to_pylist() == [100, 100, 400, 600]
        assert rows.column("place").to_pylist() == [0, 0, 1, 0]

    def test_joins_keep_and_leave_the_right_rows(self, engine: Engine) -> None:
        """Left, semi, anti and cross joins, and unions."""
        t = SALES_ROWS
        good = t.filter(t.is_good).select("customer_id").distinct()
        everyone = t.select("customer_id").distinct()
        renamed = good.rename(good_id="customer_id")
        left = everyone.left_join(renamed, everyone.customer_id == renamed.good_id)
        assert column_of(engine, left.order_by("customer_id"), "good_id") == [1, None, None]
        assert column_of(engine, everyone.semi_join(good, "customer_id"), "customer_id") == [1]
        assert column_of(engine, everyone.anti_join(good, "customer_id").order_by("customer_id"), "customer_id") == [2, 3]
        assert column_of(engine, everyone.union(good, distinct=True).order_by("customer_id"), "customer_id") == [1, 2, 3]
        assert column_of(engine, everyone.cross_join(good.rename(other="customer_id")).order_by("customer_id"), "other") == [1, 1, 1]


class TableContract:
    """Making, replacing and removing tables."""

    def test_rows_that_another_relation_has_are_left_out_and_each_comes_once(self, engine: Engine) -> None:
        """Nulls are the same as nulls: what is in both is in no difference."""
        pairs = SALES_ROWS.select("customer_id", "is_good")
        bad = pairs.filter(~pairs.is_good.fill_null(True))  # a value of the path
        rows = engine.query(pairs.difference(bad).order_by("customer_id", "is_good"))
        assert rows.to_pylist() == [
            {"customer_id": 1, "is_good": True},
            {"customer_id": 1, "is_good": None},
            {"customer_id": 3, "is_good": None},
        ]
        assert engine.query(pairs.difference(pairs)).num_rows == 0

    def test_nothing_is_identical_to_nothing_and_to_no_value(self, engine: Engine) -> None:
        """A comparison that is never unknown."""
        t = SALES_ROWS
        rows = engine.query(t.filter(t.customer_id == 3).select(a=t.amount.identical_to(t.amount), b=t.amount.identical_to(t.customer_id)))
        assert rows.to_pylist() == [{"a": True, "b": False}]

    def test_a_created_table_has_the_types_of_its_expression(self, engine: Engine) -> None:
        """Integer sums, counts, ratios, instants and dates come back as declared."""
        t = SALES_ROWS
        made = t.group_by("customer_id").aggregate(
            total=t.amount.sum(),
            n=t.count(),
            share=t.rate.mean(),
            last_at=t.at.max(),
            on=t.at.max().date(),
            is_any=t.is_good.any(),
            name=t.name.max(),
        )
        engine.create("made", made)
        assert engine.columns("made") == tuple(made.columns)
        assert "made" in engine.tables()
        rows = engine.query(ibis.table(made.schema(), name="made").order_by("customer_id"))
        assert rows.schema == made.schema().to_pyarrow()
        assert rows.column("total").to_pylist() == [600, 9_000_000_000_001, None]

    def test_a_table_can_be_replaced_by_what_is_made_of_it(self, engine: Engine) -> None:
        """The old rows are read before the new ones take their place."""
        engine.create("counted", TEXTS_ROWS.select("n"))
        counted = ibis.table({"n": "int64"}, name="counted")
        engine.create("counted", counted.filter(counted.n > 2), temporary=False)
        assert column_of(engine, counted.order_by("n"), "n") == [3, 4, 5]

    def test_steps_read_what_was_made_before_them(self, engine: Engine) -> None:
        """Each reads a table as the steps before it left it; all of them are temporary."""
        numbers = ibis.table({"n": "int64"}, name="numbers")
        few, next_ones = numbers.filter(numbers.n < 3), numbers.mutate(n=numbers.n + 10)
        steps = [("numbers", TEXTS_ROWS.select("n")), ("few", few), ("numbers", next_ones), ("few_later", few)]
        engine.make([Step(name, rows) for name, rows in steps])
        assert column_of(engine, ibis.table({"n": "int64"}, name="few").order_by("n"), "n") == [0, 1, 2]
        assert column_of(engine, numbers.order_by("n"), "n") == [n + 10 for n in range(len(TEXTS))]
        assert column_of(engine, ibis.table({"n": "int64"}, name="few_later"), "n") == []
        for name in {name for name, _ in steps}:
            engine.drop(name, temporary=True)
            assert name not in engine.tables()

    def test_a_table_is_filled_with_rows_as_they_come(self, engine: Engine) -> None:
        """In their types, in any number of pieces, also none; it is replaced and hidden like any other."""
        schema = pa.schema({"n": pa.int64(), "share": pa.float64()})
        pieces = [pa.record_batch([pa.array([n, n + 1]), pa.array([0.5, None], pa.float64())], schema=schema) for n in (1, 3)]
        engine.fill("filled", pa.RecordBatchReader.from_batches(schema, iter(pieces)))
        filled = ibis.table({"n": "int64", "share": "float64"}, name="filled")
        assert column_of(engine, filled.order_by("n"), "n") == [1, 2, 3, 4]
        assert engine.query(filled.aggregate(total=filled.share.sum())).to_pylist() == [{"total": 1.0}]
        engine.fill("filled", pa.RecordBatchReader.from_batches(schema, iter(())), temporary=True)
        assert column_of(engine, filled, "n") == []
        engine.drop("filled", temporary=True)
        assert len(column_of(engine, filled, "n")) == 4
        engine.drop("filled")

    def test_a_dropped_table_is_gone_and_may_be_dropped_again(self, engine: Engine) -> None:
        """Nothing happens when there is none."""
        engine.create("passing", TEXTS_ROWS.select("n"))
        engine.drop("passing")
        engine.drop("passing")
        assert "passing" not in engine.tables()

    def test_a_temporary_table_is_read_like_any_other(self, engine: Engine) -> None:
        """It needs no other name."""
        engine.create("fleeting", TEXTS_ROWS.select("n"), temporary=True)
        assert len(column_of(engine, ibis.table({"n": "int64"}, name="fleeting"), "n")) == len(TEXTS)
        engine.drop("fleeting", temporary=True)
        assert "fleeting" not in engine.tables()

    def test_a_temporary_table_hides_a_kept_one_until_it_is_dropped(self, engine: Engine) -> None:
        """So that answers of another instant can be worked out beside those that are kept."""
        engine.create("answers", TEXTS_ROWS.select("n"))
        answers = ibis.table({"n": "int64"}, name="answers")
        engine.create("answers", TEXTS_ROWS.filter(TEXTS_ROWS.n == 1).select("n"), temporary=True)
        assert column_of(engine, answers, "n") == [1]
        engine.drop("answers", temporary=True)
        assert len(column_of(engine, answers, "n")) == len(TEXTS)
        engine.drop("answers")

    def test_what_is_defined_hides_a_table_until_it_is_undefined(self, engine: Engine) -> None:
        """It is read like a table by whatever comes after it, and may be undefined again."""
        engine.create("answers", TEXTS_ROWS.select("n"))
        answers = ibis.table({"n": "int64"}, name="answers")
        engine.define("answers", TEXTS_ROWS.filter(TEXTS_ROWS.n == 1).select("n"))
        engine.create("later", answers.mutate(n=answers.n + 10), temporary=True)
        assert column_of(engine, answers, "n") == [1]
        for _ in range(2):
            engine.undefine("answers")
        assert len(column_of(engine, answers, "n")) == len(TEXTS)
        assert column_of(engine, ibis.table({"n": "int64"}, name="later"), "n") == [11]
        engine.drop("later", temporary=True)
        engine.drop("answers")

    def test_an_empty_table_keeps_its_columns(self, engine: Engine) -> None:
        """And an aggregate over it has one row."""
        engine.create("empty", SALES_ROWS.filter(SALES_ROWS.amount < 0))
        empty = ibis.table(SALES_ROWS.schema(), name="empty")
        assert engine.columns("empty") == tuple(SALES_ROWS.columns)
        assert engine.query(empty.aggregate(n=empty.count(), last=empty.at.max())).to_pylist() == [{"n": 0, "last": None}]


class EngineContract(TimeContract, ValueContract, RowContract, TableContract):
    """All that the path relies on."""
