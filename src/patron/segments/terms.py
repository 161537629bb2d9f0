"""What conditions ask of events, lists and history, worked out per customer: the table `segment_terms`.

Tallies of the same stream and window share one pass; each distinct term is worked out once, however many segments use it. Beside a term
that slides stands the instant at which it can next change: `edge_of`.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, assert_never

import ibis

from patron.kernel.errors import InvariantError
from patron.kernel.steps import Step
from patron.segments import tree as t
from patron.segments.events import events_in, leaves_at, matches, window_tests
from patron.segments.sequences import sequence_rows
from patron.segments.streams import stream_of
from patron.segments.words import column_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

_TOGETHER = 12  # tables joined in one query

MEMBERSHIP_CHANGES = ibis.table(
    {"customer_id": "int64", "segment": "string", "change": "string", "changed_at": "timestamp(6)"}, name="membership_changes"
)
"""One row per time a customer entered or left a segment; read by entered(…) and left(…)."""


def term_steps(terms: Sequence[t.Term], facts: Facts, *, name: str) -> tuple[Step, ...]:
    """Steps that make the table of terms: customer_id and the columns of each term, one row per customer.

    Args:
        terms: each once.
        facts: facts as of the instant the answer is for.
        name: of the table; tables it is put together from are called the same with a number behind.
    """
    parts = [part for part in _parts(terms, facts) if part is not None]
    if not parts:
        return ()
    steps = [Step(f"{name}_{number}", part, is_kept=False) for number, part in enumerate(parts, 1)]
    made, open_ends = list(steps), steps
    while len(open_ends) > _TOGETHER:  # in bundles, so that no query grows without bound
        bundles = [open_ends[i : i + _TOGETHER] for i in range(0, len(open_ends), _TOGETHER)]
        begun = len(made) + 1
        open_ends = [Step(f"{name}_{number}", _joined(bundle, facts), is_kept=False) for number, bundle in enumerate(bundles, begun)]
        made += open_ends
    return (*made, Step(name, _joined(open_ends, facts), is_kept=False))


def _joined(steps: Sequence[Step], facts: Facts) -> ir.Table:
    """One row per customer with the columns of all these tables."""
    customers = facts.customers.select("customer_id")
    made = [ibis.table(s.expression.schema(), name=s.name).rename({f"_key_{i}": "customer_id"}) for i, s in enumerate(steps)]
    joined = customers
    for i, table in enumerate(made):
        joined = joined.left_join(table, customers.customer_id == table[f"_key_{i}"])
    return joined.select("customer_id", *(c for table in made for c in table.columns if not c.startswith("_key_")))


def beside(rows: ir.Table, step: Step, key: ir.Value, of: str) -> ir.Table:
    """The rows with the columns of a step's table at their side, where its column `of` is the key; null where it has none."""
    made = ibis.table(step.expression.schema(), name=step.name).rename(_key=of)
    joined = rows.left_join(made, key == made._key)
    return joined.select(*rows.columns, *(c for c in made.columns if c != "_key"))


def edge_of(term: t.Term) -> str:
    """The column with the first instant at which a term can change by itself; null when it will not."""
    match term:
        case t.Tally(events, aggregation) if aggregation != "distinct":
            return f"{column_of(t.Tally(events))}_edge"  # whatever is tallied of the same events has the same edge
        case _:
            return f"{column_of(term)}_edge"


def last_edge_of(term: t.Tally) -> str:
    """The column with the instant at which the last of the events leaves the window of a count; null when there are none."""
    return f"{column_of(term)}_last_edge"


def slides(term: t.Term) -> bool:
    """Whether a term changes while nothing happens, at its edge."""
    match term:
        case t.Tally(events):
            return events.window.last is not None
        case t.Moved(_, _, window):
            return window.last is not None
        case t.Sequence(steps, within, _, window):
            return window.last is not None or (steps[-1].is_absent and within is not None)
        case t.DaysSince() | t.InList() | t.Consent():
            return False
        case _:
            assert_never(term)


def _parts(terms: Sequence[t.Term], facts: Facts) -> Iterable[ir.Table | None]:
    groups: dict[tuple[str, t.Window], list[t.Tally | t.DaysSince]] = {}
    for term in terms:
        if isinstance(term, t.DaysSince) or (isinstance(term, t.Tally) and term.aggregation != "distinct"):
            groups.setdefault((stream_of(term.events.kind).name, term.events.window), []).append(term)
    for group in groups.values():
        yield _tallied(group, facts)
    for term in terms:
        if isinstance(term, t.Tally) and term.aggregation == "distinct":
            yield _distinct(term, facts)
        elif isinstance(term, t.Sequence):
            yield sequence_rows(term, facts, column=column_of(term), edge=edge_of(term))
    yield _listed([term for term in terms if isinstance(term, t.InList)], facts)
    yield _moved([term for term in terms if isinstance(term, t.Moved)], facts)
    yield _consented([term for term in terms if isinstance(term, t.Consent)], facts)


