"""The referee: everybody's answers worked out from all facts, held against those that ticks have kept.

Both run the same expressions, but the one reads all facts as of a written instant, and the other what touched a few customers at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.runtime.memberships import CURRENT
from patron.runtime.moves import differing
from patron.runtime.renewing import clear, make, recipe, rows_of

if TYPE_CHECKING:
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
    kept = store.query(ibis.table(dict.fromkeys(store.columns(CURRENT), "int64"), name=CURRENT))
    how = recipe(store, definitions, facts)
    make(store, how)
    try:
        return int(differing(kept, rows_of(store, how.answers[-1])).ids.size)
    finally:
        clear(store, how)
