"""A full refresh in a thread of its own: it reads what the store held when it began, and writes tables that ticks do not know."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.runtime.reached import reached
from patron.runtime.swapping import Next, work_out_next
from patron.runtime.touching import TOUCHED_ROWS

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.ports.engine import Few, Store
    from patron.runtime.loading_options import Progress
    from patron.runtime.pipeline import Definitions

_LOOK_SECONDS = 0.05
_NOTED, _NOBODY = "_noted", pa.table({"customer_id": pa.array([], pa.int64())})


class Aside:
    """One refresh beside ticks.

    Attributes:
        definitions: what is worked out.
        is_void: whether nobody wants it any more.
        error: what has ended it before it was done; None when nothing has.
        seconds: how long it took.
    """

    def __init__(  # noqa: PLR0913  # all that it is made of
        self,
        store: Store,
        definitions: Definitions,
        facts: Facts,
        few: Few | None,
        *,
        position: int,
        old_events_at: datetime | None,
        progress: Progress,
    ) -> None:
        """Begin.

        Args:
            store: no transaction runs; a session of it is taken, which stands at the commit of the last tick.
            definitions: what is worked out.
            facts: everybody's as of that tick.
            few: makes engines for the recipe of the ticks that follow.
            position: of the inbox at that tick.
            old_events_at: as for `work_out_next`.
            progress: is told about every table, in the thread.
        """
        self.definitions = definitions
        self._facts, self._few, self._old_events_at, self._progress = facts, few, old_events_at, progress
        self._began, self.seconds = perf_counter(), 0.0
        self._found: Next | None = None
        self.error: BaseException | None = None
        self.is_void = False
        self._noted: list[pa.ChunkedArray] = []
        self._session, self._is_closed, self._closing = store.session(), False, threading.Lock()
        self._whole = ExitStack()
        self._thread = threading.Thread(target=self._work, name="refresh beside ticks", daemon=True)
        try:
            self._whole.enter_context(self._session.apart())
            self.is_void = reached(self._session, "") != (position, facts.as_of)  # another has written since
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told like all that fails later
            self.error = error
        self._thread.start()

    @property
    def is_at_work(self) -> bool:
        """Whether it works, and for something."""
        return self._thread.is_alive() and not self.is_void

    @property
    def is_over(self) -> bool:
        """Whether it does nothing any more."""
        return not self._thread.is_alive()

    @property
    def found(self) -> Next | None:
        """What it has worked out; None until then, and where that is void."""
        return self._found if self.is_over and not self.is_void else None

    def note(self, store: Store) -> None:
        """Something has come of the customers of `TOUCHED` who are not only due."""
        self._noted.append(store.query(TOUCHED_ROWS.filter(~TOUCHED_ROWS.is_due).select("customer_id")))

    def noted_in(self, store: Store) -> ir.Table:
        """A temporary table of all who were noted: customer_id."""
        rows = pa.concat_tables([_NOBODY, *self._noted])
        store.fill(_NOTED, rows.to_reader(), temporary=True)
        return ibis.table({"customer_id": "int64"}, name=_NOTED)

    def break_off(self) -> None:
        """It is void: let it end. To be said again until it is over, as what is to be broken off may not have begun yet."""
        self.is_void = True
        with self._closing:
            if not self._is_closed:
                self._session.interrupt()

    def end(self) -> None:
        """Break it off and wait until it is over."""
        while not self.is_over:
            self.break_off()
            self._thread.join(_LOOK_SECONDS)

    def _work(self) -> None:
        try:
            with self._whole:
                self._go_on()
                few = self._few.another() if self._few is not None else None
                found = work_out_next(
                    self._session, self.definitions, self._facts, few, old_events_at=self._old_events_at, progress=self._tell
                )
                self._go_on()
            self._found = found
        except BaseException as error:  # noqa: BLE001  # whatever it is, ticks go on; it is told
            self.error = self.error or error
        finally:
            self.seconds = perf_counter() - self._began
            with self._closing:
                self._is_closed = True
                self._session.close()

    def _tell(self, done: int, total: int, what: str) -> None:
        self._go_on()
        self._progress(done, total, what)

    def _go_on(self) -> None:
        if self.is_void or self.error is not None:
            raise KeyboardInterrupt
