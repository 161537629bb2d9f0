"""What is wrong with an input: one `Problem` says where, what was found, what was expected, and the nearest right name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a person can put right.

    Attributes:
        where: file and key, file and line, or JSON path.
        found: the value as it was given; empty when something is absent.
        expected: what would have been right, as a phrase that completes "expected …".
        hint: a suggestion, usually the nearest right name; may be empty.
    """

    where: str
    found: str
    expected: str
    hint: str = ""

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"where": self.where, "found": self.found, "expected": self.expected, "hint": self.hint}

    def __str__(self) -> str:
        """The problem as one sentence."""
        found = f"found {self.found!r}, " if self.found else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.where}: {found}expected {self.expected}{hint}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is close."""
    by_folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name; empty when nothing is close."""
    close = nearest(name, known)
    return f"did you mean {close!r}?" if close else ""
