"""Our own pictures: stacked columns, a histogram, and rows with bars or dots. Each is drawn for a given width, at the size it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from patron.web.report import svg
from patron.web.report.words import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

WIDE, NARROW = 720, 328
_LETTER = 7.1  # width of a letter of the labels, on the safe side
_TOP, _BOTTOM, _LEFT, _RIGHT = 14, 34, 52, 6


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stack.

    Attributes:
        label: what stands under it.
        below: a second line under it, where it differs from that of the label before.
        parts: from the line outwards, as (class, value).
        hint: what a pointer shows.
        is_faint: whether it is not complete.
    """

    label: str
    below: str
    parts: tuple[tuple[str, float], ...]
    hint: str
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line in a histogram at a value, with words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is, a remark at its right end, bars from zero as (class, value), and a dot with an interval as (low, at, high)."""

    label: str
    remark: str
    bars: tuple[tuple[str, float], ...] = ()
    dot: tuple[float, float, float] | None = None


def both(draw: Callable[[int], Markup]) -> Markup:
    """A picture drawn twice: for wide pages and for phones; the style shows one."""
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(draw(WIDE), draw(NARROW))


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values from at most `low` to at least `high`, at most about `most` steps."""
    span = max(high - low, 1e-9)
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def columns(label: str, given: Sequence[Column], axis: Callable[[float], str], width: int, *, height: int = 280) -> Markup:
    """Stacked columns over time; amounts below zero hang from the line."""
    highs = [sum(v for _, v in c.parts if v > 0) for c in given]
    lows = [sum(v for _, v in c.parts if v < 0) for c in given]
    steps = ticks(min(lows, default=0), max(highs, default=1) or 1)
    plot = _Plot(width, height, steps[0], steps[-1])
    slot = (width - _LEFT - _RIGHT) / max(len(given), 1)
    bar = min(slot * 0.72, 46)
    drawn = [plot.grid(steps, axis)]
    every = max(1, math.ceil(32 / slot))
    said = ""
    for i, column in enumerate(given):
        x = _LEFT + i * slot + (slot - bar) / 2
        drawn.append(_stack(column, x, bar, plot))
        if (len(given) - 1 - i) % every == 0:
            middle = _LEFT + i * slot + slot / 2
            drawn.append(svg.text(middle, height - _BOTTOM + 16, column.label, "label", "middle"))
            if column.below != said:
                drawn.append(svg.text(middle, height - _BOTTOM + 30, column.below, "faint", "middle"))
            said = column.below
    return svg.picture(label, width, height, *drawn)


def histogram(label: str, given: Sequence[tuple[float, float, float]], marks: Sequence[Mark], words: tuple[str, str], width: int) -> Markup:
    """How often values occur: bins as (from, to, how many), lines for what matters; `words` is the unit, and what is counted."""
    height, top = 250, 14 + 16 * len(marks)
    steps = ticks(0, max((n for *_, n in given), default=1))
    plot = _Plot(width, height, 0, steps[-1], top)
    begin, end = given[0][0], given[-1][1]

    def across(value: float) -> float:
        return _LEFT + (value - begin) / (end - begin) * (width - _LEFT - 4)

    drawn = [plot.grid(steps, lambda v: f"{v:,.0f}")]
    for low, high, n in given:
        hint = svg.title(f"{low:g} to {high - 1:g} {words[0]}: {n:,.0f} {words[1]}")
        drawn.append(svg.rect(across(low) + 1, plot.y(n), across(high) - across(low) - 2, plot.y(0) - plot.y(n), "a", hint, radius=1))
    each = max(1, math.ceil(44 / (across(given[0][1]) - across(given[0][0]))))
    drawn += [svg.text(across(low), height - _BOTTOM + 16, f"{low:g}", "label", "middle") for low, *_ in given[::each]]
    drawn.append(svg.text(width - 4, height - 3, words[0], "faint", "end"))
    for i, mark in enumerate(marks):
        x, y = across(mark.at), 12 + 16 * i
        drawn.append(svg.line(x, y + 4, x, plot.y(0), "mark"))
        is_late = x + 6 + len(mark.words) * _LETTER > width
        drawn.append(svg.text(x - 5 if is_late else x + 5, y + 4, mark.words, "strong", "end" if is_late else "start"))
    return svg.picture(label, width, height, *drawn)


