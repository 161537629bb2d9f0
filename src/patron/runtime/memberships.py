"""Who is in which segment, kept: a bit a segment, and every change since the first refresh.

A segment has a slot for good; slot s is bit s % 62 of column bits_{s // 62}. `memberships` is the same as a view with a boolean a
segment. `membership_changes` holds who entered or left between two refreshes; what was before the first refresh is not known and not
claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
from ibis import selectors

from patron.kernel.arrow import arrow_rows
from patron.kernel.expressions import said_once
from patron.kernel.ids import derived
from patron.kernel.tables import Column, Table
from patron.kernel.time import in_utc, literal
from patron.runtime.cells import FEW, changed_cells
from patron.runtime.moves import Differing, Slot, differing
from patron.runtime.remembered import only
from patron.runtime.touching import TOUCHED_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from patron.ports.engine import Engine, Store
    from patron.runtime.moves import Moves
    from patron.runtime.remembered import Ids

    Texts = Sequence[str] | NDArray[np.str_]

SLOTS = Table(
    "segment_slots",
    "one row per segment that ever was: its place among the bits",
    ("segment",),
    (
        Column("segment", "text", "the segment's slug", required=True),
        Column("slot", "count", "its number, never given to another segment", required=True),
        Column("definition", "id", "hash of the definition that was last evaluated", required=True),
        Column("is_changed", "flag", "whether that definition was new when it was last evaluated", required=True),
        Column("is_current", "flag", "whether the segment still exists", required=True),
    ),
)
CHANGES = Table(
    "membership_changes",
    "one row per customer that entered or left a segment",
    (),
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("segment", "text", "the segment", required=True),
        Column("change", "text", "entered or left", required=True),
        Column("changed_at", "instant", "as of the refresh that found it", required=True),
        Column("why", "text", "facts; time, when only that had passed; definition, when the segment was changed", required=True),
    ),
)
SIZES = Table(
    "segment_sizes",
    "one row per segment and refresh",
    ("segment", "as_of"),
    (
        Column("segment", "text", "the segment", required=True),
        Column("as_of", "instant", "as of", required=True),
        Column("members", "count", "its members", required=True),
    ),
)
REFRESHES = Table(
    "refreshes",
    "one row per refresh",
    (),
    (
        Column("as_of", "instant", "the instant that the answers are for", required=True),
        Column("refreshed_at", "instant", "when it was run", required=True),
        Column("is_recorded", "flag", "whether it added to the history; one that looks back does not", required=True),
        Column("customers", "count", "customers known as of then", required=True),
    ),
)
TABLES = (SLOTS, CHANGES, SIZES, REFRESHES)
CURRENT, RECORDED = "membership_bits", "membership_recorded"
"""The memberships that are kept; and those that the history goes on from, while these are others: after a refresh that looks back."""
RENEWED = "_membership_bits"
"""A temporary table of what those of some customers are now."""
_OLD, _OTHERS = "old_", "_others"


@dataclass(frozen=True, slots=True)
class Done:
    """What keeping the memberships of an instant has done.

    Attributes:
        customers: customers known as of then.
        changed: memberships that changed since the last recorded instant.
        recorded: whether it added to the history.
    """

    customers: int
    changed: int
    recorded: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The places of all segments that ever were, as `SLOTS` shall hold them."""

    rows: pa.Table

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Those of the segments that there are."""
        return slots_of(self.rows)


def slots_of(rows: pa.Table) -> tuple[Slot, ...]:
    """The places of the segments that there are, by rows of `SLOTS`."""
    return tuple(Slot(str(r["segment"]), int(r["slot"]), bool(r["is_changed"])) for r in rows.to_pylist() if r["is_current"])


def places(engine: Engine, definitions: Mapping[str, str]) -> Places:
    """A place for each segment, old ones kept; `definitions` is slug → text of the definition."""
    known = {r["segment"]: r for r in engine.query(SLOTS.unbound()).to_pylist()}
    following = max((r["slot"] for r in known.values()), default=-1) + 1
    rows = []
    for segment, text in definitions.items():
        old = known.get(segment, {"slot": following, "definition": None})
        following += segment not in known
        digest = derived(text)
        changed = old["definition"] != digest
        rows.append({"segment": segment, "slot": old["slot"], "definition": digest, "is_changed": changed, "is_current": True})
    gone = [{**r, "is_current": False} for r in known.values() if r["segment"] not in definitions]
    return Places(arrow_rows(SLOTS, rows + gone))


def keep_recorded(store: Store) -> None:
    """Have what the history goes on from at hand, whatever takes the place of the memberships that are kept."""
    there = store.tables()
    if CURRENT in there and RECORDED not in there:
        store.create(RECORDED, _bits(store, CURRENT))


def keep_memberships(store: Store, of: Places, *, as_of: datetime, now: datetime) -> Done:
    """Keep, of the memberships in `CURRENT`, what changed since the last recorded ones; a refresh that looks back records nothing.

    Args:
        store: the project's store.
        of: the places of their bits.
        as_of: the instant of the answers.
        now: the present.

    Returns:
        How many memberships changed: 0 for the first refresh, and for one that looks back before the last recorded instant.
    """
    instant = in_utc(as_of)
    history = REFRESHES.unbound()
    last = store.query(history.filter(history.is_recorded).aggregate(last=history["as_of"].max())).column("last")[0].as_py()
    is_recorded = last is None or instant >= last
    show_memberships(store, of)
    changed = record_changes(store, of.slots, as_of) if is_recorded else 0
    return note_refresh(store, of, as_of=as_of, now=now, changed=changed, recorded=is_recorded)


def show_memberships(store: Store, of: Places) -> None:
    """Put the segments in the place of those before, with a view that has a boolean for each."""
    store.delete(SLOTS.name, SLOTS.unbound().select("segment"), on=("segment",))
    store.insert(SLOTS.name, of.rows)
    current = _bits(store, CURRENT)
    store.view("memberships", current.select("customer_id", **{s.segment: (current[s.word] & s.mask) != 0 for s in of.slots}))


def record_changes(store: Store, slots: Sequence[Slot], at: datetime) -> int:
    """Add to the history in what everybody's memberships differ from those that were recorded, and go on from them; how many changed."""
    if RECORDED not in store.tables():
        return 0
    current = _bits(store, CURRENT)
    found = store.query(_side_by_side(_bits(store, RECORDED), current))
    then, now = ({word: found[prefix + word].to_numpy() for word in _words(current)} for prefix in (_OLD, ""))
    moves = Differing(found["customer_id"].to_numpy(), then, now).moves(slots)
    why = np.where([slot.is_changed for slot in slots], "definition", "facts")[moves.places]
    store.drop(RECORDED)
    return _keep_moves(store, moves, slots, why, at)


