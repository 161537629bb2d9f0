"""All segments, and the members of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patron.app.answers import last_answers, waits_for
from patron.app.values import as_json, customer_text
from patron.facts.tables import CUSTOMERS
from patron.kernel.errors import InputError, NotFoundError
from patron.kernel.ids import number_of
from patron.kernel.money import Money
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.segments.definition import Definition

MEMBER_COLUMNS = (
    "order_count",
    "net_revenue",
    "net_revenue_365d",
    "mean_order_value",
    "days_since_last_order",
    "lateness",
    "rfm_group",
    "stage",
    "country",
)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows and columns of a list of customers to show.

    Attributes:
        columns: features.
        limit: how many rows; None for all.
        offset: how many rows to pass over first.
        sort: a feature; with "-" before it, the greatest first. Unknown values come last, ties are broken by id.
    """

    columns: tuple[str, ...] = MEMBER_COLUMNS
    limit: int | None = 20
    offset: int = 0
    sort: str = "-net_revenue"


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """One segment as of the last refresh.

    Attributes:
        waiting: fact tables without which it cannot be told; then members and money are None.
    """

    definition: Definition
    members: int | None
    share: float | None
    net_revenue: Money | None
    margin: Money | None
    waiting: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        d = self.definition
        return {
            "segment": d.slug,
            "name": d.name,
            "meaning": d.meaning,
            "why": d.why,
            "advice": d.advice,
            "where": d.where,
            "members": self.members,
            "share": self.share,
            "net_revenue": self.net_revenue and self.net_revenue.as_json(),
            "margin": self.margin and self.margin.as_json(),
            "waiting_for": list(self.waiting),
            "seeds": list(d.seeds),
        }


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments as of an instant."""

    as_of: datetime
    customers: int
    segments: tuple[SegmentSummary, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"as_of": iso(self.as_of), "customers": self.customers, "segments": [s.as_json() for s in self.segments]}


@dataclass(frozen=True, slots=True)
class Members:
    """Some members of a segment, or some customers, with the features asked for.

    Attributes:
        rows: per customer its id and the values of `columns`, in the types of the features table.
    """

    as_of: datetime
    total: int
    offset: int
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...]
    project: Project

    def as_json(self) -> dict[str, object]:
        """For programs."""
        catalog, currency = self.project.definitions.catalog, self.project.shop.currency

        def row(values: Mapping[str, object]) -> dict[str, object]:
            named = {c: as_json(catalog[c].kind, values[c], currency) for c in self.columns}
            return {"customer_id": customer_text(int(str(values["customer_id"]))), "customer_number": values["customer_number"], **named}

        return {"as_of": iso(self.as_of), "total": self.total, "offset": self.offset, "customers": [row(r) for r in self.rows]}


@dataclass(frozen=True, slots=True)
class OneSegment:
    """One segment as of an instant."""

    as_of: datetime
    customers: int
    summary: SegmentSummary

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"as_of": iso(self.as_of), "customers": self.customers, **self.summary.as_json()}


@dataclass(frozen=True, slots=True)
class MembersAfter:
    """Some members of a segment in the order of their ids.

    Attributes:
        next: the cursor behind the last of them; None when there are no more.
    """

    members: Members
    next: str | None

    def as_json(self) -> dict[str, object]:
        """For programs."""
        listed = self.members.as_json()
        return {"as_of": listed["as_of"], "total": listed["total"], "customers": listed["customers"], "next": self.next}


def segments(project: Project) -> Segments:
    """Every segment with its size and money, most net revenue first; those that wait for facts last."""
    answers = last_answers(project)
    waiting = project.waiting(answers.as_of)
    counted = _counted(project, answers, [d.slug for d in project.definitions.segments.definitions if d.slug in answers.slots])
    found = []
    for definition in project.definitions.segments.definitions:
        lacks = waiting.get(definition.slug, ())
        counts = None if lacks else counted.get(definition.slug)
        found.append(_summary(project, definition, counts, answers.customers, lacks))
    found.sort(key=lambda s: (bool(s.waiting), -(s.net_revenue.minor if s.net_revenue else 0), s.definition.slug))
    return Segments(answers.as_of, answers.customers, tuple(found))


def one_segment(project: Project, slug: str) -> OneSegment:
    """One segment with its size and money.

    Raises:
        NotFoundError: there is no such segment; the nearest is named.
    """
    definition = definition_of(project, slug)
    answers = last_answers(project)
    lacks = project.waiting(answers.as_of).get(slug, ())
    counts = None if lacks or slug not in answers.slots else _counted(project, answers, [slug])[slug]
    return OneSegment(answers.as_of, answers.customers, _summary(project, definition, counts, answers.customers, lacks))


def segment(project: Project, slug: str, paging: Paging) -> Members:
    """The members of one segment.

    Raises:
        NotFoundError: there is no such segment; the nearest is named.
        InputError: the segment waits for facts, or there is no such feature; the nearest is named.
    """
    answers = last_answers(project)
    return page(project, answers, _members(project, answers, slug), paging)


def members_after(
    project: Project, slug: str, *, after: str = "", columns: Sequence[str] = MEMBER_COLUMNS, limit: int = 100
) -> MembersAfter:
    """The members of one segment behind a cursor, in the order of their ids: nobody is passed over while others enter and leave.

    Args:
        project: theirs.
        slug: the segment.
        after: the id of a customer; from the beginning if not given.
        columns: features.
        limit: how many at most.

    Raises:
        NotFoundError: there is no such segment; the nearest is named.
        InputError: the cursor cannot be used, the segment waits for facts, or there is no such feature.
    """
    answers = last_answers(project)
    rows = _members(project, answers, slug)
    total = project.store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py()
    number = number_of(after, "cus") if after else -1
    if number is None:
        raise InputError("The cursor cannot be used.", [Problem("after", after, "the id of a customer, as it was told as `next`")])
    listed = rows.filter(rows.customer_id > number).order_by("customer_id").limit(limit)
    paging = Paging(columns=tuple(columns), limit=None, sort=columns[0])
    found = page(project, answers, listed, paging, total=total)
    ordered = replace(found, rows=tuple(sorted(found.rows, key=lambda row: int(str(row["customer_id"])))))
    last = customer_text(int(str(ordered.rows[-1]["customer_id"]))) if len(ordered.rows) == limit else None
    return MembersAfter(ordered, last)


def definition_of(project: Project, slug: str) -> Definition:
    """The definition with a slug.

    Raises:
        NotFoundError: there is none; the nearest is named.
    """
    known = project.definitions.segments.by_slug
    if slug not in known:
        raise NotFoundError(f"There is no segment {slug!r}. {did_you_mean(slug, known).capitalize()}".rstrip())
    return known[slug]


def _members(project: Project, answers: Answers, slug: str) -> ir.Table:
    """The features of a segment's members."""
    definition = definition_of(project, slug)
    lacks = project.waiting(answers.as_of).get(slug, ())
    if lacks:
        raise InputError(f"The segment {definition.name!r} {waits_for(lacks)}")
    return answers.members(slug)


