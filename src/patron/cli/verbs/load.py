"""`patron load`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron import plugins
from patron.app.actions.loading import Loaded, Refusals, load, refused, suggest_map
from patron.cli.output import json_option, progress, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project
    from patron.runtime.loading import FileReport

_FINDINGS = 1


@click.command("load")
@click.argument("source", default="")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--map", "mapping", type=click.Path(path_type=Path), help="A mapping that says what the columns are.")
@click.option("--suggest-map", "suggest", is_flag=True, help="Print a mapping for a file, to be put right and given to --map.")
@click.option("--refused", "list_refused", is_flag=True, help="List the records that could not be used.")
@click.option("--limit", default=50, show_default=True, help="How many refused records to list.")
@click.option("--offset", default=0, help="How many refused records to pass over first.")
@json_option
@in_project
def command(
    project: Project,
    source: str,
    files: tuple[Path, ...],
    *,
    mapping: Path | None,
    suggest: bool,
    list_refused: bool,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """Read files into the project. The same file twice changes nothing; a record seen again is renewed if it is newer.

    Without FILES, the sources are listed.

    \b
    Examples:
      patron load shopify orders_export.csv customers_export.csv products_export.csv
      patron load lines online_retail.parquet
      patron load lines sales.csv --suggest-map > sales.toml
      patron load lines sales.csv --map sales.toml
      patron load --refused
    """
    if list_refused:
        found = refused(project, limit=limit, offset=offset)
        show(found, as_json=as_json, text=lambda c: _print_refused(c, found))
    elif not source or not files:
        _list_sources(source)
    elif suggest:
        click.echo(suggest_map(project, source, files[0]))
    else:
        with progress(quiet=as_json) as told:
            done = load(project, source, files, mapping=mapping, progress=told)
        show(done, as_json=as_json, text=lambda c: _print(c, done))
        if done.report.refused:
            click.get_current_context().exit(_FINDINGS)


def _list_sources(source: str) -> None:
    known = [(name, plugins.load("source", name).meaning) for name in plugins.names("source")]
    click.echo("Sources, for `patron load SOURCE FILE…`:\n")
    for name, meaning in known:
        click.echo(f"  {name:12} {meaning}")
    if source:
        plugins.load("source", source)
        raise click.UsageError("Name the files to read.")


def _print(console: Console, done: Loaded) -> None:
    for file in done.report.files:
        _print_file(console, file)
    for note in done.notes:
        console.print(note)
    merged = f", {done.merges:,} merges" if done.merges else ""
    console.print(f"There are {done.customers:,} customers now{merged}. Next: patron refresh")


def _print_file(console: Console, file: FileReport) -> None:
    if file.is_known:
        console.print(f"{file.file}: loaded before, nothing to do.")
        return
    span = f", from {file.begins_at:%Y-%m-%d} to {file.ends_at:%Y-%m-%d}" if file.begins_at and file.ends_at else ""
    console.print(f"{file.file}: {file.layout}{span}")
    console.print(f"  {file.read:,} read, {file.kept:,} kept, {file.unchanged:,} known already, {file.refused:,} refused")
    for m in file.money:
        parts = [f"sales {m.sales}", f"refunds {m.refunds}", f"adjustments {m.adjustments}", f"unpaid {m.unpaid}"]
        console.print(f"  money: {', '.join(parts)}; the file's total is {m.total}")
    for note in file.notes:
        console.print(f"  {note}")
    for problem in file.problems:
        console.print(f"  {problem}")
    if file.refused:
        console.print("  Refused records are kept: patron load --refused")


def _print_refused(console: Console, found: Refusals) -> None:
    if not found.rows:
        console.print("No record was refused.")
        return
    rows = [(r.file, r.line, r.problem.where, r.problem.found, r.problem.expected, r.problem.hint) for r in found.rows]
    title = f"{found.offset + 1:,} to {found.offset + len(rows):,} of {found.total:,} problems"
    console.print(table(("file", "line", "where", "found", "expected", "hint"), rows, title=title))