def note_refresh(store: Store, of: Places, *, as_of: datetime, now: datetime, changed: int, recorded: bool = True) -> Done:  # noqa: PLR0913  # said by name
    """Keep that a refresh was made, and how many members each segment has, unless it looks back; what it did."""
    current = _bits(store, CURRENT)
    if recorded:
        sizes = SIZES.unbound()
        store.delete(SIZES.name, sizes.filter(sizes["as_of"] == literal(as_of)).select("segment", "as_of"), on=SIZES.key)
        store.insert(SIZES.name, _sizes(current, of.slots, as_of))
    customers = store.query(current.aggregate(n=current.count())).column("n")[0].as_py()
    instant = in_utc(as_of)
    row = {"as_of": instant, "refreshed_at": now.replace(tzinfo=None), "is_recorded": recorded, "customers": customers}
    store.insert(REFRESHES.name, arrow_rows(REFRESHES, [row]))
    return Done(customers, changed, recorded)


def customers_last(store: Store) -> int:
    """How many customers the last refresh knew of; 0 before the first."""
    rows = REFRESHES.unbound()
    last = store.query(rows.order_by(ibis.desc("refreshed_at")).select("customers").limit(1))["customers"]
    return int(last[0].as_py()) if len(last) else 0


def _bits(store: Store, name: str) -> ir.Table:
    return ibis.table(dict.fromkeys(store.columns(name), "int64"), name=name)


