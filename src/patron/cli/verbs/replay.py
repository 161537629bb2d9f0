"""`patron replay`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.replaying import Replay, replay_past
from patron.cli.output import json_option, progress, show
from patron.cli.project import in_project
from patron.runtime.live import spread

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project

_STRAYED = 1


@click.command("replay")
@click.option("--from", "begin", default="", help="Where it begins, such as 2011-12-01; else a week before the end.")
@click.option("--to", "end", default="", help="Where it ends; else now.")
@click.option("--every", "every_minutes", default=60.0, show_default=True, help="Minutes of that time from tick to tick.")
@click.option("--checks", default=10, show_default=True, help="How often everything is recomputed on the way, to compare.")
@click.option("--speed", default=0.0, show_default=True, help="How many times as fast as it was; 0 for as fast as can be.")
@json_option
@in_project
def command(project: Project, *, begin: str, end: str, every_minutes: float, checks: int, speed: float, as_json: bool) -> None:
    """Let a part of the past pass again through the live path, and compare every membership with a full recomputation.

    It works on a copy, which is deleted afterwards; the project stays as it is. The exit code is 1 when a membership was not right.

    \b
    Examples:
      patron replay --from 2011-12-01 --to 2011-12-08
      patron replay --every 1 --speed 3600
    """
    with progress(quiet=as_json) as told:
        done = replay_past(project, begin=begin, end=end, every_minutes=every_minutes, checks=checks, speed=speed, progress=told)
    show(done, as_json=as_json, text=lambda c: _print(c, done))
    if done.done.strays:
        click.get_current_context().exit(_STRAYED)


def _print(console: Console, replayed: Replay) -> None:
    done, seconds = replayed.done, spread(replayed.done.tick_seconds)
    facts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in done.facts.items()) or "no facts"
    console.print(f"From {replayed.begin:%Y-%m-%d %H:%M} to {replayed.end:%Y-%m-%d %H:%M} UTC: {facts}.")
    console.print(f"{done.ticks:,} ticks, {done.refreshes:,} of them refreshes, looked at {done.touched:,} customers; "
                  f"{done.changed:,} memberships changed.")  # fmt: skip
    if seconds:
        console.print(f"A tick took {seconds['p50']:.2f} s; one in a hundred {seconds['p99']:.2f} s.")
    right = "every membership was right" if not done.strays else f"{done.strays:,} customers were not in the segments they belong to"
    console.print(f"{done.checks:,} times everything was recomputed: {right}.")
