"""What a page is made of: sections of figures, each with its sentence, its picture and its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

NOTHING = Markup()
HEAT = 10  # steps of colour in a heat map


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table.

    Attributes:
        text: what stands in it.
        bar: the part of the cell that a bar fills, 0 to 1.
        heat: the step of colour, 1 to `HEAT`; 0 for none.
        small: a second, smaller line.
        is_back: whether the bar is of a loss.
    """

    text: str
    bar: float | None = None
    heat: int = 0
    small: str = ""
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row names it.

    Attributes:
        label: what it holds, for those who cannot see it.
        columns: headings; those of numbers begin with ">" and stand at the right.
        rows: cells, as many as there are headings.
        kind: how it looks: plain, bars, or heat.
    """

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour stands for."""

    class_: str
    words: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture.

    Attributes:
        anchor: its address within the page.
        title: what it is about.
        caption: what it says, in a sentence worked out from the data.
        picture: SVG; empty when the table is the picture.
        shown: tables that are the picture.
        keys: what the colours stand for.
        numbers: the same as a table, folded away.
        note: how it was worked out.
    """

    anchor: str
    title: str
    caption: str
    picture: Markup = NOTHING
    shown: tuple[Table, ...] = ()
    keys: tuple[Key, ...] = ()
    numbers: Table | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Figures about one question."""

    anchor: str
    title: str
    figures: tuple[Figure, ...]


def bar(text: str, value: float, whole: float, *, small: str = "") -> Cell:
    """A cell with a bar; below zero it is drawn as a loss."""
    return Cell(text, bar=min(abs(value) / whole, 1.0) if whole else 0.0, small=small, is_back=value < 0)


def heat(text: str, value: float, highest: float, *, small: str = "") -> Cell:
    """A cell coloured by its value; nothing is left without colour."""
    step = round(HEAT * min(value / highest, 1.0)) if highest > 0 else 0
    return Cell(text, heat=max(step, 1) if value > 0 else 0, small=small)
