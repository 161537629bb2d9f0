"""Is the project sound: do its facts agree with each other, and its answers with its facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.app.answers import last_answers
from patron.app.rates import without_rates
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.runtime.memberships import REFRESHES
from patron.runtime.pipeline import FEATURES, features_at
from patron.runtime.reached import reached
from patron.runtime.referee import strays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.app.project import Project

_AGAIN = "features_again"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_sound: bool
    detail: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"name": self.name, "is_sound": self.is_sound, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that was looked at."""

    checks: tuple[Check, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return all(c.is_sound for c in self.checks)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"is_sound": self.is_sound, "checks": [c.as_json() for c in self.checks]}


def doctor(project: Project, *, recompute: bool) -> Health:
    """Look at the project; with `recompute`, work everything out again and compare: features, after ticks of a server memberships."""
    checks = [*_facts(project), *_answers(project)]
    if recompute:
        checks.append(_recomputed(project))
    return Health(tuple(checks))


def _facts(project: Project) -> Iterator[Check]:
    orders, lines, refunds = t.ORDERS.unbound(), t.ORDER_LINES.unbound(), t.REFUNDS.unbound()
    parts = orders.net_revenue + orders.tax + orders.shipping + orders.fees
    yield _none(project, "order totals are the sum of their parts", orders.filter(orders.total != parts), "orders disagree")
    yield _none(project, "order ids are unique", orders.group_by("order_id").having(orders.count() > 1).aggregate(), "orders stand twice")
    yield _none(project, "lines belong to orders", lines.anti_join(orders, "order_id"), "lines without an order")
    products = lines.filter(lines.kind == "product").group_by("order_id").aggregate(revenue=lines.net_revenue.sum().cast("int64"))
    both = orders.join(products, "order_id")
    yield _none(project, "net revenue is the sum of product lines", both.filter(both.net_revenue != both.revenue), "orders disagree")
    known = refunds.filter(refunds.order_id.notnull())
    yield _none(project, "refunds belong to orders", known.anti_join(orders, "order_id"), "refunds without their order")
    unrated = without_rates(project)
    yield Check(f"all amounts can be converted to {project.shop.currency}", not unrated, "; ".join(map(str, unrated)))
    refused = _count(project, t.REFUSED.unbound().select("load_id", "line").distinct())
    yield Check("every record could be used", refused == 0, f"{refused:,} records were refused: patron load --refused" if refused else "")


def _answers(project: Project) -> Iterator[Check]:
    try:
        answers = last_answers(project)
    except InputError as error:
        yield Check("the answers are there", is_sound=False, detail=error.message)
        return
    yield Check("the answers are there", is_sound=True, detail=f"as of {answers.as_of:%Y-%m-%d %H:%M} UTC")
    refreshed = project.store.query(REFRESHES.unbound().aggregate(last=REFRESHES.unbound().refreshed_at.max())).column("last")[0].as_py()
    _, ticked = reached(project.store)
    known_at = max(refreshed, ticked.replace(tzinfo=None)) if ticked else refreshed
    loads = t.LOADS.unbound()
    newer = _count(project, loads.filter(loads.loaded_at > ibis.literal(known_at, "timestamp(6)")))
    detail = f"{newer:,} files were loaded since: patron refresh" if newer else ""
    yield Check("the answers know all files", newer == 0, detail)
    customers = t.CUSTOMERS.unbound()
    yield _none(project, "answers are about known customers", answers.features.anti_join(customers, "customer_id"), "unknown customers")


def _recomputed(project: Project) -> Check:
    answers = last_answers(project)
    _, ticked = reached(project.store)
    if ticked is not None:  # features are as of when each customer was last looked at
        wrong = strays(project.store, project.definitions, project.facts(ticked))
        return Check("a full recomputation gives the same memberships", wrong == 0, f"{wrong:,} customers differ" if wrong else "")
    catalog = project.definitions.catalog
    features_at(project.store, catalog, project.facts(answers.as_of), into=_AGAIN, names=list(catalog))
    try:
        kept, again = ibis.table(catalog.schema(), name=FEATURES), ibis.table(catalog.schema(), name=_AGAIN)
        names = ["customer_id", *catalog]
        differing = _count(project, kept.select(names).difference(again.select(names)))
    finally:
        project.store.drop(_AGAIN, temporary=True)
    return Check("a full recomputation gives the same answers", differing == 0, f"{differing:,} customers differ" if differing else "")


def _none(project: Project, name: str, rows: ibis.Table, what: str) -> Check:
    count = _count(project, rows)
    return Check(name, count == 0, f"{count:,} {what}" if count else "")


def _count(project: Project, rows: ibis.Table) -> int:
    return int(project.store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py())
