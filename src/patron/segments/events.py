"""Which rows of a stream a condition means: their kind, what their columns hold, and the window they happened in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, assert_never

import ibis

from patron.kernel.money import exponent
from patron.kernel.time import MICROSECOND, literal, parse_instant
from patron.segments.streams import SITE, site_rows, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.segments import tree as t
    from patron.segments.streams import Stream


def events_in(events: Iterable[t.Events], facts: Facts) -> ir.Table:
    """The events of one stream and window that any of these ask for, of known customers."""
    asked = tuple(dict.fromkeys(events))
    stream = stream_of(asked[0].kind)
    rows = in_window(stream, asked[0].window, facts)
    rows = rows.filter(rows.customer_id.notnull())
    if len(asked) == 1:
        return rows.filter(matches(rows, asked[0], facts))
    return rows.filter(rows.kind.isin(sorted({e.kind for e in asked}))) if stream is SITE else rows


def in_window(stream: Stream, window: t.Window, facts: Facts) -> ir.Table:
    """The rows of a stream that happened in a window."""
    last = None if window.last is None else timedelta(seconds=window.last)
    rows = stream.rows(facts) if stream is not SITE or last is None else site_rows(facts.events_in_last(last))
    tests = window_tests(rows, window, facts)
    return rows.filter(*tests) if tests else rows


def window_tests(rows: ir.Table, window: t.Window, facts: Facts) -> list[ir.BooleanValue]:
    """What must be true of a row that happened in a window."""
    calendar = facts.shop.calendar
    tests = []
    if window.last is not None:
        tests.append(rows.occurred_at >= facts.ago(timedelta(seconds=window.last)))
    if window.since:
        tests.append(rows.occurred_at >= literal(parse_instant(window.since, calendar)))
    if window.before:
        tests.append(rows.occurred_at < literal(parse_instant(window.before, calendar)))
    return tests


def matches(rows: ir.Table, events: t.Events, facts: Facts) -> ir.BooleanValue:
    """Whether a row of a stream is such an event; never null."""
    stream = stream_of(events.kind)
    tests = [rows.kind == events.kind] if stream is SITE else []
    tests += [
        _test(rows[f.column], f, 10 ** exponent(facts.shop.currency) if stream.columns[f.column] == "money" else 1) for f in events.filters
    ]
    return reduce(and_, tests, ibis.literal(True))


def _test(column: ir.Value, wanted: t.Filter, scale: int) -> ir.BooleanValue:
    subject = column if column.type().is_string() else column.cast("float64")
    options = [o if isinstance(o, str) else float(Decimal(str(o)) * scale) for o in wanted.options]
    match wanted.test:
        case "is":
            found = subject.isin(options)
        case "contains":
            found = reduce(or_, [subject.lower().contains(str(o).lower()) for o in options])
        case "starts_with":
            found = reduce(or_, [subject.lower().startswith(str(o).lower()) for o in options])
        case "at_least":
            found = subject >= options[0]
        case "below":
            found = subject < options[0]
        case _:
            assert_never(wanted.test)
    return found.fill_null(False)


def leaves_at(instant: ir.TimestampValue, last: int) -> ir.TimestampValue:
    """The first instant at which something that happened is outside the window that begins `last` seconds before as of."""
    return instant + ibis.interval(seconds=last) + MICROSECOND
