"""Everything Patron raises.

PatronError
├── InputError            the caller can put it right: data, a definition, a setting, a command; carries every `Problem`
│   └── NotFoundError     what was asked for is not there: nobody and nothing has this name
│       └── NotYetError       there are no answers yet, or none for these definitions
├── OutsideError          something outside failed
│   ├── TransientError    worth trying again: a project held open, a full disk
│   │   └── MemoryLimitError  the engine has less memory than the work needs
│   └── PermanentError    not worth trying again
├── UnsupportedError      an engine has no answer to an expression; another one has
└── InvariantError        Patron contradicts itself: a fault of ours
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.kernel.problems import Problem

DISK_FULL = "The disk is full, or a limit on it is reached. Nothing was changed; free some space and try again."


class PatronError(Exception):
    """The root: its message is a sentence that can be shown to a person."""

    def as_json(self) -> dict[str, object]:
        """For programs: a sentence, and all problems that were found."""
        return {"error": str(self), "problems": []}


class InputError(PatronError):
    """What was given cannot be used; `problems` holds all that was found, not only the first."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        """Join the message and the problems, a line each."""
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {p}" for p in self.problems)]))

    def as_json(self) -> dict[str, object]:
        """For programs: a sentence, and all problems that were found."""
        return {"error": self.message, "problems": [p.as_json() for p in self.problems]}


class NotFoundError(InputError):
    """What was asked for is not there; the nearest name is told where one is near."""


class NotYetError(NotFoundError):
    """There are no answers yet, or none that are made by the definitions as they are now."""


class OutsideError(PatronError):
    """Something that Patron depends on failed."""


class TransientError(OutsideError):
    """It failed now and may work later."""


class MemoryLimitError(TransientError):
    """The engine has less memory, or temporary disk space, than the work needs."""


class PermanentError(OutsideError):
    """It will fail in the same way again."""


class UnsupportedError(PatronError):
    """An engine cannot answer an expression that others can: its message names the operation."""


class InvariantError(PatronError):
    """Something that must never be so, is."""
