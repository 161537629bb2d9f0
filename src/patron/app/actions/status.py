"""How a project and its server are: what waits, how long ticks and events take, how far behind, how much memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from patron.app.actions.serving import INBOX, opened_inbox
from patron.app.answers import last_answers
from patron.app.memory import resident_bytes
from patron.kernel.errors import NotYetError
from patron.kernel.time import iso
from patron.runtime.pipeline import FEATURES
from patron.runtime.reached import reached, stands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.app.actions.serving import Serving
    from patron.app.project import Project
    from patron.ports.inbox import Inbox


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """How far a full refresh is.

    Attributes:
        is_first: whether there are no answers before it is done.
        step: the step that is being made, from 1.
        of: how many steps there are.
        what: is being made.
        is_beside: whether ticks go on meanwhile.
    """

    is_first: bool
    step: int
    of: int
    what: str
    is_beside: bool

    def __str__(self) -> str:
        """For people."""
        name = "first refresh" if self.is_first else "a full refresh" + (" beside ticks" if self.is_beside else "")
        return f"{name}, step {self.step} of {self.of} ({self.what})"

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"is_first": self.is_first, "step": self.step, "of": self.of, "what": self.what, "is_beside": self.is_beside}


@dataclass(frozen=True, slots=True)
class Status:
    """A project, and its server if one runs.

    Attributes:
        is_running: whether a server runs.
        failure: what ended its ticks, or why the last could not be made; empty when all is well.
        since: when it began.
        as_of: the instant that memberships are exact for; None before the first.
        last: the position of the last entry of the inbox.
        waiting: entries that have not become facts yet.
        lag_seconds: how long the first of them has waited.
        tick_seconds: the middle and the worst of a hundred of the last thousand ticks.
        event_to_segment_seconds: the same, from the receipt of an event to the memberships that follow.
        memory_bytes: of the server.
        refused_definitions: why definitions that changed are not taken; empty when they are.
        refresh: how far the full refresh is that runs; None when none does.
    """

    is_running: bool
    failure: str
    since: datetime | None
    as_of: datetime | None
    last: int
    waiting: int
    lag_seconds: float
    tick_seconds: Mapping[str, float] | None
    event_to_segment_seconds: Mapping[str, float] | None
    memory_bytes: int | None
    refused_definitions: str = ""
    refresh: RefreshStatus | None = None

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "status": ("failing" if self.failure else "ok") if self.is_running else "stopped",
            "failure": self.failure or None,
            "since": self.since and iso(self.since),
            "as_of": self.as_of and iso(self.as_of),
            "inbox": {"last": self.last, "waiting": self.waiting, "lag_seconds": self.lag_seconds},
            "tick_seconds": self.tick_seconds,
            "event_to_segment_seconds": self.event_to_segment_seconds,
            "memory_bytes": self.memory_bytes,
            "refused_definitions": self.refused_definitions or None,
            "refresh": self.refresh and self.refresh.as_json(),
        }


def status(serving: Serving, project: Project) -> Status:
    """How a server is.

    Args:
        serving: it.
        project: a session of its project.
    """
    told = serving.ticker.status() if serving.ticker else {}
    position, as_of = stands(project.store, "") if serving.ticker else reached(project.store)
    return Status(
        is_running=True,
        failure=serving.failure or str(told.get("trouble", "")),
        since=serving.since,
        as_of=as_of,
        last=serving.inbox.last,
        waiting=serving.inbox.last - position,
        lag_seconds=_lag(serving.inbox, position, serving.project.clock.now()),
        tick_seconds=told.get("tick_seconds"),  # type: ignore[arg-type]
        event_to_segment_seconds=told.get("event_to_segment_seconds"),  # type: ignore[arg-type]
        memory_bytes=resident_bytes(),
        refused_definitions=str(told.get("refused_definitions", "")),
        refresh=_refresh(serving, project),
    )


def not_yet(serving: Serving, project: Project) -> str:
    """What is told in the place of answers that a server is making, as a sentence."""
    at = _refresh(serving, project)
    return f"There are no answers yet{f': {at}' if at else ''}. Ask again in a moment."


def _refresh(serving: Serving, project: Project) -> RefreshStatus | None:
    at = serving.ticker.status().get("refresh") if serving.ticker else None
    return RefreshStatus(FEATURES not in project.store.tables(), **at) if isinstance(at, dict) else None


def status_without_server(project: Project) -> Status:
    """How a project is that nobody serves."""
    position = reached(project.store)[0]
    try:
        as_of = last_answers(project).as_of
    except NotYetError:
        as_of = None
    last, lag = position, 0.0
    if (project.folder / INBOX).is_dir():
        with opened_inbox(project, applied=position) as inbox:
            last, lag = inbox.last, _lag(inbox, position, project.clock.now())
    return Status(
        is_running=False, failure="", since=None, as_of=as_of, last=last, waiting=last - position, lag_seconds=lag,
        tick_seconds=None, event_to_segment_seconds=None, memory_bytes=None,
    )  # fmt: skip


def _lag(inbox: Inbox, position: int, now: datetime) -> float:
    """For how long the first entry behind a position has waited."""
    first = inbox.read(position, most=1) if inbox.last > position else ()
    if not first:
        return 0.0
    return max((now - datetime.fromisoformat(json.loads(first[0].body)["received_at"])).total_seconds(), 0.0)
