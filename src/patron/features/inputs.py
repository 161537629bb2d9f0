"""What the value of a feature is worked out from: columns of partials, other features, and the instant of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import ibis

from patron.kernel.errors import InvariantError
from patron.kernel.tables import type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.settings import Score
    from patron.kernel.tables import Kind


class Definition(Protocol):
    """What has to be known of a feature to work it out; `Feature` is one."""

    @property
    def kind(self) -> Kind:
        """The kind of its values."""
        ...

    @property
    def value(self) -> Callable[[Inputs], ir.Value]:
        """Its value."""
        ...

    def missing(self, known: frozenset[str]) -> tuple[str, ...]:
        """The fact tables without which it is unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one partial, by name."""

    column: Callable[[str], ir.Value]

    def __getitem__(self, name: str) -> ir.Value:
        """The column; 0 where the partial says so and the customer has no row."""
        return self.column(name)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a feature may look at.

    Attributes:
        facts: the instant, the shop, and which facts are known.
        features: the catalog.
        column: the column of a partial.
        cuts: the cut points of each score, when scores are worked out.
        made: values of features that are columns already.
    """

    facts: Facts
    features: Mapping[str, Definition]
    column: Callable[[str, str], ir.Value]
    cuts: Mapping[Score, tuple[float, ...]] = field(default_factory=dict)
    made: dict[str, ir.Value] = field(default_factory=dict)

    def __getitem__(self, partial: str) -> Columns:
        """The columns of a partial."""
        return Columns(lambda name: self.column(partial, name))

    @property
    def now(self) -> ir.TimestampValue:
        """The instant of the answer."""
        return self.facts.now

    def feature(self, name: str) -> ir.Value:
        """The value of another feature, in the type of its kind; unknown where the facts it needs are unknown.

        Raises:
            InvariantError: the catalog has no such feature.
        """
        if name not in self.made:
            feature = self.features.get(name)
            if feature is None:
                raise InvariantError(f"The feature {name!r} is used but not in the catalog.")
            kind = type_of(feature.kind)
            unknown = feature.missing(self.facts.known)
            self.made[name] = ibis.null(kind) if unknown else feature.value(self).cast(kind)
        return self.made[name]
