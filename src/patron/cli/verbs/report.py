"""`patron report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.reporting import write_report
from patron.cli.output import json_option, progress, show
from patron.cli.project import in_project
from patron.web.report.page import render

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("report")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@json_option
@in_project
def command(project: Project, *, file: Path, as_json: bool) -> None:
    """One page with pictures, in one file without outside parts: to look at, to print and to send.

    \b
    Example:
      patron report -o report.html
    """
    with progress(quiet=as_json) as told:
        done = write_report(project, file, render, progress=told)
    show(done, as_json=as_json, text=lambda c: c.print(f"Wrote {done.file}. Open it in a browser."))
