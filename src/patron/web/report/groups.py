"""Groups of customers: the RFM grid and its groups, movement between them, and segments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from patron.web.report import charts
from patron.web.report.figure import NOTHING, Cell, Figure, Key, Table, bar, heat
from patron.web.report.words import ACTIVE, GROUPS, count, day, group, money, of_hundred, percent, short_money, things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.measurement.report import Flow, Movement, ReportData, Rfm, RfmCell, Segment

_MOVES = 10
_SEGMENTS = 12
_BEST = 4  # the score from which on somebody is recent, or frequent


def figures(data: ReportData) -> Iterator[Figure]:
    """Every picture of groups that the data can fill."""
    if data.rfm.cells:
        yield grid(data.rfm)
    if data.rfm.groups:
        yield groups(data.rfm)
    if data.movement and data.movement.flows:
        yield movement(data.movement, data)


def grid(rfm: Rfm) -> Figure:
    """Customers by how recently and how often they bought."""
    by_place = {(c.r_score, c.f_score): c for c in rfm.cells}
    people = sum(c.customers for c in rfm.cells)
    highest = max(c.customers for c in rfm.cells)
    rows: list[tuple[Cell | str, ...]] = [
        (_recency(r), *(_grid_cell(by_place.get((r, f)), highest) for f in range(1, 6))) for r in range(5, 0, -1)
    ]
    columns = ("Last order", ">rarely", ">2", ">3", ">4", ">very often")
    best = [c for c in rfm.cells if c.r_score >= _BEST and c.f_score >= _BEST]
    total = sum(c.net_revenue.minor for c in rfm.cells)
    sentence = f"{of_hundred(sum(c.customers for c in best) / people)} of 100 customers bought both recently and often (top right)"
    if total > 0:
        sentence += f"; they brought {percent(sum(c.net_revenue.minor for c in best) / total)} of the money"
    return Figure(
        "rfm",
        "How recently and how often",
        sentence + ".",
        shown=(Table("Customers by recency (rows) and frequency (columns)", columns, tuple(rows), "heat"),),
        note=(
            "Each field shows how many customers it holds and what they have brought in all. From bottom to top the last order is more "
            "recent, from left to right orders are more. Scores from 1 to 5 cut the shop's own customers into five; ties stay together, so "
            "that some fields may be empty."
        ),
    )


def _recency(score: int) -> str:
    return {5: "5: most recent", 1: "1: longest ago"}.get(score, str(score))


def _grid_cell(cell: RfmCell | None, highest: int) -> Cell:
    return heat(count(cell.customers), cell.customers, highest, small=short_money(cell.net_revenue)) if cell else Cell("")


def groups(rfm: Rfm) -> Figure:
    """The RFM groups with their people and money."""
    order = {name: i for i, name in enumerate(GROUPS)}
    known = sorted(rfm.groups, key=lambda g: order.get(g.group, len(order)))
    most, people = max(g.net_revenue.minor for g in known), max(g.customers for g in known)
    rows = tuple(
        (
            group(g.group),
            bar(count(g.customers), g.customers, people, small=percent(g.share)),
            bar(money(g.net_revenue), g.net_revenue.minor, most, small=percent(g.revenue_share)),
        )
        for g in known
    )
    top = max(known, key=lambda g: g.net_revenue.minor)
    silent = [g for g in known if g.group not in ACTIVE]
    return Figure(
        "rfm-groups",
        "Eleven groups",
        (
            f"{group(top.group)} are {percent(top.share)} of customers and brought {percent(top.revenue_share)} of the money; "
            f"{things(sum(g.customers for g in silent), 'customer')} have fallen silent."
        ),
        shown=(Table("RFM groups", ("Group", ">Customers", ">Net revenue"), rows, "bars"),),
        note="Fallen silent: about to sleep, at risk, cannot lose, hibernating and lost.",
    )


def movement(moved: Movement, data: ReportData) -> Figure:
    """Who moved between groups since an earlier instant."""
    since = day(moved.since.date())
    names = [g for g in GROUPS if g]
    then, now = Counter[str](), Counter[str]()
    for flow in moved.flows:
        then[flow.was] += flow.customers
        now[flow.is_now] += flow.customers
    widest = max((abs(now[g] - then[g]) for g in names), default=1)
    rows = tuple((group(g), count(then[g]), count(now[g]), _change(g, now[g] - then[g], widest)) for g in names if then[g] or now[g])
    moves = [f for f in moved.flows if f.was and f.is_now and f.was != f.is_now][:_MOVES]
    drawn = [charts.Row(f"{group(f.was)} → {group(f.is_now)}", count(f.customers), bars=((_direction(f), f.customers),)) for f in moves]
    return Figure(
        "movement",
        "Who moved",
        _movement_caption(moved.flows, since),
        charts.both(lambda w: charts.rows("The largest moves between groups", drawn, w)) if drawn else NOTHING,
        shown=(Table(f"Customers on {since} and on {day(data.as_of_on)}", ("Group", ">Then", ">Now", ">Change"), rows, "bars"),),
        keys=(Key("a", "into a group that still buys"), Key("c", "into a group that has fallen silent")) if drawn else (),
        numbers=_matrix(moved.flows, names),
        note="Only moves of customers who had an order at both instants are drawn; customers won since then are in the table.",
    )


def _movement_caption(flows: Sequence[Flow], since: str) -> str:
    lost = sum(f.customers for f in flows if f.was in ACTIVE and f.is_now and f.is_now not in ACTIVE)
    back = sum(f.customers for f in flows if f.was and f.was not in ACTIVE and f.is_now in ACTIVE)
    new = sum(f.customers for f in flows if not f.was)
    won = f" and {things(new, 'customer')} placed a first order" if new else ""
    return f"Since {since}, {things(lost, 'active customer')} fell silent, {things(back, 'silent customer')} came back{won}."


def _direction(flow: Flow) -> str:
    return "a" if flow.is_now in ACTIVE else "c"


def _change(name: str, difference: int, widest: int) -> Cell:
    """How much a group grew: growth of a silent group is a loss."""
    is_loss = (difference < 0) == (name in ACTIVE)
    return Cell(("+" if difference > 0 else "") + count(difference), bar=abs(difference) / max(widest, 1), is_back=is_loss)


def _matrix(flows: Sequence[Flow], names: Sequence[str]) -> Table:
    counts = {(f.was, f.is_now): f.customers for f in flows}
    rows = tuple((group(was), *(count(counts[was, g]) if (was, g) in counts else "" for g in names)) for was in [*names, ""])
    return Table("From the group in the row to the group in the column", ("From", *(f">{group(g)}" for g in names)), rows)


def segments(given: Sequence[Segment]) -> Iterator[Figure]:
    """All segments; those that wait for facts are named under the table."""
    ready = [s for s in given if s.members is not None]
    held = [s for s in ready if s.members]
    if not held:
        return
    held.sort(key=lambda s: (-_minor(s), s.slug))
    most, money_most = max(s.members or 0 for s in held), max(_minor(s) for s in held)
    rows: list[tuple[Cell | str, ...]] = [
        (
            Cell(s.name, small=s.meaning),
            bar(count(s.members or 0), s.members or 0, most, small=percent(s.share)),
            bar(money(s.net_revenue), _minor(s), money_most),
        )
        for s in held[:_SEGMENTS]
    ]
    largest = max(held, key=lambda s: s.members or 0)
    label = "All segments" if len(held) <= _SEGMENTS else f"The {_SEGMENTS} segments with the most net revenue"
    yield Figure(
        "all-segments",
        "All segments",
        (
            f"{things(len(held), 'segment')} {'holds' if len(held) == 1 else 'hold'} somebody; the largest is “{largest.name}” "
            f"with {things(largest.members or 0, 'customer')}."
        ),
        shown=(Table(label, ("Segment", ">Members", ">Net revenue"), tuple(rows), "bars words"),),
        numbers=_all_segments(held),
        note=f"A customer can be in several segments; net revenue is all that members have brought so far.{_empty(ready)}{_waiting(given)}",
    )


def _minor(segment: Segment) -> int:
    return segment.net_revenue.minor if segment.net_revenue else 0


def _all_segments(held: Sequence[Segment]) -> Table:
    has_margin = any(s.margin for s in held)
    rows = tuple(
        (
            Cell(s.name, small=s.meaning),
            count(s.members or 0),
            percent(s.share),
            money(s.net_revenue),
            *((money(s.margin),) if has_margin else ()),
            s.advice,
        )
        for s in held
    )
    columns = ("Segment", ">Members", ">Share", ">Net revenue", *((">Margin",) if has_margin else ()), "What to do")
    return Table("Every segment that holds somebody", columns, rows)


def _empty(ready: Sequence[Segment]) -> str:
    empty = sum(1 for s in ready if not s.members)
    return f" {things(empty, 'segment')} {'holds' if empty == 1 else 'hold'} nobody now." if empty else ""


def _waiting(given: Sequence[Segment]) -> str:
    waiting = [s for s in given if s.waiting_for]
    if not waiting:
        return ""
    lacking = sorted({w for s in waiting for w in s.waiting_for})
    words = ", ".join(w.replace("_", " ") for w in lacking)
    return f" {things(len(waiting), 'more segment')} {'waits' if len(waiting) == 1 else 'wait'} for facts that are not loaded yet: {words}."
