"""The page: one HTML text that holds everything it shows, asks nothing from the network and runs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from patron.kernel.time import iso
from patron.web.report import ahead, goods, groups, over_time, shop, words
from patron.web.report.figure import Cell, Section

if TYPE_CHECKING:
    from patron.measurement.report import Action, ReportData, Segment


def render(data: ReportData) -> str:
    """The report as HTML."""
    environment = _environment()
    style = Markup(environment.loader.get_source(environment, "style.css")[0]) if environment.loader else Markup("")  # noqa: S704 -- our own
    return environment.get_template("page.html.j2").render(
        data=data,
        style=style,
        as_of=iso(data.as_of),
        headlines=shop.headlines(data) if data.numbers.orders else (),
        actions=_actions(data),
        sections=sections(data),
        words=words,
    )


def sections(data: ReportData) -> tuple[Section, ...]:
    """What the page shows after the numbers and the advice; sections without a figure are left out."""
    all_of_them = (
        Section("time", "Revenue and loyalty over time", tuple(over_time.figures(data))),
        Section("groups", "Who the customers are", (*groups.figures(data), *groups.segments(data.segments))),
        Section("ahead", "What to expect", tuple(ahead.figures(data))),
        Section("goods", "What they buy", tuple(goods.figures(data))),
        Section("winning", "Where they come from", tuple(shop.figures(data))),
        Section("data", "The data behind this report", (shop.quality(data),)),
    )
    if not data.numbers.orders:
        return all_of_them[-1:] if data.quality.files else ()
    return tuple(s for s in all_of_them if s.figures)


def _actions(data: ReportData) -> tuple[tuple[str, tuple[tuple[Action, Segment], ...]], ...]:
    """Advice by goal; nothing where there is none."""
    by_slug = {s.slug: s for s in data.segments}
    titles = {"keep": "Keep and grow", "win_back": "Win back"}
    found = [(title, tuple((a, by_slug[a.segment]) for a in data.actions if a.goal == goal)) for goal, title in titles.items()]
    return tuple(found) if data.actions else ()


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("patron.web.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda value: value if isinstance(value, Cell) else Cell(value)
    return environment
