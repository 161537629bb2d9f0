"""What identities are worked out from, in one row of figures: when they are as they were, nothing has to be resolved again."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PRIME = 1_000_003  # sums of remainders cannot overflow


def evidence(identifiers: ir.Table, links: ir.Table, profiles: ir.Table, merges: ir.Table) -> ir.Table:
    """One row of whole numbers that changes with whatever resolving reads.

    Args:
        identifiers: `facts.IDENTIFIERS`.
        links: `facts.LINKS`.
        profiles: `facts.PROFILES`; a profile that changes is received again.
        merges: `facts.MERGES`.
    """
    parts = (
        _figures(identifiers, "identifier_id", "first_seen_at", "received_at", strength=identifiers.strength),
        _figures(links, "link_id", "observed_at"),
        _figures(profiles, "profile_id", "updated_at", "received_at"),
        _figures(merges.filter(merges.undone_at.notnull()), "merge_id"),
    )
    return reduce(lambda left, right: left.cross_join(right), parts)


def _figures(rows: ir.Table, key: str, *instants: str, **numbers: ir.IntegerValue) -> ir.Table:
    sums = {key: rows[key] % _PRIME, **numbers}
    for name in instants:
        sums[f"{name}_seconds"] = rows[name].epoch_seconds().cast("int64")
        sums[f"{name}_millis"] = rows[name].millisecond().cast("int64")
    named = {f"{key}_{name}": ibis.coalesce(value.sum().cast("int64"), 0) for name, value in sums.items()}
    return rows.aggregate(**named, **{f"{key}_count": rows.count(), **{f"{key}_{n}_known": rows[n].count() for n in instants}})
