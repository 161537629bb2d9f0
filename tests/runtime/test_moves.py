"""Who enters and leaves: as sets of segments would say it."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.runtime.moves import BITS_PER_WORD, Slot, differing

_SLOTS = (Slot("first", 0), Slot("last of a word", BITS_PER_WORD - 1), Slot("first of the next", BITS_PER_WORD), Slot("far", 70))
_GONE = Slot("gone", 3)
_states = st.dictionaries(st.integers(1, 9), st.sets(st.sampled_from((*_SLOTS, _GONE))))


def _bits(state: dict[int, set[Slot]]) -> pa.Table:
    words = {word: [sum(slot.mask for slot in member if slot.word == word) for member in state.values()] for word in ("bits_0", "bits_1")}
    return pa.table({"customer_id": list(state), **words}, pa.schema([(name, pa.int64()) for name in ("customer_id", *words)]))


@given(_states, _states)
@settings(deadline=None)
def test_who_enters_and_who_leaves_is_the_difference_of_sets(before: dict[int, set[Slot]], after: dict[int, set[Slot]]) -> None:
    found = differing(_bits(before), _bits(after))
    assert set(found.ids.tolist()) == {c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}
    moves = found.moves(_SLOTS)
    lines = zip(moves.ids.tolist(), moves.places.tolist(), moves.entered.tolist(), strict=True)
    told = [(customer, _SLOTS[place], entered) for customer, place, entered in lines]
    entered = {(c, slot, True) for c in after for slot in after[c] - before.get(c, set()) if slot is not _GONE}
    left = {(c, slot, False) for c in before for slot in before[c] - after.get(c, set()) if slot is not _GONE}
    assert len(told) == len(set(told))
    assert set(told) == entered | left


def test_without_segments_nobody_moves() -> None:
    assert differing(_bits({1: {_GONE}}), _bits({})).moves(()).ids.size == 0
