"""Why: a membership or a feature's value, unfolded to the values and facts behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.explaining_predictions import unfolded
from patron.app.actions.standing import the_customer
from patron.app.answers import last_answers
from patron.app.values import as_json, as_text, customer_text
from patron.facts.as_of import PREDICTIONS
from patron.kernel.errors import NotFoundError
from patron.kernel.problems import did_you_mean
from patron.kernel.time import iso
from patron.runtime.memberships import CHANGES
from patron.runtime.pipeline import population
from patron.segments.explain import evidence, explain_query, explanation
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from patron.app.actions.explaining_predictions import Unfolded
    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.features.feature import Feature
    from patron.segments.explain import Explanation


@dataclass(frozen=True, slots=True)
class Change:
    """One entry into a segment or departure from it."""

    at: datetime
    change: str
    why: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"at": iso(self.at), "change": self.change, "why": self.why}


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a customer is in a segment or not, as of the last refresh."""

    customer_id: int
    as_of: datetime
    explanation: Explanation
    events: tuple[dict[str, object], ...]
    history: tuple[Change, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        events = [{**e, "occurred_at": iso(e["occurred_at"])} for e in self.events]  # type: ignore[arg-type]
        return {
            "customer_id": customer_text(self.customer_id),
            "as_of": iso(self.as_of),
            **self.explanation.as_json(),
            "events": events,
            "history": [c.as_json() for c in self.history],
        }

    def lines(self) -> list[str]:
        """For people."""
        found = self.explanation.lines()
        if self.events:
            found += ["", "Events behind it:", *(f"  {e['occurred_at']:%Y-%m-%d %H:%M}  {e['kind']}" for e in self.events)]
        if self.history:
            found += ["", "History:", *(f"  {c.at:%Y-%m-%d %H:%M}  {c.change}, because of {c.why}" for c in self.history)]
        return found


@dataclass(frozen=True, slots=True)
class FeatureExplained:
    """A feature's value, what it means, and how it changes while nothing happens."""

    customer_id: int
    as_of: datetime
    feature: Feature
    value: object
    project: Project
    unfolded: Unfolded | None = None

    def as_json(self) -> dict[str, object]:
        """For programs."""
        f = self.feature
        behind = {"prediction": self.unfolded.as_json()} if self.unfolded else {}
        return {
            "customer_id": customer_text(self.customer_id),
            "as_of": iso(self.as_of),
            "feature": f.name,
            "value": as_json(f.kind, self.value, self.project.shop.currency),
            "unit": f.unit,
            "meaning": f.meaning,
            "needs": list(f.needs),
            **behind,
        }

    def lines(self) -> list[str]:
        """For people."""
        f = self.feature
        lacks = f.missing(self.project.facts(self.as_of).known)
        unknown = f" It needs {' and '.join(f.needs)}." if self.value is None and f.needs and (lacks or PREDICTIONS not in f.needs) else ""
        told = [f"{f.name}: {as_text(f.kind, self.value, self.project.shop.currency)} ({f.unit})", f"{f.meaning}{unknown}"]
        if PREDICTIONS in f.needs and not self.unfolded:
            told.append("Models are fitted and kept by `patron predict`." if lacks else "No order of this customer counts.")
        return [*told, "", *self.unfolded.sentences] if self.unfolded else told


def explain(project: Project, name: str, what: str) -> Explained | FeatureExplained:
    """Why a customer is in a segment or not, or what a feature's value says.

    Raises:
        InputError: the customer, segment or feature is not known; the nearest is named.
    """
    answers = last_answers(project)
    customer_id = the_customer(project, name)
    catalog, segments = project.definitions.catalog, project.definitions.segments.by_slug
    if what in segments:
        return _membership(project, answers, customer_id, what)
    if what in catalog:
        return _feature(project, answers, customer_id, catalog[what])
    hint = did_you_mean(what, [*segments, *(f.name for f in catalog.visible())]).capitalize()
    raise NotFoundError(f"There is no segment or feature {what!r}. {hint}".rstrip())


def _membership(project: Project, answers: Answers, customer_id: int, slug: str) -> Explained:
    catalog = project.definitions.catalog
    plan = Plan(project.definitions.segments.only([slug]), catalog, project.facts(answers.as_of), terms_name="explain_terms")
    stats = population(project.store, plan, temporary=True)
    rows = project.store.query(explain_query(plan, slug, stats, [customer_id])).to_pylist()
    if not rows:
        raise NotFoundError(f"The customer was not known yet as of {answers.as_of:%Y-%m-%d %H:%M} UTC.")
    events = evidence(plan, slug, customer_id)
    found = tuple(project.store.query(events).to_pylist()) if events is not None else ()
    return Explained(customer_id, answers.as_of, explanation(plan, slug, rows[0]), found, _history(project, customer_id, slug))


def _history(project: Project, customer_id: int, slug: str) -> tuple[Change, ...]:
    changes = CHANGES.unbound()
    rows = project.store.query(changes.filter(changes.customer_id == customer_id, changes.segment == slug)).to_pylist()
    rows.sort(key=lambda r: r["changed_at"])
    return tuple(Change(r["changed_at"], r["change"], r["why"]) for r in rows)


def _feature(project: Project, answers: Answers, customer_id: int, feature: Feature) -> FeatureExplained:
    rows = project.store.query(answers.features.filter(answers.features.customer_id == customer_id).select(feature.name)).to_pylist()
    if not rows:
        raise NotFoundError(f"The customer was not known yet as of {answers.as_of:%Y-%m-%d %H:%M} UTC.")
    behind = unfolded(project, answers, customer_id, feature.name) if feature.family == "predictions" else None
    return FeatureExplained(customer_id, answers.as_of, feature, rows[0][feature.name], project, behind)