def page(project: Project, answers: Answers, rows: ir.Table, paging: Paging, *, total: int | None = None) -> Members:
    """Some of these customers, sorted by a feature.

    Args:
        project: theirs.
        answers: the last ones.
        rows: features of all of them.
        paging: which of them to show.
        total: how many they are, if that was counted already.

    Raises:
        InputError: no such feature; the nearest is named.
    """
    by = paging.sort.removeprefix("-")
    names = [f.name for f in project.definitions.catalog.visible()]
    for name in (*paging.columns, by):
        if name not in names:
            raise InputError(f"There is no feature {name!r}. {did_you_mean(name, names).capitalize()}".rstrip())
    if total is None:
        total = project.store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py()
    numbered = rows.left_join(CUSTOMERS.unbound().select("customer_id", "customer_number"), "customer_id")
    named = numbered.select("customer_id", "customer_number", *dict.fromkeys([*paging.columns, by]))
    key = named[by].desc(nulls_first=False) if paging.sort.startswith("-") else named[by].asc(nulls_first=False)
    kept = named.order_by(key, named.customer_id).limit(paging.limit, offset=paging.offset)
    return Members(answers.as_of, total, paging.offset, paging.columns, tuple(project.store.query(kept).to_pylist()), project)


def _counted(project: Project, answers: Answers, slugs: Sequence[str]) -> dict[str, tuple[int, int, int | None]]:
    """Members, net revenue and margin of each segment, in one pass."""
    if not slugs:
        return {}
    both = answers.bits.join(answers.features.select("customer_id", "net_revenue", "margin"), "customer_id")
    sums: dict[str, ir.Value] = {}
    for number, slug in enumerate(slugs):
        is_in = answers.is_member(both, slug)
        sums |= {f"n{number}": is_in.sum(), f"r{number}": both.net_revenue.sum(where=is_in), f"m{number}": both.margin.sum(where=is_in)}
    row = project.store.query(both.aggregate(**sums)).to_pylist()[0]
    return {slug: (row[f"n{i}"] or 0, row[f"r{i}"] or 0, row[f"m{i}"]) for i, slug in enumerate(slugs)}


def _summary(
    project: Project, definition: Definition, counts: tuple[int, int, int | None] | None, customers: int, lacks: tuple[str, ...]
) -> SegmentSummary:
    if counts is None:
        return SegmentSummary(definition, None, None, None, None, lacks)
    members, revenue, margin = counts
    currency = project.shop.currency
    return SegmentSummary(
        definition=definition,
        members=members,
        share=members / customers if customers else 0.0,
        net_revenue=Money.from_minor(revenue, currency),
        margin=None if margin is None else Money.from_minor(margin, currency),
        waiting=lacks,
    )
