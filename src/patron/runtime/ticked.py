"""What a tick did: what it tells of itself, and what it made of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from patron.runtime.basis import Basis
    from patron.runtime.pipeline import Definitions
    from patron.runtime.renewing import Recipe


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did.

    Attributes:
        as_of: the instant that memberships are for now.
        position: the last entry of the inbox that has become facts.
        records: entries that it read.
        refused: those of them that could not be used.
        touched: customers that were looked at.
        changed: memberships that changed.
        refreshed: whether everything was worked out anew.
        received: when the record that had waited longest was received, and the one that had waited least; None without records.
    """

    as_of: datetime
    position: int
    records: int
    refused: int
    touched: int
    changed: int
    refreshed: bool
    received: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Anew:
    """What all answers come from now.

    Attributes:
        definitions: by which they were worked out.
        basis: the facts that they rest on.
        seconds: that it took.
        recipes: for ticks, if it was made beside them.
    """

    definitions: Definitions
    basis: Basis
    seconds: float
    recipes: tuple[Recipe, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What a tick made of answers.

    Attributes:
        touched: customers that were looked at.
        changed: memberships that changed.
        anew: what all of them come from now, if all were worked out.
    """

    touched: int
    changed: int
    anew: Anew | None = None
