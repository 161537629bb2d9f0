"""The data of the report, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from patron.app.report import customers, groups, money
from patron.app.report import outlook as expectations
from patron.app.report.answers import Answers
from patron.features.plan import table
from patron.features.settings import DEFAULTS, LadderSettings
from patron.measurement.report import ReportData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.measurement.outlook import Outlook
    from patron.measurement.report import Movement, Segment
    from patron.ports.engine import Store
    from patron.runtime.models import Models

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A features table as of an earlier instant, to see who moved.

    Attributes:
        table: its name in the store.
        as_of: the instant that it is for.
    """

    table: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What a refresh left, and how to speak of it.

    Attributes:
        segments: every segment with its words, size and money, in the order in which to show them.
        earlier: features as of an earlier instant; without them nothing is said about movement.
        ladder: what is believed about the next order before anything is counted.
        features: name of the features table; pictures of it are left out where there is none.
        memberships: name of the table or view of memberships.
        catalog: the features, where predictions are among the answers.
        models: what predictions were worked out from; without them nothing is said about the future.
        warnings: of whom these expected too much or too little.
    """

    segments: Sequence[Segment] = ()
    earlier: Earlier | None = None
    ladder: LadderSettings = DEFAULTS.ladder
    features: str = "features"
    memberships: str = "memberships"
    catalog: Catalog | None = None
    models: Models | None = None
    warnings: tuple[str, ...] = ()


def report_data(
    store: Store, facts: Facts, kept: Kept | None = None, *, progress: Callable[[int, int, str], None] | None = None
) -> ReportData:
    """Everything that a report shows, as of `facts.as_of`.

    Args:
        store: holds the facts, and the answers of a refresh as of the same instant where there was one.
        facts: the facts as of the instant of the report.
        kept: where the answers of the refresh are, and the words of the segments.
        progress: told before each part: how many are done, of how many, and what is next.
    """
    answers, told = Answers(store, facts), _Told(progress)
    try:
        told("what came in and went back", answers.prepare)
        return _data(answers, kept or Kept(), told)
    finally:
        answers.forget()


def _data(answers: Answers, kept: Kept, told: _Told) -> ReportData:
    facts = answers.facts
    numbers = told("the shop in numbers", lambda: money.numbers(answers))
    return ReportData(
        shop=facts.shop.name,
        currency=facts.shop.currency,
        as_of=facts.as_of,
        as_of_on=facts.shop.calendar.day_of(facts.as_of),
        numbers=numbers,
        months=told("months", lambda: money.months(answers, numbers)),
        actions=told("what to do next", lambda: groups.actions(answers, kept.segments, kept.features, kept.memberships)),
        segments=tuple(kept.segments),
        rfm=told("RFM", lambda: groups.rfm_pictures(answers, kept.features)),
        movement=told("movement", lambda: _movement(answers, kept)),
        cohorts=told("cohorts", lambda: customers.cohorts(answers)),
        gaps=told("time between orders", lambda: customers.order_gaps(answers)),
        ladder=told("ladder", lambda: customers.ladder(answers, kept.ladder)),
        first_purchase=told("first purchases", lambda: customers.first_purchases(answers)),
        products=told("products", lambda: groups.best_products(answers)),
        bringers=told("what brings the best customers", lambda: customers.bringers(answers)),
        countries=told("countries", lambda: money.countries(answers)),
        spend=told("advertising", lambda: money.spend(answers)),
        coupons=told("coupons", lambda: money.coupons(answers)),
        quality=told("data quality", lambda: groups.data_quality(answers, numbers)),
        outlook=told("what to expect", lambda: _outlook(answers, kept)),
    )


class _Told:
    """Works one part out after the other and tells how far it is."""

    PARTS = 17

    def __init__(self, progress: Callable[[int, int, str], None] | None) -> None:
        self._progress, self._done = progress, 0

    def __call__(self, what: str, part: Callable[[], T]) -> T:
        if self._progress:
            self._progress(self._done, self.PARTS, what)
        self._done += 1
        return part()


def _outlook(answers: Answers, kept: Kept) -> Outlook | None:
    if kept.models is None or kept.catalog is None or kept.features not in answers.store.tables():
        return None
    return expectations.outlook(answers, table(kept.catalog, kept.features), kept.models, kept.warnings)


def _movement(answers: Answers, kept: Kept) -> Movement | None:
    if kept.earlier is None or kept.features not in answers.store.tables():
        return None
    return groups.movement(answers, kept.earlier.table, kept.features, kept.earlier.as_of)
