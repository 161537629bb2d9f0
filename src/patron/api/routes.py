"""Routes: an address, what may be asked there, what is answered, and what answers it. Requests and their description come from the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import unquote

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patron.api.schemas import Schema
    from patron.app.actions.serving import Serving
    from patron.app.project import Project

Values = dict[str, Any]


class Shown(Protocol):
    """A result that can be shown to programs."""

    def as_json(self) -> object:
        """The result as plain values."""
        ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that is said with a question.

    Attributes:
        name: of it.
        meaning: one sentence.
        kind: text; count, a whole number; names, texts with commas between; flag, true or false.
        default: what holds when it is not said.
        low: the least count.
        high: the greatest count.
    """

    name: str
    meaning: str
    kind: Literal["text", "count", "names", "flag"] = "text"
    default: object = ""
    low: int = 0
    high: int = 1_000

    @property
    def schema(self) -> Schema:
        """Of its values."""
        match self.kind:
            case "count":
                return {"type": "integer", "minimum": self.low, "maximum": self.high, "default": self.default}
            case "names":
                return {"type": "array", "items": {"type": "string"}}
            case "flag":
                return {"type": "boolean", "default": self.default}
            case "text":
                return {"type": "string"}

    def read(self, text: str) -> object:
        """The value of a text.

        Raises:
            ValueError: it is none; the message says what would be.
        """
        match self.kind:
            case "count":
                if not (text.isascii() and text.isdigit() and len(text) < 19 and self.low <= int(text) <= self.high):
                    raise ValueError(f"a whole number from {self.low} to {self.high:,}")
                return int(text)
            case "names":
                return tuple(name.strip() for name in text.split(",") if name.strip())
            case "flag":
                if text not in {"true", "false"}:
                    raise ValueError("true or false")
                return text == "true"
            case "text":
                return text


@dataclass(frozen=True, slots=True)
class Route:
    """An address and what answers there.

    Attributes:
        path: with places in braces for what is part of it.
        name: of the question, one word for programs.
        summary: what is answered, as a phrase.
        answer: the schema of the answer.
        work: makes the answer, in a session of the project.
        places: what the braces mean, by name.
        parameters: what may be said behind a question mark.
        is_quick: whether few rows are read, so that it is not to wait for what takes longer.
    """

    path: str
    name: str
    summary: str
    answer: Schema
    work: Callable[[Serving, Project, Values], Shown]
    places: Mapping[str, str] = field(default_factory=dict)
    parameters: Sequence[Parameter] = ()
    is_quick: bool = False

    def parts(self, path: Sequence[str]) -> Values | None:
        """What stands in the places of a path; None when it is another."""
        own = self.path.split("/")
        if len(own) != len(path):
            return None
        found: Values = {}
        for part, given in zip(own, path, strict=True):
            if part.startswith("{") and given:
                found[part[1:-1]] = given
            elif part != given:
                return None
        return found

    def values(self, query: Mapping[str, str]) -> Values:
        """The values of all parameters.

        Raises:
            InputError: some are not known, or have values that cannot be; all of them at once.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        found: Values = {name: parameter.default for name, parameter in known.items()}
        problems: list[Problem] = []
        for name, text in query.items():
            if name not in known:
                expected = f"one of {', '.join(known)}" if known else "no parameter"
                problems.append(Problem(name, text, expected, did_you_mean(name, known)))
                continue
            try:
                found[name] = known[name].read(text)
            except ValueError as error:
                problems.append(Problem(name, text, str(error)))
        if problems:
            raise InputError("The question cannot be answered as it is asked.", problems)
        return found


def split(raw_path: bytes) -> list[str]:
    """The parts of a path as they were meant: a part may hold a slash, if it was written as %2F."""
    return [unquote(part) for part in raw_path.decode("ascii", "replace").split("/")]