def renew_memberships(store: Store, slots: Sequence[Slot], touched: pa.Table, at: datetime, bits: pa.Table) -> int:
    """Bring the kept memberships of some customers to what they are now; how many changed.

    Args:
        store: it, within a transaction.
        slots: of the segments that there are.
        touched: the customers, as in `TOUCHED`: customer_id, and is_due, whether nothing but time has passed.
        at: the moment.
        bits: theirs, as in `CURRENT`.
    """
    before = kept_bits(store, bits.column_names)
    others = differing(before, bits)
    if others.ids.size:
        _put_bits(store, others.ids, only(before, others.ids), only(bits, others.ids))
    moves = others.moves(slots)
    is_due = np.isin(moves.ids, touched["customer_id"].to_numpy()[touched["is_due"].to_numpy()])
    return _keep_moves(store, moves, slots, np.where(is_due, "time", "facts"), at)


def _put_bits(store: Store, ids: Ids, before: pa.Table, after: pa.Table) -> None:
    """Bring the bits of some customers from what they are to what they shall be."""
    cells = changed_cells(ids, before, after) if ids.size <= FEW else {}
    if len(cells) == ids.size:
        store.amend(CURRENT, cells)
        return
    store.fill(_OTHERS, pa.table({"customer_id": ids}).to_reader(), temporary=True)
    store.renew(CURRENT, after, ibis.table({"customer_id": "int64"}, name=_OTHERS))
    store.drop(_OTHERS, temporary=True)


def kept_bits(store: Store, columns: Sequence[str]) -> pa.Table:
    """The memberships of the customers of `TOUCHED` that are kept."""
    return store.query(_kept_bits(tuple(columns)))


@said_once
def _kept_bits(columns: tuple[str, ...]) -> ir.Table:
    return ibis.table(dict.fromkeys(columns, "int64"), name=CURRENT).semi_join(TOUCHED_ROWS, "customer_id")


def _keep_moves(store: Store, moves: Moves, slots: Sequence[Slot], why: Texts, at: datetime) -> int:
    """Add moves to the history, each with its reason; how many there are."""
    if not moves.ids.size:
        return 0
    return add_changes(store, moves.ids, *moves.said(slots), why=why, at=at)


def add_changes(store: Store, ids: Sequence[int] | Ids, segments: Texts, changes: Texts, *, why: Texts, at: datetime) -> int:  # noqa: PLR0913  # columns
    """Add rows of `CHANGES` that were found at an instant; how many there are."""
    instants = np.full(len(ids), in_utc(at), "datetime64[us]")
    rows = {"customer_id": ids, "segment": segments, "change": changes, "changed_at": instants, "why": why}
    return store.insert(CHANGES.name, pa.table(rows))


def packed(flags: ir.Table, slots: Sequence[Slot]) -> ir.Table:
    """Flags as bits: customer_id and a column per word.

    Args:
        flags: customer_id and one boolean column per segment.
        slots: where each segment's bit is.
    """
    words: dict[str, list[ir.IntegerValue]] = {"bits_0": [ibis.literal(0, "int64")]}
    for slot in slots:
        bit = ibis.ifelse(flags[slot.segment], ibis.literal(slot.mask, "int64"), ibis.literal(0, "int64"))
        words.setdefault(slot.word, []).append(bit)
    return flags.select("customer_id", **{word: reduce(add, bits).cast("int64") for word, bits in sorted(words.items())})


def _side_by_side(before: ir.Table, after: ir.Table) -> ir.Table:
    """The bits of customers in one row each, where there is any difference: those before are called `old_`."""
    words = _words(after)
    then = {_OLD + word: before[word] if word in before.columns else ibis.literal(0, "int64") for word in words}
    old = before.select(_id="customer_id", **then)
    both = after.outer_join(old, after.customer_id == old._id)
    every = {name: both[name].fill_null(0) for name in (*words, *then)}
    bits = both.select(customer_id=ibis.coalesce(both.customer_id, both._id), **every)
    return bits.filter(reduce(or_, [bits[word] != bits[_OLD + word] for word in words]))


def _words(bits: ir.Table) -> list[str]:
    return [c for c in bits.columns if c != "customer_id"]


def _sizes(current: ir.Table, slots: Sequence[Slot], as_of: datetime) -> ir.Table:
    counts = current.aggregate(**{s.segment: ((current[s.word] & s.mask) != 0).sum() for s in slots})
    long = counts.pivot_longer(selectors.all(), names_to="segment", values_to="members")
    return long.select("segment", as_of=literal(as_of), members=long.members.fill_null(0).cast("int64"))
