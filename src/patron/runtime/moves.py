"""Who enters and leaves segments between two states of memberships; only customers with any difference are unfolded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from patron.runtime.remembered import Ids

    Words = Mapping[str, NDArray[np.int64]]
    """Bits of customers, by word."""

BITS_PER_WORD = 62  # signed 64-bit integers everywhere, with room to spare


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one segment.

    Attributes:
        segment: its slug.
        number: slot s is bit s % 62 of column bits_{s // 62}.
        is_changed: whether its definition was new when it was last evaluated.
    """

    segment: str
    number: int
    is_changed: bool = False

    @property
    def word(self) -> str:
        """The column that holds its bit."""
        return f"bits_{self.number // BITS_PER_WORD}"

    @property
    def mask(self) -> int:
        """Its bit."""
        return 1 << (self.number % BITS_PER_WORD)


@dataclass(frozen=True, slots=True)
class Differing:
    """Customers whose memberships are other ones now.

    Attributes:
        ids: who.
        then: the bits of each before, none where he was not there.
        now: his bits now, none where he is gone.
    """

    ids: Ids
    then: Words
    now: Words

    def moves(self, slots: Sequence[Slot]) -> Moves:
        """Who enters and leaves what, of the segments that there are."""
        moved = {word: self.now[word] ^ self.then[word] for word in self.now}
        anywhere = {word: int(np.bitwise_or.reduce(bits)) for word, bits in moved.items()}
        places = [place for place, slot in enumerate(slots) if anywhere[slot.word] & slot.mask]
        found = [np.flatnonzero(moved[slots[place].word] & slots[place].mask) for place in places]
        entered = [(self.now[slots[place].word][those] & slots[place].mask) != 0 for place, those in zip(places, found, strict=True)]
        return Moves(
            ids=self.ids[np.concatenate(found)] if found else self.ids[:0],
            places=np.repeat(np.array(places, np.int64), [len(those) for those in found]),
            entered=np.concatenate(entered) if entered else np.zeros(0, np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Moves:
    """One line for each customer and segment that he enters or leaves.

    Attributes:
        ids: the customers.
        places: of the segments among the slots that were asked about.
        entered: whether he enters.
    """

    ids: Ids
    places: NDArray[np.int64]
    entered: NDArray[np.bool_]

    def said(self, slots: Sequence[Slot]) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """The segment of each, by its slug, and what happens there: entered, left."""
        return np.array([slot.segment for slot in slots])[self.places], np.where(self.entered, "entered", "left")


def differing(before: pa.Table, after: pa.Table) -> Differing:
    """The customers of whom only one of two tables of bits has a row, or each another.

    Args:
        before: customer_id and a column per word, one row per customer.
        after: the same columns.
    """
    ids = np.union1d(before["customer_id"].to_numpy(), after["customer_id"].to_numpy())
    was, then = _spread(before, after.column_names, ids)
    is_there, now = _spread(after, after.column_names, ids)
    others = np.flatnonzero(np.logical_or.reduce([was != is_there, *(then[word] != now[word] for word in now)]))
    return Differing(ids[others], *({word: bits[others] for word, bits in words.items()} for words in (then, now)))


def _spread(rows: pa.Table, columns: Sequence[str], ids: Ids) -> tuple[NDArray[np.bool_], Words]:
    """Which of some customers have a row, and the bits of each by word."""
    places, has = np.searchsorted(ids, rows["customer_id"].to_numpy()), np.zeros(len(ids), np.bool_)
    has[places] = True
    words = {}
    for word in columns:
        if word != "customer_id":
            words[word] = np.zeros(len(ids), np.int64)
            words[word][places] = rows[word].to_numpy()
    return has, words
