"""The catalog: every feature by name, and the partials they are made from. It is the vocabulary of segments, reports and exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis

from patron.features import (
    acquisition,
    basket,
    consent,
    engagement,
    erfm,
    frequency,
    lifecycle,
    money,
    place,
    predicted,
    prices,
    recency,
    returns,
    rhythm,
    sentiment,
)
from patron.features.feature import Feature
from patron.features.partials import events, histories, last_events, lines, messages, orders, people, refunds, shop, visits
from patron.features.settings import DEFAULTS, FeatureSettings
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.kernel.tables import type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.features.partials.partial import Partial

_PARTIALS = (
    orders.ORDERS,
    orders.CANCELLED,
    orders.RECENT_ORDERS,
    orders.ORDER_ROWS,
    orders.ACTIVE_DAYS,
    orders.HABITS,
    orders.GAPS,
    orders.FIRST_ORDERS,
    orders.LAST_ORDERS,
    refunds.REFUNDS,
    refunds.REFUND_DOCUMENTS,
    lines.PRODUCTS,
    lines.PRODUCT_LINES,
    lines.CUSTOMER_PRODUCTS,
    lines.BASKETS,
    lines.CATEGORIES,
    lines.END_LINES,
    last_events.OLD_EVENTS,
    last_events.EVENTS,
    events.RECENT_EVENTS,
    events.EVENT_ENGAGEMENT,
    events.VIEWED,
    visits.SESSIONS,
    visits.VISITS,
    visits.ABANDONED,
    visits.OPEN_CARTS,
    messages.MESSAGES,
    messages.RECENT_MESSAGES,
    messages.MESSAGE_ENGAGEMENT,
    people.REVIEWS,
    people.TICKETS,
    people.CONSENTS,
    people.REDEMPTIONS,
    shop.SHOP_RHYTHM,
    histories.HISTORIES,
    histories.SHOP,
    histories.PREDICTIONS,
)


@dataclass(frozen=True, slots=True, eq=False)
class Catalog(Mapping[str, Feature]):
    """Features by name.

    Attributes:
        entries: the features, in the order of the families.
        partials: all partials that they may read, each after those it reads itself.
        settings: how scores and chances are worked out.
    """

    entries: Mapping[str, Feature]
    partials: Mapping[str, Partial]
    settings: FeatureSettings = field(default=DEFAULTS)

    def __getitem__(self, name: str) -> Feature:
        """The feature of that name."""
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in order."""
        return iter(self.entries)

    def __len__(self) -> int:
        """How many features there are."""
        return len(self.entries)

    def visible(self) -> tuple[Feature, ...]:
        """Features that are offered to people; the others only serve them."""
        return tuple(f for f in self.entries.values() if not f.hidden)

    def schema(self) -> ibis.Schema:
        """The columns of the table of features: the customer, then every feature, hidden ones too."""
        return ibis.schema({"customer_id": "int64", **{f.name: type_of(f.kind) for f in self.entries.values()}})

    def plus(self, features: Sequence[Feature], partials: Sequence[Partial] = ()) -> Catalog:
        """The catalog with more features at its end.

        Raises:
            InputError: a name is taken.
        """
        taken = [f for f in features if f.name in self.entries]
        if taken:
            problems = [Problem(f"feature {f.name}", f.name, "a name that no other feature has") for f in taken]
            raise InputError("The name of a feature is taken.", problems)
        entries = {**self.entries, **{f.name: f for f in features}}
        return Catalog(entries, {**self.partials, **{p.name: p for p in partials}}, self.settings)


def built_in(settings: FeatureSettings = DEFAULTS) -> Catalog:
    """The features that ship with Patron, with scores and chances as set.

    Raises:
        InputError: a score is to be made from a feature that does not exist or is no number.
    """
    families = (
        *(recency.FEATURES, frequency.FEATURES, money.FEATURES, rhythm.FEATURES, basket.FEATURES, prices.FEATURES, returns.FEATURES),
        *(acquisition.FEATURES, engagement.FEATURES, place.FEATURES, sentiment.FEATURES, consent.FEATURES),
        lifecycle.features(settings.ladder),
        predicted.features(settings.predictions),
    )
    unscored = {f.name: f for family in families for f in family}
    erfm.check(settings.scores, unscored)
    entries = {**unscored, **{f.name: f for f in erfm.features(settings.scores, unscored)}}
    partials = (*_PARTIALS, shop.ladder(settings.ladder))
    return Catalog(entries, {p.name: p for p in partials}, settings)


BUILT_IN = built_in()
