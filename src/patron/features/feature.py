"""What a feature is: its name, kind, unit and meaning, the facts it needs, and how it changes while nothing happens.

The last is what keeps segments true on time: `Change` says when a condition over the feature can next flip without a new fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs
    from patron.kernel.tables import Kind

AHEAD_DAYS = 3
"""For so many days it is told what some features will be if nothing happens: everybody is looked at every midnight, so it will do."""

Family = Literal[
    "recency", "frequency", "money", "engagement", "rhythm", "basket", "prices", "acquisition", "place", "sentiment", "consent", "returns",
    "scores", "lifecycle", "own", "predictions",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Still:
    """Changes only when a fact arrives."""


@dataclass(frozen=True, slots=True)
class Ages:
    """Grows by one a day since an instant, or by one per `per` days.

    Attributes:
        since: name of the instant feature that it counts from.
        per: name of the feature, in days, that it is divided by; empty for plain days.
        until: true when it counts down to `since` instead.
    """

    since: str
    per: str = ""
    until: bool = False


@dataclass(frozen=True, slots=True)
class Slides:
    """Counts or sums facts in a window that ends at as of.

    Attributes:
        edge: name of the instant column in the features table at which the next fact leaves the window; null when none will.
        falls: whether it never grows while no fact arrives.
        ahead: name of the column in the features table that holds the value `AHEAD_DAYS` later if no fact arrives, for one that falls;
            empty where none does.
    """

    edge: str
    falls: bool = False
    ahead: str = ""


@dataclass(frozen=True, slots=True)
class Daily:
    """Changes at the shop's midnight: ages in years, days to a birthday."""


@dataclass(frozen=True, slots=True)
class Follows:
    """Is worked out from other features and changes when they do.

    Attributes:
        features: their names.
    """

    features: tuple[str, ...]


Change = Still | Ages | Slides | Daily | Follows


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of the catalog.

    Attributes:
        name: column name, and the word used in conditions.
        family: which shelf of the catalog it stands on.
        kind: type of its values; money is in minor units of the shop's currency.
        unit: in words: orders, days, share of orders …
        meaning: one sentence for the owner of a shop.
        value: the value of one customer, from the partial aggregates.
        needs: fact tables, or `facts.as_of.DETAILS`, without any row of which the feature is unknown rather than zero.
        needs_one_of: fact tables of which one must hold a row, for a feature that is made from several.
        changes: how it changes while nothing happens.
        seeds: ids of the capabilities it serves.
        hidden: true for columns that only serve others (edges of windows); not offered to people.
    """

    name: str
    family: Family
    kind: Kind
    unit: str
    meaning: str
    value: Callable[[Inputs], ir.Value]
    needs: tuple[str, ...] = ()
    needs_one_of: tuple[str, ...] = ()
    changes: Change = Still()
    seeds: tuple[str, ...] = ()
    hidden: bool = False

    def missing(self, known: frozenset[str]) -> tuple[str, ...]:
        """The fact tables without which the feature is unknown; nothing when it can be worked out.

        Args:
            known: names of the fact tables that hold any row.
        """
        absent = tuple(t for t in self.needs if t not in known)
        return absent if known.intersection(self.needs_one_of) or not self.needs_one_of else (*absent, *self.needs_one_of)
