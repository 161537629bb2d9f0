"""The referee: everybody's answers worked out from all facts, held against those that ticks have kept.

Both run the same expressions, but the one reads all facts as of a written instant, and the other what touched a few customers at a time.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis

from patron.runtime.memberships import CURRENT, RENEWED
from patron.runtime.renewing import clear, make, recipe

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.ports.engine import Store
    from patron.runtime.pipeline import Definitions


def strays(store: Store, definitions: Definitions, facts: Facts) -> int:
    """How many customers' kept memberships are not what a full recomputation says.

    Args:
        store: brought up to the instant by ticks.
        definitions: what ticks work out.
        facts: of everybody, as of that instant.
    """
    words = dict.fromkeys(store.columns(CURRENT), "int64")
    how = recipe(store, definitions, facts)
    make(store, how)
    try:
        both = _side_by_side(ibis.table(words, name=CURRENT), ibis.table(words, name=RENEWED))
        return int(store.query(both.aggregate(n=both.count()))["n"][0].as_py())
    finally:
        clear(store, how)


def _side_by_side(kept: ir.Table, right: ir.Table) -> ir.Table:
    """The customers for whom two tables of bits differ."""
    words = [c for c in kept.columns if c != "customer_id"]
    other = right.rename({f"_{c}": c for c in right.columns})
    both = kept.outer_join(other, kept.customer_id == other._customer_id)
    return both.filter(reduce(or_, [~both[c].identical_to(both[f"_{c}"]) for c in ("customer_id", *words)]))
