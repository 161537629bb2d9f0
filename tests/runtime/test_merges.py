from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.kernel.ids import shown
from patron.runtime.merges import merges, read_merge_id, redo_merge, undo_merge
from patron.runtime.resolving import resolve
from runtime.people import NOW, add, link, people, rows, shop, who

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine

_BORN = {"n1": "2024-01-01", "e1": "2024-01-01", "n2": "2024-02-01", "e2": "2024-02-01"}
_OWN = [("n1", "e1", "2024-01-01"), ("n2", "e2", "2024-02-01")]
_TABLES = ("identities", "customers", "orders", "order_lines")


def _shop() -> DuckDBEngine:
    orders = [{"order_id": i, "buyer_id": who(f"e{i}"), "ordered_at": f"2024-0{i}-01"} for i in (1, 2)]
    lines = [{"order_id": i, "ordered_at": f"2024-0{i}-01"} for i in (1, 2)]
    return shop(_BORN, _OWN, orders=orders, order_lines=lines)


def _state(store: DuckDBEngine) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(rows(store, f"FROM {table}"), key=repr) for table in _TABLES}


def test_merge_then_undo_is_as_if_nothing_had_been() -> None:
    store = _shop()
    resolve(store, now=NOW)
    before = _state(store)
    add(store, "links", [link("n2", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    (merge,) = merges(store)
    assert (merge.from_id, merge.into_id) == (who("n2"), who("n1"))
    assert len(people(store)) == 1
    undone = undo_merge(store, merge.merge_id, now=NOW)
    assert _state(store) == before
    assert (undone.customers, undone.merges) == (2, 0)
    assert merges(store)[0].undone_at == NOW.replace(tzinfo=None)


def test_an_undone_merge_stays_undone_whatever_is_loaded_later() -> None:
    store = _shop()
    add(store, "links", [link("n2", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    undo_merge(store, merges(store)[0].merge_id, now=NOW)
    add(store, "links", [link("n1", "n2", "2024-04-01"), link("e1", "e2", "2023-01-01")])
    resolve(store, now=NOW)
    assert {frozenset(n for n in p if n[0] == "n") for p in people(store)} == {frozenset({"n1"}), frozenset({"n2"})}


def test_a_merge_can_be_done_again() -> None:
    store = _shop()
    add(store, "links", [link("n2", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    before, listed = _state(store), merges(store)
    undo_merge(store, listed[0].merge_id, now=NOW)
    redo_merge(store, listed[0].merge_id, now=NOW)
    assert (_state(store), merges(store)) == (before, listed)


def test_a_merge_is_undone_or_done_again_only_once() -> None:
    store = _shop()
    add(store, "links", [link("n2", "e1", "2024-03-01")])
    resolve(store, now=NOW)
    (merge,) = merges(store)
    with pytest.raises(InputError, match="holds: it was not undone"):
        redo_merge(store, merge.merge_id, now=NOW)
    undo_merge(store, merge.merge_id, now=NOW)
    with pytest.raises(InputError, match="is undone already"):
        undo_merge(store, merge.merge_id, now=NOW)


def test_a_merge_that_does_not_exist_is_said_so() -> None:
    with pytest.raises(InputError, match="There is no such merge") as raised:
        undo_merge(_shop(), 1, now=NOW)
    assert str(raised.value.problems[0]) == ("merge: found 'mrg_0000000000001', expected the id of a merge; list them with `patron merges`")


def test_the_id_of_a_merge_is_read_as_it_is_shown() -> None:
    assert read_merge_id(shown("mrg", 77)) == 77
    with pytest.raises(InputError, match="not the id of a merge"):
        read_merge_id("cus_0000000000001")


_NAMES = [f"{kind}{i}" for kind in "ne" for i in range(4)]
_DAY = st.integers(1, 9).map(lambda d: f"2024-01-0{d}")


@settings(deadline=None, max_examples=6)
@given(
    st.fixed_dictionaries(dict.fromkeys(_NAMES, _DAY)),
    st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES), _DAY), max_size=9),
    st.data(),
)
def test_undoing_splits_two_that_stay_apart_and_redoing_gives_back_what_was(
    born: dict[str, str], met: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    once = {tuple(sorted(m[:2])): m for m in met if m[0] != m[1]}
    store = shop(dict(born), list(once.values()))
    resolve(store, now=NOW)
    found, before = merges(store), _state(store)
    if not found:
        return
    merge = data.draw(st.sampled_from(found))
    undo_merge(store, merge.merge_id, now=NOW)
    assert resolve(store, now=NOW).changed == {}
    of: dict[int, int] = dict(rows(store, "FROM identities"))
    assert of[merge.from_id] != of[merge.into_id]
    redo_merge(store, merge.merge_id, now=NOW)
    assert (_state(store), merges(store)) == (before, found)
