"""`patron init`."""

from __future__ import annotations

from pathlib import Path

import click

from patron.app.actions.init import init
from patron.cli.output import json_option, show


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", default="", help="The shop's name; else the folder's.")
@click.option("--currency", default="EUR", show_default=True, help="The currency of all answers about money.")
@click.option("--time-zone", default="UTC", show_default=True, help="The shop's time zone, such as Europe/London.")
@click.option("--country", default="", help="The shop's home, such as GB.")
@json_option
def command(folder: Path, *, name: str, currency: str, time_zone: str, country: str, as_json: bool) -> None:
    """Make a project for a shop: a folder with settings, own segments and own features.

    \b
    Examples:
      patron init my-shop
      patron init my-shop --currency GBP --time-zone Europe/London --country GB
    """
    made = init(folder, name=name, currency=currency, time_zone=time_zone, country=country)
    show(made, as_json=as_json, text=lambda c: c.print(f"Made {made.folder} for {made.name!r} ({made.currency}, {made.time_zone}).\n"
                                                       f"Next: cd {made.folder} && patron load lines FILE"))  # fmt: skip
