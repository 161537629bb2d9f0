"""What is remembered of customers is what was put last, however often and in whatever order they come; and it is not more than allowed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from patron.runtime.remembered import Remembered

_IDS = st.sets(st.integers(0, 12), max_size=6)
_PUT = st.dictionaries(st.integers(0, 12), st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6)
"""How many orders and events somebody has."""


def _ids(of: set[int] | list[int]) -> np.ndarray:
    return np.array(sorted(of), np.int64)


def _tables(counts: dict[int, tuple[int, int]], turn: int) -> dict[str, pa.Table]:
    """Rows in no order of customers, each told apart from those of other turns."""
    tables = {}
    for place, name in enumerate(("orders", "events")):
        whose = [who for who, many in sorted(counts.items(), reverse=True) for _ in range(many[place])]
        texts = [f"{name} {turn} {number}" for number in range(len(whose))]
        order = np.random.default_rng(turn).permutation(len(whose))
        tables[name] = pa.table({"customer_id": pa.array(whose, pa.int64()), "what": pa.array(texts, pa.string())}).take(pa.array(order))
    return tables


def _told(parts: dict[str, list[pa.Table]]) -> dict[str, list[tuple[int, str]]]:
    rows = {name: [tuple(row.values()) for table in tables for row in table.to_pylist()] for name, tables in parts.items()}
    return {name: sorted(found) for name, found in rows.items() if found}


@given(st.lists(st.tuples(_PUT, st.booleans(), _IDS), max_size=12), st.sampled_from([1, 20, 10_000]))
def test_what_was_put_last_holds_and_what_was_added_since(
    turns: list[tuple[dict[int, tuple[int, int]], bool, set[int]]], most: int
) -> None:
    remembered, held = Remembered(most), dict[int, dict[str, pa.Table]]()
    for turn, (given_counts, adds, asked) in enumerate(turns):
        there = remembered.has(_ids(list(given_counts)))
        known = {who for who, is_there in zip(sorted(given_counts), there, strict=True) if is_there}
        counts = {who: n for who, n in given_counts.items() if who in known or not adds}
        tables = _tables(counts, turn)
        (remembered.add if adds else remembered.put)(_ids(list(counts)), tables)
        for who in counts:
            rows = {name: table.filter(pa.array(table["customer_id"].to_numpy() == who)) for name, table in tables.items()}
            held[who] = {name: pa.concat_tables([held[who][name], rows[name]]) for name in rows} if adds else rows
        has = remembered.has(_ids(asked))
        assert all(remembered.has(_ids(list(counts))))  # whoever was put last is there, whatever is allowed
        if most == 10_000:
            assert has.tolist() == [who in held for who in sorted(asked)]
        found = [who for who, is_there in zip(sorted(asked), has, strict=True) if is_there]
        expected = {name: [held[who][name] for who in found] for name in ("orders", "events")}
        assert _told(remembered.take(_ids(found))) == _told(expected)


def test_who_was_read_longest_ago_is_forgotten_first() -> None:
    remembered = Remembered(most=100)
    for who in range(50):
        remembered.put(_ids([who]), _tables({who: (3, 2)}, who))
    has = remembered.has(_ids(list(range(50))))
    assert has[-1]
    assert not has[0]
    assert 5 < has.sum() <= 100 / 6 + 1


def test_nothing_is_left_of_what_is_cleared() -> None:
    remembered = Remembered()
    remembered.put(_ids([1]), _tables({1: (1, 1)}, 0))
    remembered.clear()
    assert not remembered.has(_ids([1])).any()
    assert remembered.take(_ids([])) == {}
