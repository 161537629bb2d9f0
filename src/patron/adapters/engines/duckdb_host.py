"""The process that holds a database file lets others of the same machine use it: each guest has a session, and asks over a socket.

Outside of transactions a guest sees one commit, whatever is written meanwhile. Whoever is gone, or gives no sign of life, has stopped:
what it asked for is broken off, and what it has not committed is undone.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from patron.adapters.engines import duckdb_frames as frames

if TYPE_CHECKING:
    import socket

    from patron.adapters.engines.duckdb import DuckDBEngine

PATIENCE_SECONDS = 30.0
"""How long a guest may be silent; also how long it may take to receive a frame."""
_LOOK_SECONDS = 0.05


def attend(store: DuckDBEngine, peer: socket.socket) -> None:
    """Do what a guest asks, in a session of its own, until it goes or the socket is shut down.

    Args:
        store: outlives this.
        peer: the socket to the guest, who may do everything that this process may.
    """
    peer.settimeout(PATIENCE_SECONDS)
    asked: SimpleQueue[tuple[bytes, bytearray] | None] = SimpleQueue()
    guest = _Guest(store.session(), peer)
    worker = threading.Thread(target=guest.work, args=(asked,), name="guest")
    worker.start()
    try:
        with suppress(OSError):
            while True:
                kind, body = frames.receive(peer)
                if kind != frames.ALIVE:
                    asked.put((kind, body))
    finally:
        asked.put(None)
        while worker.is_alive():  # again and again: what is to be broken off may not have begun yet
            guest.break_off()
            worker.join(_LOOK_SECONDS)
        guest.session.close()


class _Guest:
    """One guest's session."""

    def __init__(self, session: DuckDBEngine, peer: socket.socket) -> None:
        self.session = session
        self._peer = peer
        self._is_gone = False
        self._is_looking = False  # in a snapshot
        self._is_holding = False  # the turn
        self._is_busy = False  # with a question
        self._breaking = threading.Lock()

    def work(self, asked: SimpleQueue[tuple[bytes, bytearray] | None]) -> None:
        """Answer one question after the other, until there is None."""
        try:
            while (question := asked.get()) is not None and not self._is_gone:
                self._answer(*question)
        except OSError:
            return
        finally:
            self._free()

    def break_off(self) -> None:
        """The guest has gone: end what is done for it, if anything is."""
        with self._breaking:
            self._is_gone = True
            if self._is_busy:
                self.session.connection.interrupt()

    def _busy(self, *, now: bool) -> None:
        with self._breaking:
            self._is_busy = now

    def _answer(self, kind: bytes, body: bytearray) -> None:
        self._busy(now=True)
        try:
            found = self._done(kind, body)
        except Exception as error:  # noqa: BLE001  # whatever it is, the guest is told of it
            self._busy(now=False)
            if self._is_gone:
                return
            self._recover()
            frames.send(self._peer, frames.FAILED, json.dumps([type(error).__name__, str(error)]).encode())
            return
        self._busy(now=False)
        if found is not None:
            for rows in frames.chunks(found):
                frames.send(self._peer, frames.ROWS, frames.packed(rows))
        frames.send(self._peer, frames.DONE)

    def _done(self, kind: bytes, body: bytearray) -> pa.Table | None:
        if kind == frames.QUERY:
            return self._query(body.decode())
        if kind == frames.EXECUTE:
            return self._execute(body.decode())
        if kind == frames.PUT:
            self._put(body)
        elif kind == frames.HOLD:
            self._hold()
        elif kind == frames.FREE:
            self._free()
        else:
            raise RuntimeError(f"There is no question {kind!r}.")
        return None

    def _query(self, statement: str) -> pa.Table:
        self._look()
        return self.session.connection.sql(statement).to_arrow_table()

    def _execute(self, statement: str) -> pa.Table:
        self._look()
        rows = self.session.connection.execute(statement).fetchall()
        return pa.table({str(i): pa.array(column) for i, column in enumerate(zip(*rows, strict=True))})

    def _put(self, body: bytearray) -> None:
        """Put rows into a temporary table, which is made for the first of them."""
        self._look()
        (length,) = body[:1]
        name, is_first = body[2 : 2 + length].decode(), bool(body[1])
        connection = self.session.connection
        connection.register("_frame", frames.unpacked(memoryview(body)[2 + length :]))
        try:
            connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM _frame' if is_first else f'INSERT INTO "{name}" FROM _frame')
        finally:
            connection.unregister("_frame")

    def _look(self) -> None:
        if not self._is_holding and not self._is_looking:
            self.session.connection.execute("BEGIN TRANSACTION READ ONLY")
            self._is_looking = True

    def _hold(self) -> None:
        """Wait for the turn. Temporary tables that were made meanwhile stay."""
        self._leave("COMMIT")
        while not self.session.turn.acquire(_LOOK_SECONDS):
            if self._is_gone:
                raise ConnectionError("The guest has gone.")
        self._is_holding = True

    def _free(self) -> None:
        self._leave("ROLLBACK")
        if self._is_holding:
            self._undo()
            self._is_holding = False
            self.session.turn.release()

    def _leave(self, how: str) -> None:
        if self._is_looking:
            self._is_looking = False
            self.session.connection.execute(how)

    def _undo(self) -> None:
        """Undo what was begun and not committed."""
        try:
            self.session.connection.execute("ROLLBACK")
        except duckdb.Error:  # nothing was, or the failure has undone it
            return

    def _recover(self) -> None:
        """After a failure that has ended the snapshot, the next statement begins another."""
        if self._is_looking:
            try:
                self.session.connection.execute("SELECT 1")
            except duckdb.Error:
                self._is_looking = False
                self._undo()
