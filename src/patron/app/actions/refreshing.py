"""Working out the answers of a project as of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.kernel.time import iso, parse_instant
from patron.runtime import pipeline

if TYPE_CHECKING:
    from datetime import date, datetime

    import ibis

    from patron.app.project import Project
    from patron.runtime.loading_options import Progress


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh worked out."""

    as_of: datetime
    customers: int
    features: int
    segments: int
    waiting: int
    changed: int
    recorded: bool

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "as_of": iso(self.as_of),
            "customers": self.customers,
            "features": self.features,
            "segments": self.segments,
            "waiting": self.waiting,
            "changed": self.changed,
            "recorded": self.recorded,
        }


def refresh(project: Project, *, as_of: str = "", progress: Progress) -> Refreshed:
    """Work out features, scores and segments as of an instant, or now.

    Raises:
        InputError: nothing was loaded yet, the instant cannot be read, or amounts are in a currency without a rate.
    """
    now = project.clock.now()
    instant = parse_instant(as_of, project.shop.calendar, where="--as-of") if as_of else now
    facts = project.facts(instant)
    if not facts.known:
        raise InputError("The project holds no facts yet. Load some: `patron load lines FILE`, or `patron load shopify FILES`.")
    check_rates(project, facts.currencies)
    done = pipeline.refresh(project.store, project.definitions, facts, now=now, progress=progress)
    waiting = project.waiting(instant)
    return Refreshed(
        as_of=instant,
        customers=done.customers,
        features=len(project.definitions.catalog.visible()),
        segments=len(project.definitions.segments.definitions) - len(waiting),
        waiting=len(waiting),
        changed=done.changed,
        recorded=done.recorded,
    )


def check_rates(project: Project, currencies: frozenset[str]) -> None:
    """Refuse to add amounts of currencies that no rate converts.

    Raises:
        InputError: names each currency and the first day that lacks a rate.
    """
    problems = []
    for code in sorted(currencies):
        orders, rates = t.ORDERS.unbound(), t.RATES.unbound()
        first_order = _first(project, orders.filter(orders.currency == code).aggregate(first=orders.ordered_at.min().date()))
        first_rate = _first(project, rates.filter(rates.currency == code).aggregate(first=rates.starts_on.min()))
        if first_rate is None or (first_order is not None and first_rate > first_order):
            place = f"rates of {code}"
            problems.append(
                Problem(place, str(first_rate or "none"), f"a rate from {first_order} on", "load them with `patron load rates FILE`")
            )
    if problems:
        shop = project.shop.currency
        raise InputError(
            f"Some orders are in a currency that cannot be converted to {shop}: the shop's currency is set in patron.toml.", problems
        )


def _first(project: Project, row: ibis.Table) -> date | None:
    found: date | None = project.store.query(row).column("first")[0].as_py()
    return found
