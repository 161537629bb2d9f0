"""Which segments are worth acting on: what their members brought of late, and how far one segment repeats another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from patron.measurement.rfm import SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

_MOST = 0.4  # of all customers: a larger segment is the shop itself, not a group to act on
_LATE = 2.0  # usual gaps without an order
_SAME = 0.6  # of the smaller of two segments: from there on the second says little new


def stakes(features: ir.Table, memberships: ir.Table, slugs: Sequence[str]) -> ir.Table:
    """Members of each segment and what they brought in the year before.

    Args:
        features: customer_id, net_revenue_365d, rfm_group, lateness.
        memberships: customer_id and one boolean per segment.
        slugs: the segments to look at.

    Returns:
        One row: members_0, stake_0, silent_0 (members who have fallen silent), members_1 …, in the order of `slugs`.
    """
    silent = features.rfm_group.isin(sorted(SILENT)).fill_null(False) | (features.lateness > _LATE).fill_null(False)
    worth = features.select(_id="customer_id", _money="net_revenue_365d", _silent=silent)
    both = memberships.join(worth, memberships.customer_id == worth._id)
    sums: dict[str, ir.Value] = {}
    for number, slug in enumerate(slugs):
        is_in = both[slug].fill_null(False)
        sums |= {
            f"members_{number}": both.count(where=is_in),
            f"stake_{number}": both._money.sum(where=is_in),
            f"silent_{number}": both.count(where=is_in & both._silent),
        }
    return both.aggregate(**sums)


def shared_members(memberships: ir.Table, slugs: Sequence[str]) -> ir.Table:
    """How many members each two segments share: one row, shared_<i>_<j> for i < j in the order of `slugs`."""
    pairs = combinations(range(len(slugs)), 2)
    return memberships.aggregate(
        **{f"shared_{i}_{j}": memberships.count(where=memberships[slugs[i]] & memberships[slugs[j]]) for i, j in pairs}
    )


def candidates(members: Mapping[str, int], stake: Mapping[str, int], *, customers: int, limit: int) -> tuple[str, ...]:
    """Segments with members and money, none of them most of the shop; the most money first."""
    fitting = [s for s, n in members.items() if 0 < n <= _MOST * customers and stake[s] > 0]
    return tuple(sorted(fitting, key=lambda s: (-stake[s], s))[:limit])


def distinct(ranked: Sequence[str], members: Mapping[str, int], shared: Mapping[frozenset[str], int], *, limit: int) -> tuple[str, ...]:
    """The first segments in order that do not mostly repeat one before them."""
    chosen: list[str] = []
    for slug in ranked:
        repeats = any(shared[frozenset((slug, c))] > _SAME * min(members[slug], members[c]) for c in chosen)
        if not repeats and len(chosen) < limit:
            chosen.append(slug)
    return tuple(chosen)
