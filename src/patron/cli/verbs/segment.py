"""`patron segment`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.exporting import export_members
from patron.app.actions.segments import Paging, segment
from patron.app.remote import part_of_path
from patron.cli.following import Followed, Row, clock_of, follow, the_server
from patron.cli.members import print_members
from patron.cli.output import json_option, number, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("segment")
@click.argument("slug")
@click.option("--csv", type=click.Path(path_type=Path, dir_okay=False), help="Write all members with all features to a CSV file.")
@click.option("--limit", default=20, show_default=True, help="How many to show.")
@click.option("--offset", default=0, help="How many to pass over first.")
@click.option("--sort", default="-net_revenue", show_default=True, help="A feature; with - before it, the greatest first.")
@click.option("--watch", is_flag=True, help="Show who enters and leaves while the server runs, until Ctrl-C.")
@json_option
def command(slug: str, *, csv: Path | None, limit: int, offset: int, sort: str, watch: bool, as_json: bool) -> None:
    """The members of one segment.

    \b
    Examples:
      patron segment at_risk
      patron segment at_risk --csv at_risk.csv
      patron segment champions --sort -days_since_last_order --limit 5
      patron segment abandoned_cart --watch
    """
    if watch:
        _watch(slug, as_json=as_json)
    elif csv:
        _export(slug, csv, as_json=as_json)
    else:
        _show(slug, Paging(limit=limit, offset=offset, sort=sort), as_json=as_json)


@in_project
def _show(project: Project, slug: str, paging: Paging, *, as_json: bool) -> None:
    found = segment(project, slug, paging)
    show(found, as_json=as_json, text=lambda c: print_members(c, found, of=slug))


@in_project
def _export(project: Project, slug: str, csv: Path, *, as_json: bool) -> None:
    done = export_members(project, slug, csv)
    show(done, as_json=as_json, text=lambda c: c.print(f"Wrote {done.rows:,} members of {slug} to {done.file}."))


def _watch(slug: str, *, as_json: bool) -> None:
    server = the_server()
    told = server.get(f"segments/{part_of_path(slug)}")
    changes = Followed(server, "changes", after=told["as_of"], segment=slug)
    if not as_json:
        click.echo(f"{told['name']}: {number(told['members'])} members as of {told['as_of']}")
    follow({"change": changes}, _line, as_json=as_json)


def _line(kind: str, row: Row) -> str:
    del kind
    return f"{clock_of(row['at'])}  {row['change']:8}{row['customer_id']}  because of {row['why']}"
