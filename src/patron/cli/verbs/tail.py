"""`patron tail`."""

from __future__ import annotations

from typing import Any

import click

from patron.cli.following import Followed, Row, clock_of, follow, the_server
from patron.cli.output import json_option

_NAMES = ("event", "name", "topic", "order_number", "review_number", "ticket_number", "campaign")
_PEOPLE = ("userId", "anonymousId", "email", "customer_number")


@click.command("tail")
@click.option("--last", default=10, show_default=True, type=click.IntRange(0, 10_000), help="Begin with so many that came before.")
@click.option("--once", is_flag=True, help="End when all that is there was shown.")
@json_option
def command(*, last: int, once: bool, as_json: bool) -> None:
    """Events as they arrive at the server, and what was refused and why. Ends with Ctrl-C.

    Refused as it came is what its sender was told of; unusable is what was kept, but could not become facts.

    \b
    Examples:
      patron tail
      patron tail --last 100 --once --json
    """
    server = the_server()
    before = {path: str(max(int(server.get(path, after="latest")["next"]) - last, 0)) for path in ("events", "rejected")}
    lists = {
        "event": Followed(server, "events", after=before["events"]),
        "rejected": Followed(server, "rejected", after=before["rejected"]),
        "refused": Followed(server, "refused"),
    }
    follow(lists, _line, as_json=as_json, once=once)


def _line(kind: str, row: Row) -> str:
    if kind == "event":
        record: dict[str, Any] = row["record"]
        return f"{clock_of(row['received_at'])}  {_what(row['source'], record):40}  {_who(record)}".rstrip()
    if kind == "rejected":
        return f"{clock_of(row['at'])}  refused: {row['path']}, item {row['index']}: {row['message']} ({row['code']})"
    found = "; ".join(_problem(problem) for problem in row["problems"])
    return f"{clock_of(row['at'])}  unusable: {row['file']}, line {row['line']}: {found}"


def _what(source: str, record: dict[str, Any]) -> str:
    """What happened, in few words."""
    kind = record.get("type") if source == "events" else source
    name = next((str(record[n]) for n in _NAMES if record.get(n)), "")
    return f"{kind or source} {name}".strip()


def _who(record: dict[str, Any]) -> str:
    return " ".join(str(record[name]) for name in _PEOPLE if record.get(name))


def _problem(problem: dict[str, Any]) -> str:
    column = f"{problem['column']}: " if problem["column"] else ""
    found = f"found {problem['found']!r}, " if problem["found"] else ""
    hint = f"; {problem['hint']}" if problem["hint"] else ""
    return f"{column}{found}expected {problem['expected']}{hint}"
