"""Events in an order: a sequence found by running maxima over each customer's events, in one pass per step and without a self-join.

For each event that could be a step, the latest beginning that leads to it is carried along; a later beginning is never worse, because it
leaves more of `within` and less room for an absent event.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING

import ibis

from patron.segments.events import in_window, leaves_at, matches
from patron.segments.streams import stream_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.segments import tree as t

_INSTANT = "timestamp(6)"
_NEVER = "9999-12-31"


def sequence_rows(sequence: t.Sequence, facts: Facts, *, column: str, edge: str) -> ir.Table:
    """One row per customer with any of the events.

    Returns:
        customer_id; `column`: when the latest sequence that is complete began, null without one; `edge`: the first instant at which
        that can change by itself: the sequence leaves the window, or the time for an absent last step has run out.
    """
    rows = _marked(sequence, facts)
    by = ["customer_id", *sequence.same]
    present = [i for i, step in enumerate(sequence.steps) if not step.is_absent]
    rows = rows.mutate(began=ibis.ifelse(rows.s0, rows.happened_at, ibis.null(_INSTANT)))
    for before, after in pairwise(present):
        rows = _followed(rows, sequence, before, after, by)
    return _found(rows, sequence, facts, by).group_by("customer_id").aggregate(**_columns(sequence, column, edge))


def _marked(sequence: t.Sequence, facts: Facts) -> ir.Table:
    """Events of known customers that could be a step: when, and for each step whether they are it (s0, s1 …)."""
    parts = []
    names = dict.fromkeys(stream_of(step.events.kind).name for step in sequence.steps)
    for name in names:
        stream = next(s for step in sequence.steps if (s := stream_of(step.events.kind)).name == name)
        rows = in_window(stream, sequence.window, facts)
        steps = {
            f"s{i}": matches(rows, step.events, facts) if stream_of(step.events.kind).name == name else ibis.literal(False)
            for i, step in enumerate(sequence.steps)
        }
        same = {column: rows[column] for column in sequence.same}
        marked = rows.select(customer_id=rows.customer_id, happened_at=rows.occurred_at, row_id=rows.row_id, **same, **steps)
        known = [marked[c].notnull() for c in ("customer_id", *sequence.same)]
        parts.append(marked.filter(reduce(or_, [marked[s] for s in steps]), *known))
    return parts[0] if len(parts) == 1 else ibis.union(*parts, distinct=False)


def _followed(rows: ir.Table, sequence: t.Sequence, before: int, after: int, by: list[str]) -> ir.Table:
    """`began` moved on: from events that are step `before` to those that are step `after`."""
    steps = sequence.steps
    earlier = _earlier(rows, by, is_strict=_alike(steps[before], steps[after]))
    if after == before + 2:
        rows = rows.mutate(next_absent=_next_absent(rows, sequence, before, by))
        rows = rows.mutate(
            latest=rows.began.max().over(earlier),
            spared=ibis.ifelse(rows.began.notnull(), rows.next_absent, ibis.null(_INSTANT)).max().over(earlier),
        )
        follows = rows[f"s{after}"] & (rows.spared >= rows.happened_at)
    else:
        rows = rows.mutate(latest=rows.began.max().over(earlier))
        follows = rows[f"s{after}"] & rows.latest.notnull()
    if sequence.within is not None:
        follows = follows & (rows.happened_at < rows.latest + ibis.interval(seconds=sequence.within))
    return rows.mutate(began=ibis.ifelse(follows.fill_null(False), rows.latest, ibis.null(_INSTANT)))


def _earlier(rows: ir.Table, by: list[str], *, is_strict: bool) -> ir.Value:
    """The events that a step may follow: those at the same instant too, but of two alike only the one before."""
    if is_strict:
        return ibis.window(group_by=by, order_by=[rows.happened_at, rows.row_id], preceding=(None, 1))
    return ibis.range_window(group_by=by, order_by=rows.happened_at, preceding=None, following=0)


def _next_absent(rows: ir.Table, sequence: t.Sequence, before: int, by: list[str]) -> ir.TimestampValue:
    """When the event that must be absent after step `before` happens next, from the same instant on; the end of time if never."""
    absent = sequence.steps[before + 1]
    if _alike(sequence.steps[before], absent):
        later = ibis.window(group_by=by, order_by=[rows.happened_at, rows.row_id], following=(1, None))
    else:
        later = ibis.range_window(group_by=by, order_by=rows.happened_at, preceding=0, following=None)
    found = ibis.ifelse(rows[f"s{before + 1}"], rows.happened_at, ibis.null(_INSTANT)).min().over(later)
    return found.fill_null(ibis.literal(_NEVER, type=_INSTANT))


def _alike(one: t.Happening, other: t.Happening) -> bool:
    return one.events.kind == other.events.kind


def _found(rows: ir.Table, sequence: t.Sequence, facts: Facts, by: list[str]) -> ir.Table:
    """Each complete sequence by its beginning (`complete`), and when the last step of others will have stayed absent (`pending`)."""
    none = ibis.null(_INSTANT)
    if not sequence.steps[-1].is_absent:
        return rows.select("customer_id", complete=rows.began, pending=none)
    last = len(sequence.steps) - 2
    rows = rows.mutate(next_absent=_next_absent(rows, sequence, last, by))
    if sequence.within is None:
        spared = rows.next_absent == ibis.literal(_NEVER, type=_INSTANT)
        return rows.select("customer_id", complete=ibis.ifelse(spared, rows.began, none), pending=none)
    rows = rows.mutate(until=rows.began + ibis.interval(seconds=sequence.within))
    spared = (rows.next_absent >= rows.until).fill_null(False)
    over = rows.until <= facts.now
    return rows.select(
        "customer_id",
        complete=ibis.ifelse((spared & over).fill_null(False), rows.began, none),
        pending=ibis.ifelse((spared & ~over).fill_null(False), rows.until, none),
    )


def _columns(sequence: t.Sequence, column: str, edge: str) -> dict[str, object]:
    found = {column: ibis._.complete.max()}
    last = sequence.window.last
    if last is not None:
        found[edge] = ibis.least(leaves_at(ibis._.complete.max(), last), ibis._.pending.min())
    elif sequence.steps[-1].is_absent and sequence.within is not None:
        found[edge] = ibis._.pending.min()
    return found