def rows(label: str, given: Sequence[Row], width: int, *, highest: float = 0, line: float | None = None) -> Markup:
    """Rows under each other: words on top, a track with bars or a dot with its interval below them.

    Args:
        label: name of the picture.
        given: the rows.
        width: in pixels.
        highest: the value at the right end; 0 for the greatest of the rows.
        line: a value at which a line runs through all tracks.
    """
    tallest, gap = 9, 40
    values = [v for r in given for _, v in r.bars] + [r.dot[2] for r in given if r.dot] + [line or 0]
    scale = (width - 4) / (highest or max(values, default=0) or 1)
    height = gap * len(given) + 4
    drawn = []
    for i, row in enumerate(given):
        y = i * gap
        letters = int((width - (len(row.remark) + 2) * _LETTER) / _LETTER)
        drawn.append(svg.text(2, y + 16, shortened(row.label, max(letters, 8)), "label"))
        drawn.append(svg.text(width - 2, y + 16, row.remark, "remark", "end"))
        drawn.append(svg.rect(2, y + 23, width - 4, tallest, "track", radius=2))
        drawn += [svg.rect(2, y + 23, value * scale, tallest, class_, radius=2) for class_, value in row.bars]
        if row.dot:
            low, at, high = (2 + max(v, 0) * scale for v in row.dot)
            drawn.append(svg.rect(low, y + 25.5, high - low, 4, "interval", radius=2))
            drawn.append(svg.dot(at, y + 27.5, 5, "a"))
        if line is not None:
            drawn.append(svg.line(2 + line * scale, y + 19, 2 + line * scale, y + 36, "mark"))
    return svg.picture(label, width, height, *drawn)


def curves(label: str, points: Sequence[tuple[date, float, float]], width: int, *, height: int = 260) -> Markup:
    """Two lines over time, the first full and the second dashed: points as (day, first, second), days in order."""
    steps = ticks(0, max(max(a, b) for _, a, b in points) or 1)
    plot = _Plot(width, height, 0, steps[-1])
    begin, span = points[0][0], max((points[-1][0] - points[0][0]).days, 1)

    def across(at: date) -> float:
        return _LEFT + (at - begin).days / span * (width - _LEFT - _RIGHT)

    drawn = [plot.grid(steps, lambda v: f"{v:,.0f}")]
    first, second = [(at, v) for at, v, _ in points], [(at, v) for at, _, v in points]
    for class_, curve in (("curve", first), ("curve expected", second)):
        path = " ".join(f"{across(at):.1f},{plot.y(value):.1f}" for at, value in curve)
        drawn.append(svg.tag("polyline", points=path, class_=class_))
    for at, anchor in ((points[0][0], "start"), (points[-1][0], "end")):
        drawn.append(svg.text(across(at), height - _BOTTOM + 16, f"{at:%Y-%m-%d}", "label", anchor))
    return svg.picture(label, width, height, *drawn)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The area between the axes: which height stands for which value."""

    width: int
    height: int
    low: float
    high: float
    top: float = _TOP

    def y(self, value: float) -> float:
        tall = self.height - self.top - _BOTTOM
        return self.top + tall * (1 - (value - self.low) / (self.high - self.low))

    def grid(self, steps: Sequence[float], axis: Callable[[float], str]) -> Markup:
        drawn = Markup("")
        for step in steps:
            drawn += svg.line(_LEFT, self.y(step), self.width, self.y(step), "base" if step == 0 else "grid")
            drawn += svg.text(_LEFT - 8, self.y(step) + 4, axis(step), "label", "end")
        return drawn


def _stack(column: Column, x: float, bar: float, plot: _Plot) -> Markup:
    up = down = 0.0
    drawn = svg.title(column.hint)
    for class_, value in column.parts:
        low, high = (up, up + value) if value > 0 else (down + value, down)
        up, down = (high, down) if value > 0 else (up, low)
        drawn += svg.rect(x, plot.y(high), bar, plot.y(low) - plot.y(high), class_)
    return svg.tag("g", drawn, class_="faint-column" if column.is_faint else "column")
