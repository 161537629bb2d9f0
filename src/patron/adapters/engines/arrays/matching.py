"""Which rows of two sides belong together, by keys; null is the same as nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import codes, concatenated, is_whole, known, numbers, places, taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indices = NDArray[np.int64]


class Pairs(NamedTuple):
    """Rows that stand beside each other: their numbers on each side, null where there is none; None for all as they are."""

    left: pa.Array | None
    right: pa.Array | None


def one_key(*columns: pa.Array) -> tuple[pa.Array, pa.Array]:
    """One key for as many on the left and on the right."""
    many = len(columns) // 2
    left, right = columns[:many], columns[many:]
    size = len(left[0])
    both, _ = codes([concatenated(pair) for pair in zip(left, right, strict=True)], size + len(right[0]))
    return _where_all_known(both[:size], left), _where_all_known(both[size:], right)


def found(left: pa.Array, right: pa.Array) -> pa.Array | None:
    """The rows on the left whose key is on the right."""
    return _flagged(pc.is_in(left, value_set=right, skip_nulls=True))


def not_found(left: pa.Array, right: pa.Array) -> pa.Array | None:
    """The rows on the left whose key is not on the right."""
    return _flagged(pc.invert(pc.is_in(left, value_set=right, skip_nulls=True)))


def every(size: int, others: int) -> Pairs:
    """Each row on the left with each on the right."""
    if others == 1:
        return Pairs(None, pa.array(np.zeros(size, np.int64)))
    return Pairs(pa.array(np.repeat(np.arange(size), others)), pa.array(np.tile(np.arange(others), size)))


def is_unique(keys: pa.Array) -> bool:
    """Whether no key is there twice."""
    if is_whole(keys):
        values = numbers(keys).astype(np.int64, copy=False)
        if (values[1:] >= values[:-1]).all():  # as rows mostly come
            return bool((values[1:] != values[:-1]).all())
    return bool(pc.count_distinct(keys, mode="only_valid").as_py() == len(keys) - keys.null_count)


def always() -> bool:
    """That no key is there twice, where it is known beforehand."""
    return True


def same(left: pa.Array, right: pa.Array, is_right_unique: bool) -> Pairs:  # noqa: FBT001  # worked out before it
    """Rows on both sides whose keys are the same."""
    if not is_right_unique:
        return _matches(left, right)
    rows = pc.index_in(left, value_set=right, skip_nulls=True)
    return Pairs(_flagged(rows.is_valid()), rows.drop_null()) if rows.null_count else Pairs(None, rows)


def same_or_alone(left: pa.Array, right: pa.Array, is_right_unique: bool) -> Pairs:  # noqa: FBT001  # worked out before it
    """Rows on both sides whose keys are the same; and all other rows on the left."""
    if is_right_unique:
        return Pairs(None, pc.index_in(left, value_set=right, skip_nulls=True))
    return with_left(_matches(left, right), len(left), len(right))


def those(pairs: Pairs, rows: pa.Array | None) -> Pairs:
    """Some of the pairs."""
    if rows is None:
        return pairs
    return Pairs(*(rows if side is None else taken(side, rows) for side in pairs))


def on_left(pairs: Pairs, size: int) -> pa.Array:
    """The rows on the left that have any on the right."""
    return places(np.unique(_numbers(pairs.left, size)))


def not_on_left(pairs: Pairs, size: int) -> pa.Array:
    """The rows on the left that have none on the right."""
    return places(np.setdiff1d(np.arange(size), _numbers(pairs.left, size)))


def with_left(pairs: Pairs, size: int, others: int) -> Pairs:
    """All rows on the left too, each where it stands."""
    if pairs.left is None:
        return pairs
    left = _numbers(pairs.left, size)
    alone = np.setdiff1d(np.arange(size), left)
    rows = np.concatenate([left, alone])
    order = np.argsort(rows, kind="stable")
    right = np.concatenate([_numbers(pairs.right, others), np.zeros_like(alone)])
    return Pairs(pa.array(rows[order]), places(right[order], order < len(left)))


def with_both(pairs: Pairs, size: int, others: int) -> Pairs:
    """All rows of both sides too, after them."""
    left, right = _numbers(pairs.left, size), _numbers(pairs.right, others)
    alone, alone_right = np.setdiff1d(np.arange(size), left), np.setdiff1d(np.arange(others), right)
    at = np.arange(len(left) + len(alone) + len(alone_right))
    is_left = at < len(left) + len(alone)
    return Pairs(
        places(np.concatenate([left, alone, np.zeros_like(alone_right)]), is_left),
        places(np.concatenate([right, np.zeros_like(alone), alone_right]), ~is_left | (at < len(left))),
    )


def _matches(left: pa.Array, right: pa.Array) -> Pairs:
    size = len(left)
    both, _ = codes([concatenated([left, right])], size + len(right))
    rows, others = np.flatnonzero(known(left)), np.flatnonzero(known(right))
    others = others[np.argsort(both[size:][others], kind="stable")]
    ordered, wanted = both[size:][others], both[:size][rows]
    begin = np.searchsorted(ordered, wanted, "left")
    counts = np.searchsorted(ordered, wanted, "right") - begin
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return Pairs(pa.array(np.repeat(rows, counts)), pa.array(others[np.repeat(begin, counts) + within]))


def _flagged(flags: pa.Array) -> pa.Array | None:
    rows = pc.indices_nonzero(flags)
    return None if len(rows) == len(flags) else rows


def _numbers(side: pa.Array | None, size: int) -> Indices:
    return np.arange(size) if side is None else side.to_numpy().astype(np.int64, copy=False)


def _where_all_known(codes: Indices, columns: Sequence[pa.Array]) -> pa.Array:
    return places(codes, np.logical_and.reduce([known(column) for column in columns]))
