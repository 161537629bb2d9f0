"""What a load depends on besides files and store, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from patron.collect.mapping import Statements
from patron.facts.shop import Shop

if TYPE_CHECKING:
    from datetime import datetime


class Progress(Protocol):
    """Is told how far a long action has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """`done` of `total` steps; `what` is being done, in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a load depends on besides files and store.

    Attributes:
        received_at: now.
        shop: currency and calendar, where files do not say.
        statements: what the owner's mapping states.
        is_live: whether a tick loads: the present is the moment that the store was told, all tables are there,
            `loading_merge.REPLACED` stays, nobody reads what could be told of the load besides counts, and it is noted only where something
            was refused.
    """

    received_at: datetime
    shop: Shop = field(default_factory=Shop)
    statements: Statements = field(default_factory=Statements)
    is_live: bool = False


class Steps:
    """Counts the steps of a load."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        """Tell `progress`, if there is one, of `total` steps."""
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, what: str) -> None:
        """The next step begins."""
        if self._progress:
            self._progress(self._done, self._total, what)
        self._done = min(self._done + 1, self._total)
