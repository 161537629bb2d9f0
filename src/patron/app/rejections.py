"""What was turned away as it came, so that people see what no client shows them: the last ones, as long as the server runs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from patron.app.cursors import LATEST
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One thing that was turned away.

    Attributes:
        number: counts from 1.
        at: when it came.
        path: where it was sent.
        index: its place in the request.
        code: why, for programs.
        message: why, for people.
    """

    number: int
    at: datetime
    path: str
    index: int
    code: str
    message: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "number": self.number, "at": iso(self.at), "path": self.path, "index": self.index, "code": self.code, "message": self.message,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rejected:
    """Some rejections, the earliest first, and the cursor behind the last of them."""

    rejections: Sequence[Rejection]
    next: int

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"rejected": [one.as_json() for one in self.rejections], "next": str(self.next)}


class Rejections:
    """The last thousand; whoever is told of more forgets the first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: deque[Rejection] = deque(maxlen=_REMEMBERED)
        self._numbers = count(1)

    def tell(self, at: datetime, path: str, rejected: Sequence[tuple[int, str, str]]) -> None:
        """Remember what was turned away of a request: place, code and message of each."""
        self._kept.extend(Rejection(next(self._numbers), at, path, *one) for one in rejected[-_REMEMBERED:])

    @property
    def last(self) -> int:
        """The number of the last; 0 before the first."""
        return self._kept[-1].number if self._kept else 0

    def rejected(self, *, after: str = "", limit: int = 100) -> Rejected:
        """Those behind a number, or with `latest` none but those to come.

        Raises:
            InputError: the cursor cannot be used.
        """
        if after == LATEST:
            return Rejected((), self.last)
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise InputError("The cursor cannot be used.", [Problem("after", after, f"a number that was told as `next`, or {LATEST}")])
        begin = min(int(after or 0), self.last)
        found = [one for one in list(self._kept) if one.number > begin][:limit]
        return Rejected(found, found[-1].number if found else begin)
