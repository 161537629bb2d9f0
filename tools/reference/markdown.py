"""Pieces of Markdown that the generated pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def document(title: str, lead: str, *parts: str) -> str:
    """A page: title, what the reader will have, and its parts."""
    note = "<!-- Made from the code by `make docs`; changes made here are lost. -->"
    return "\n\n".join([note, f"# {title}", lead, *(p for p in parts if p)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars inside of cells are kept as text."""
    lines = [_row(head), _row(["---"] * len(head))]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def code(name: object) -> str:
    """Something that is typed as it stands; nothing for nothing."""
    return f"`{name}`" if str(name) else ""


def block(text: str, language: str = "text") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def sentence(text: str) -> str:
    """Text as one sentence: one line, a capital first, a full stop last."""
    line = " ".join(text.split())
    if not line:
        return ""
    return line[0].upper() + line[1:] + ("" if line[-1] in ".!?…" else ".")


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(" ".join(str(c).split()).replace("|", "\\|") for c in cells) + " |"
