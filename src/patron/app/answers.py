"""The answers that are kept: features, memberships, and the instant that the last refresh or tick brought them to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from operator import itemgetter
from typing import TYPE_CHECKING

import ibis

from patron.facts.as_of import PREDICTIONS
from patron.kernel.errors import NotYetError
from patron.kernel.tables import type_of
from patron.runtime.memberships import CURRENT, REFRESHES, SLOTS, slots_of
from patron.runtime.pipeline import FEATURES
from patron.runtime.reached import TICKS, stands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.app.project import Project
    from patron.runtime.moves import Slot

_NEXT = {PREDICTIONS: "run `patron predict`"}
_WORDS = "the definitions have changed since the last refresh. Run `patron refresh`"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the last refresh worked out, and ticks have kept up to date since.

    Attributes:
        as_of: the instant the answers are for.
        features: customer_id and every feature, one row per customer.
        bits: customer_id and membership bits, one row per customer.
        slots: where each segment's bit is.
        customers: how many customers were known.
    """

    as_of: datetime
    features: ir.Table
    bits: ir.Table
    slots: Mapping[str, Slot]
    customers: int

    def is_member(self, bits: ir.Table, segment: str) -> ir.BooleanValue:
        """Whether a row of `bits` is in a segment.

        Raises:
            NotYetError: the segment is newer than the last refresh.
        """
        slot = self.slots.get(segment)
        if slot is None:
            raise NotYetError(f"The segment {segment!r} is not worked out yet: {_WORDS}.")
        return (bits[slot.word] & slot.mask) != 0

    def members(self, segment: str) -> ir.Table:
        """The features of a segment's members."""
        ids = self.bits.filter(self.is_member(self.bits, segment)).select("customer_id")
        return self.features.semi_join(ids, "customer_id")


def waits_for(lacks: Sequence[str]) -> str:
    """What something waits for and what to do about it, as the end of a sentence."""
    todo = [_NEXT[name] for name in lacks if name in _NEXT]
    loads = ["the project holds none yet"] if any(name not in _NEXT for name in lacks) else []
    return f"is waiting for {' and '.join(lacks)}: {', and '.join([*loads, *todo])}."


def answers_as_of(project: Project) -> datetime:
    """The instant of the answers that are kept now.

    Raises:
        NotYetError: nothing was loaded or worked out yet; the sentence says what to do next.
    """
    store, there = project.store, project.store.tables()
    refreshes = store.pick(REFRESHES.name, ("refreshed_at", "as_of")) if FEATURES in there else []
    if not refreshes:
        if not project.facts(project.clock.now()).known:
            raise NotYetError("The project holds no orders yet. Load some: `patron load lines FILE`, or `patron load shopify FILES`.")
        raise NotYetError("Nothing has been worked out yet. Run `patron refresh`.")
    ticked = stands(store, "")[1] if TICKS.name in there else None
    return ticked or max(refreshes, key=itemgetter("refreshed_at"))["as_of"].replace(tzinfo=UTC)


def last_answers(project: Project) -> Answers:
    """The answers that are kept now.

    Raises:
        NotYetError: nothing was loaded or worked out yet; the sentence says what to do next.
    """
    store, as_of = project.store, answers_as_of(project)
    kinds = {f.name: type_of(f.kind) for f in project.definitions.catalog.values()}
    stored = store.columns(FEATURES)
    missing = [name for name in kinds if name not in stored]
    if missing:
        raise NotYetError(f"The feature {missing[0]!r} is not worked out yet: {_WORDS}.")
    features = ibis.table({"customer_id": "int64", **{name: kinds[name] for name in stored if name in kinds}}, name=FEATURES)
    bits = ibis.table(dict.fromkeys(store.columns(CURRENT), "int64"), name=CURRENT)
    return Answers(
        as_of=as_of,
        features=features,
        bits=bits,
        slots={slot.segment: slot for slot in slots_of(store.query(SLOTS.unbound()))},
        customers=store.query(bits.aggregate(n=bits.count()))["n"][0].as_py(),
    )