def _tallied(group: Sequence[t.Tally | t.DaysSince], facts: Facts) -> ir.Table:
    """One row per customer: the tallies of one stream and window, in one pass."""
    asked = tuple(dict.fromkeys(term.events for term in group))
    rows = events_in(asked, facts)
    found: dict[str, ir.Value] = {}
    for term in group:
        where = None if len(asked) == 1 else matches(rows, term.events, facts)
        found[column_of(term)] = rows.occurred_at.max(where=where) if isinstance(term, t.DaysSince) else _tally(rows, term, where)
        if isinstance(term, t.Tally) and term.events.window.last is not None:
            found[edge_of(term)] = leaves_at(rows.occurred_at.min(where=where), term.events.window.last)
            if term.aggregation == "count":
                found[last_edge_of(term)] = leaves_at(rows.occurred_at.max(where=where), term.events.window.last)
    return rows.group_by("customer_id").aggregate(**found)


def _tally(rows: ir.Table, term: t.Tally, where: ir.BooleanValue | None) -> ir.Value:
    if term.aggregation == "count":
        return rows.count(where=where).cast("int64")
    column = rows[term.column]
    number = column.cast("float64") if column.type().is_decimal() else column
    match term.aggregation:
        case "sum":
            return number.sum(where=where).cast(number.type())
        case "average":
            return number.sum(where=where).cast("float64") / number.count(where=where).cast("float64").nullif(ibis.literal(0.0))
        case "smallest":
            return number.min(where=where)
        case "largest":
            return number.max(where=where)
    message = f"{term.aggregation} is worked out elsewhere"
    raise InvariantError(message)


def _distinct(term: t.Tally, facts: Facts) -> ir.Table:
    """Distinct values counted in two steps, which engines do far faster than in one."""
    rows = events_in([term.events], facts)
    rows = rows.filter(rows[term.column].notnull())
    values = rows.group_by(["customer_id", term.column]).aggregate(earliest=rows.occurred_at.min())
    found = {column_of(term): values.count().cast("int64")}
    if term.events.window.last is not None:
        found[edge_of(term)] = leaves_at(values.earliest.min(), term.events.window.last)
    return values.group_by("customer_id").aggregate(**found)


def _listed(terms: Sequence[t.InList], facts: Facts) -> ir.Table | None:
    """One row per customer on a list: since when, or null, for each list."""
    if not terms:
        return None
    rows = facts.list_members
    rows = rows.filter(rows.list_name.isin([term.name for term in terms]))
    found = {column_of(term): rows.added_at.min(where=rows.list_name == term.name) for term in terms}
    return rows.group_by("customer_id").aggregate(**found)


def _moved(terms: Sequence[t.Moved], facts: Facts) -> ir.Table | None:
    """One row per customer who entered or left one of the segments in its window: when last, or null."""
    if not terms:
        return None
    changes = facts.whose(MEMBERSHIP_CHANGES)
    rows = changes.filter(changes.changed_at < facts.now).rename(occurred_at="changed_at")
    rows = rows.filter(rows.segment.isin(sorted({term.slug for term in terms})))
    found: dict[str, ir.Value] = {}
    for term in terms:
        such = (rows.segment == term.slug) & (rows.change == term.change)
        within = [such, *window_tests(rows, term.window, facts)]
        found[column_of(term)] = rows.occurred_at.max(where=reduce(and_, within))
        if term.window.last is not None:
            found[edge_of(term)] = leaves_at(found[column_of(term)], term.window.last)
    return rows.group_by("customer_id").aggregate(**found)


def _consented(terms: Sequence[t.Consent], facts: Facts) -> ir.Table | None:
    """One row per customer: since when each permission is granted, or null when it is not; of two at an instant a refusal counts."""
    if not terms:
        return None
    rows = facts.consents.filter(lambda consent: consent.customer_id.notnull())
    found: dict[str, ir.Value] = {}
    for term in terms:
        such = (rows.channel == term.channel) & (rows.purpose == term.purpose)
        granted = rows.occurred_at.max(where=such & (rows.status == "granted"))
        refused = rows.occurred_at.max(where=such & (rows.status != "granted"))
        found[column_of(term)] = ibis.ifelse(refused.isnull() | (granted > refused), granted, ibis.null("timestamp(6)"))
    return rows.group_by("customer_id").aggregate(**found)
