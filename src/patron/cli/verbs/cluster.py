"""`patron cluster`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.clustering import Clusters, cluster
from patron.cli.output import json_option, number, percent, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("cluster")
@click.option("--features", default="", help="Features to learn from, comma separated; else orders, money, rhythm, range and discounts.")
@click.option("--where", default="order_count >= 1", show_default=True, help="Only customers who meet a condition.")
@click.option("--count", type=click.IntRange(2, 20), help="How many groups; else as many as are clear and stable.")
@json_option
@in_project
def command(project: Project, *, features: str, where: str, count: int | None, as_json: bool) -> None:
    """Learn groups of customers who are alike. Each becomes a segment, named by what sets it apart.

    \b
    Examples:
      patron cluster
      patron cluster --features order_count,mean_order_value,lateness --count 4
    """
    names = [f.strip() for f in features.split(",") if f.strip()]
    found = cluster(project, features=names, where=where, sizes=(count,) if count else ())
    show(found, as_json=as_json, text=lambda c: _print(c, found))


def _print(console: Console, found: Clusters) -> None:
    pairs = zip(found.slugs, found.clustering.clusters, strict=True)
    rows = [(slug, c.name, number(c.size), percent(c.size / found.customers)) for slug, c in pairs]
    clear = f"clarity {found.clustering.silhouette:.2f}, stability {found.clustering.stability:.2f}"
    console.print(table(("segment", "name", "customers", "share"), rows, right=(2, 3), title=f"{len(rows)} groups ({clear})"))
    console.print("They are segments after the next patron refresh.")
