"""Static lists: the members of a segment frozen as they are now, to be kept whatever happens to them later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.segments.definition import Definition
    from patron.segments.plan import Plan


def frozen(definition: Definition, slug: str, *, name: str = "") -> Definition:
    """The definition of a segment that holds the present members of another for good.

    Args:
        definition: of the segment to freeze.
        slug: of the frozen one; its list is called the same.
        name: for people; else that of the segment, marked as frozen.
    """
    return replace(
        definition, slug=slug, name=name or f"{definition.name}, frozen", kind="frozen", where="", list_name=slug, members_file="",
        centroids=None, number=0, suggest=(), file=f"{slug}.toml",
    )  # fmt: skip


def frozen_members(plan: Plan, slug: str, stats: Mapping[str, object], *, list_name: str, now: datetime) -> ir.Table:
    """Rows of `facts.LIST_MEMBERS`: the members of a segment, put on a list now.

    Args:
        plan: with the segment.
        slug: the segment.
        stats: the row of `plan.statistics`.
        list_name: of the list.
        now: when they are put on it; answers as of later instants know of it.
    """
    everybody = plan.memberships(stats)
    members = everybody.filter(everybody[slug])
    return members.select(list_name=ibis.literal(list_name), customer_id=members.customer_id, added_at=literal(now))
