"""Static lists: the members of a segment frozen as they are now, to be kept whatever happens to them later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import literal

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.segments.definition import Definition


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


def listed(members: ir.Table, *, list_name: str, added_at: datetime) -> ir.Table:
    """Rows of `facts.LIST_MEMBERS` for these customers; answers as of instants after `added_at` know of them."""
    return members.select(list_name=ibis.literal(list_name), customer_id=members.customer_id, added_at=literal(added_at))
