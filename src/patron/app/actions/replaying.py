"""Replaying a project's past through the live path, on a copy."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from patron.app.actions.refreshing import facts_at
from patron.app.project import store_of
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.kernel.time import iso, parse_instant
from patron.runtime.live import spread
from patron.runtime.replaying import Replayed, replay

if TYPE_CHECKING:
    from datetime import datetime

    from patron.app.project import Project
    from patron.runtime.loading_options import Progress

DAYS = 7
"""How long a replay is if nothing is said."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay of a project, and what it came to."""

    begin: datetime
    end: datetime
    done: Replayed

    def as_json(self) -> dict[str, object]:
        """For programs."""
        done = self.done
        return {
            "from": iso(self.begin),
            "to": iso(self.end),
            "facts": dict(done.facts),
            "ticks": done.ticks,
            "refreshes": done.refreshes,
            "customers_touched": done.touched,
            "memberships_changed": done.changed,
            "tick_seconds": spread(done.tick_seconds),
            "checks": done.checks,
            "strays": done.strays,
        }


def replay_past(  # noqa: PLR0913  # options of one call
    project: Project, *, begin: str, end: str, every_minutes: float, checks: int, speed: float, progress: Progress
) -> Replay:
    """Let a part of the past pass again through ticks, on a copy that is deleted afterwards.

    Args:
        project: the shop's; it stays as it is.
        begin: the instant at which it begins; a week before the end if empty.
        end: the instant at which it ends; now if empty.
        every_minutes: how often ticks come, in minutes of that time.
        checks: how often memberships are compared with a full recomputation on the way.
        speed: how many times as fast as it was; 0 for as fast as can be.
        progress: is told about every tick.

    Raises:
        InputError: an instant cannot be read, the end is not behind the beginning, or nothing was loaded yet.
    """
    until = facts_at(project, end).as_of
    since = parse_instant(begin, project.shop.calendar, where="--from") if begin else until - timedelta(days=DAYS)
    problems = [] if since < until else [Problem("--from", begin, f"an instant before {iso(until)}")]
    problems += [
        Problem(where, str(value), expected)
        for where, value, expected, is_right in (
            ("--every", every_minutes, "more than 0 minutes", every_minutes > 0),
            ("--speed", speed, "0 or more", speed >= 0),
            ("--checks", checks, "0 or more", checks >= 0),
        )
        if not is_right
    ]
    if problems:
        raise InputError("This cannot be replayed.", problems)
    with tempfile.TemporaryDirectory(prefix="replay-", dir=project.folder / "data") as folder:
        file = Path(folder) / "copy.duckdb"
        project.store.copy(file)
        copy = store_of(file, project.config)
        try:
            done = replay(
                copy,
                project.definitions,
                replace(project, store=copy).facts,
                begin=since,
                end=until,
                every=timedelta(minutes=every_minutes),
                checks=checks,
                speed=speed,
                progress=progress,
            )
        finally:
            copy.close()
    return Replay(since, until, done)
