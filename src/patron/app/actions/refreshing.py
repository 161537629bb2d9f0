"""Working out the answers of a project as of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.rates import orders_without_rates, spend_without_rates
from patron.kernel.errors import InputError
from patron.kernel.time import iso, parse_instant
from patron.runtime import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from patron.app.project import Project
    from patron.facts.as_of import Facts
    from patron.ports.engine import Engine
    from patron.runtime.loading_options import Progress
    from patron.runtime.models import Models


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
    notes: tuple[str, ...] = ()

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
            "notes": list(self.notes),
        }


def refresh(project: Project, *, as_of: str = "", progress: Progress, fit: Callable[[Engine, Facts], Models] | None = None) -> Refreshed:
    """Work out features, scores and segments as of an instant, or now.

    Args:
        project: the shop's.
        as_of: the instant; now if empty.
        progress: is told about every table.
        fit: fits models on the way and keeps them; without it the kept ones answer.

    Raises:
        InputError: nothing was loaded yet, the instant cannot be read, or amounts are in a currency without a rate.
    """
    with project.store.transaction():
        now = project.clock.now()
        facts = facts_at(project, as_of)
        instant = facts.as_of
        notes = _check_rates(project, facts.currencies)
        fitting = (lambda engine: fit(engine, facts)) if fit else None
        done = pipeline.refresh(project.store, project.definitions, facts, now=now, progress=progress, fit=fitting)
        waiting = project.waiting(instant)
    return Refreshed(
        as_of=instant,
        customers=done.customers,
        features=len(project.definitions.catalog.visible()),
        segments=len(project.definitions.segments.definitions) - len(waiting),
        waiting=len(waiting),
        changed=done.changed,
        recorded=done.recorded,
        notes=notes,
    )


def facts_at(project: Project, as_of: str = "") -> Facts:
    """The project's facts as of an instant, or now.

    Raises:
        InputError: the instant cannot be read, or nothing was loaded yet.
    """
    instant = parse_instant(as_of, project.shop.calendar, where="--as-of") if as_of else project.clock.now()
    facts = project.facts(instant)
    if not facts.known:
        raise InputError("The project holds no facts yet. Load some: `patron load lines FILE`, or `patron load shopify FILES`.")
    return facts


def _check_rates(project: Project, currencies: frozenset[str]) -> tuple[str, ...]:
    """Refuse to add orders of currencies that no rate converts; say which advertising cost is left out for the same reason.

    Raises:
        InputError: names each currency and the first day that lacks a rate.
    """
    shop = project.shop.currency
    problems = orders_without_rates(project, currencies)
    if problems:
        raise InputError(
            f"Some orders are in a currency that cannot be converted to {shop}, the currency that patron.toml names.", problems
        )
    return tuple(
        f"Advertising cost is left out, since it cannot be converted to {shop}: {p}" for p in spend_without_rates(project, currencies)
    )
