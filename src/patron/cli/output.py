"""What every verb shows in the same way: JSON for programs, tables for people, progress on stderr."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from patron.runtime.loading_options import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Shown(Protocol):
    """A result that can be printed for programs."""

    def as_json(self) -> object:
        """The result as plain values."""
        ...


def show(result: Shown, *, as_json: bool, text: Callable[[Console], None]) -> None:
    """Print a result: as JSON, or by `text` for people."""
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
    else:
        text(console())


def console() -> Console:
    """Where people read: plain and wide when the output is no terminal, so that nothing is cut in a pipe."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 240, soft_wrap=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = (), title: str = "") -> Table:
    """A table for people.

    Args:
        columns: headings.
        rows: cells, as text.
        right: positions of columns with numbers, set to the right.
        title: a line above.
    """
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for position, column in enumerate(columns):
        shown.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    return shown


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """A progress line on stderr, fed with (done, total, what); it goes away when the work is done."""
    err = Console(stderr=True, markup=False, highlight=False)
    if quiet or not err.is_terminal:
        yield lambda done, total, what: None  # noqa: ARG005
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1)
        yield lambda done, total, what: bar.update(task, completed=done, total=total or 1, description=what)


def number(value: float | None, digits: int = 0) -> str:
    """A number for people: 1,234; a dash when it is unknown."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(share: float | None) -> str:
    """A share for people: 12.3 %."""
    return "–" if share is None else f"{100 * share:.1f} %"
