"""`patron status`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from patron.app.actions.status import RefreshStatus, status_without_server
from patron.app.config import project_folder
from patron.app.project import opened
from patron.app.remote import running
from patron.cli.output import json_option, number, show, table
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from rich.console import Console

_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told, by the server or without one."""

    values: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return self.values


@click.command("status")
@json_option
def command(*, as_json: bool) -> None:
    """How the server is: what waits, how long ticks take, how far behind it is, how much memory it holds.

    When none runs, how far the project is.

    \b
    Example:
      patron status
    """
    given = click.get_current_context().find_root().obj
    server = running(project_folder(given))
    told = _Told(server.get("status") if server else _without_server(given))
    show(told, as_json=as_json, text=lambda c: _print(c, told.values))


def _without_server(given: str | None) -> dict[str, Any]:
    with opened(given, SystemClock(), alone=True) as project:
        return status_without_server(project).as_json()


def _print(console: Console, told: dict[str, Any]) -> None:
    words = {
        "ok": f"A server runs since {told['since']}; all is well.",
        "failing": f"A server runs since {told['since']}, but: {told['failure']}",
        "stopped": "No server runs for this project. Start one with `patron serve`.",
    }
    console.print(words[told["status"]])
    if told["refused_definitions"]:
        console.print(f"Changed definitions are not taken: {told['refused_definitions']}")
    if told["refresh"]:
        console.print(f"It makes {RefreshStatus(**told['refresh'])}.")
    inbox, memory = told["inbox"], told["memory_bytes"]
    rows = [
        ("memberships are exact for", told["as_of"] or "no instant yet"),
        ("in the inbox", f"{number(inbox['waiting'])} of {number(inbox['last'])} wait"),
        ("the first of them for", f"{inbox['lag_seconds']:.1f} s"),
        ("a tick", _spread(told["tick_seconds"])),
        ("from event to segment", _spread(told["event_to_segment_seconds"])),
        ("memory", f"{number(memory / _MEGABYTE)} MB" if memory else None),
    ]
    console.print(table(("", ""), [row for row in rows if row[1]]))


def _spread(seconds: dict[str, float] | None) -> str | None:
    """The middle and the worst of a hundred, for people."""
    return f"{seconds['p50']:.2f} s; one in a hundred {seconds['p99']:.2f} s" if seconds else None
