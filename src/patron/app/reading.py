"""Reading while ticks write: questions about a project that is being served, answered beside its event loop and its ticks.

Each question has a session of the store to itself and sees one commit: the last tick that was finished, whole.
"""

from __future__ import annotations

import asyncio
import queue
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from patron.kernel.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.app.project import Project
    from patron.runtime.pipeline import Definitions

R = TypeVar("R")

_MOST_WAITING = 200
_BUSY = "Too many questions wait for an answer. Ask again later."


class Reading:
    """A few threads that answer questions."""

    def __init__(self, project: Project, *, threads: int, name: str) -> None:
        """Open sessions of an open project.

        Args:
            project: outlives this.
            threads: how many questions are answered at once.
            name: of the threads.
        """
        self._projects: queue.SimpleQueue[Project] = queue.SimpleQueue()
        for _ in range(threads):
            self._projects.put(replace(project, store=project.store.session()))
        self._definitions = project.definitions
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = 0

    async def answer(self, question: Callable[[Project], R]) -> R:
        """What a question comes to, asked about one commit.

        Raises:
            TransientError: too many wait already.
        """
        if self._waiting >= _MOST_WAITING:
            raise TransientError(_BUSY)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, question)
        finally:
            self._waiting -= 1

    def define(self, definitions: Definitions) -> None:
        """From now on these are what the answers that are kept come from."""
        self._definitions = definitions

    def close(self) -> None:
        """Finish what has been begun and let go of the sessions."""
        self._pool.shutdown(cancel_futures=True)
        while not self._projects.empty():
            self._projects.get().store.close()

    def _answer(self, question: Callable[[Project], R]) -> R:
        project = self._projects.get()
        try:
            with project.store.snapshot():
                return question(replace(project, definitions=self._definitions))
        finally:
            self._projects.put(project)
