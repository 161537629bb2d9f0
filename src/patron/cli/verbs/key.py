"""`patron key`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from patron.app.actions.keys import ShownKey, ShownKeys, create_key, list_keys, revoke_key
from patron.app.state import opened_state
from patron.cli.output import json_option, show, table
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from rich.console import Console

    from patron.ports.state import Scope


@click.group("key")
def command() -> None:
    """Keys with which shops and programs send to Patron and ask it.

    \b
    Examples:
      patron key create --scope write --name "web shop"
      patron key list
      patron key revoke key_0a1b2c3d4e5f6
    """


@command.command("create")
@click.option("--scope", type=click.Choice(["write", "read", "admin"]), required=True, help="write: may only send, and may be public.")
@click.option("--name", help="What it is for; else that it is a key of this scope.")
@json_option
@click.pass_context
def create(context: click.Context, scope: str, name: str | None, *, as_json: bool) -> None:
    """Make a key and show its secret, this once."""
    with opened_state(context.find_root().obj) as state:
        made = create_key(state, SystemClock(), scope=cast("Scope", scope), name=name or f"{scope} key")
    show(made, as_json=as_json, text=lambda c: _print_made(c, made))


@command.command("list")
@json_option
@click.pass_context
def show_all(context: click.Context, *, as_json: bool) -> None:
    """All keys, without their secrets."""
    with opened_state(context.find_root().obj) as state:
        found = list_keys(state)
    show(found, as_json=as_json, text=lambda c: _print_all(c, found))


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@json_option
@click.pass_context
def revoke(context: click.Context, key_id: str, *, as_json: bool) -> None:
    """End a key; a running server notices within a second."""
    with opened_state(context.find_root().obj) as state:
        ended = revoke_key(state, SystemClock(), key_id)
    show(ended, as_json=as_json, text=lambda c: c.print(f"The key {ended.key.name} opens nothing any more."))


def _print_made(console: Console, made: ShownKey) -> None:
    console.print(made.secret)
    console.print(f"This is the {made.key.scope} key {made.key.name!r} ({made.key.id}). Keep it: it is not shown again.")


def _print_all(console: Console, found: ShownKeys) -> None:
    rows = [
        (
            k.key.id,
            k.key.name,
            k.key.scope,
            f"{k.key.prefix}…",
            f"{k.key.created_at:%Y-%m-%d %H:%M}",
            f"{k.key.revoked_at:%Y-%m-%d %H:%M}" if k.key.revoked_at else "",
        )
        for k in found.keys
    ]
    console.print(table(("id", "name", "scope", "begins", "created (UTC)", "revoked"), rows))
