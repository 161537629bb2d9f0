"""`patron serve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from patron.api.application import application
from patron.app.actions.serving import serve
from patron.app.actions.ticking import TICKS
from patron.app.listening import LOOPBACK, Address
from patron.cli.project import alone_in_project

if TYPE_CHECKING:
    from patron.app.project import Project

_PORT = 8000


@click.command("serve")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on; 0.0.0.0 for all of this machine.")
@click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65_535), help="0 for any that is free.")
@alone_in_project
def command(project: Project, host: str, port: int) -> None:
    """Take events from shops, keep segments true at every moment, and answer `GET /health`.

    Runs until it is stopped; what has been begun is finished first. All other commands may be used meanwhile.

    \b
    Examples:
      patron serve
      patron serve --host 0.0.0.0 --port 80
    """
    serve(project, application, Address(host, port), sys.stderr.write, TICKS)
