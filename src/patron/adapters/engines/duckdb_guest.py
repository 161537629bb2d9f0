"""A store in a database file that another process of this machine holds: the same engine, whose statements are carried out there."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import duckdb
import pyarrow as pa

from patron.adapters.engines import duckdb_frames as frames
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.engines.duckdb_turn import Turn
from patron.kernel.errors import TransientError, UnsupportedError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

_SIGN_SECONDS = 5.0
_GONE = "The server stopped while it worked for this command, or took it for gone. What was not finished has changed nothing."


class DuckDBGuest(DuckDBEngine):
    """A `Store` that a host holds. Outside of transactions it sees one commit, whatever is written meanwhile."""

    def __init__(self, call: Callable[[], socket.socket]) -> None:
        """Be a guest.

        Args:
            call: gives a new socket to the host, who attends to it.
        """
        self._call, self._host = call, _Connection(call())
        self._begin(cast("duckdb.DuckDBPyConnection", self._host), _TurnOfHost(self._host), first=())

    def session(self) -> DuckDBGuest:
        """The same tables for another thread, which sees what has been committed; its temporary tables are its own."""
        return DuckDBGuest(self._call)

    def apart(self) -> AbstractContextManager[None]:
        """Not to be had: it would be beside the ticks of another process, which know nothing of it.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError("Only the process that holds the store works beside its own transactions.")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is asked inside is as of one commit, whatever is written meanwhile; nothing but temporary tables can be written."""
        self._host.free()
        try:
            yield
        finally:
            self._host.free()  # temporary tables go with it


class _Connection:
    """What the engine asks of a connection, asked of the host."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._is_stopped = False
        threading.Thread(target=self._give_signs, name="signs of life", daemon=True).start()

    def execute(self, statement: str) -> _Rows:
        """Carry out a statement."""
        return _Rows(self._ask(frames.EXECUTE, statement.encode()))

    def sql(self, statement: str) -> _Rows:
        """Ask for rows."""
        return _Rows(self._ask(frames.QUERY, statement.encode()))

    def register(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Give rows a name: they become a temporary table of the host, piece by piece."""
        label = name.encode()
        is_first = True
        for batch in _batches(rows):
            for chunk in frames.chunks(pa.Table.from_batches([batch])):
                self._ask(frames.PUT, bytes((len(label), is_first)), label, frames.packed(chunk))
                is_first = False
        if is_first:
            self._ask(frames.PUT, bytes((len(label), True)), label, frames.packed(rows.schema.empty_table()))

    def unregister(self, name: str) -> None:
        """Forget rows that were given a name."""
        self.execute(f'DROP TABLE IF EXISTS temp.main."{name}"')

    def hold(self) -> None:
        """Wait for the turn."""
        self._ask(frames.HOLD)

    def free(self) -> None:
        """Let go of the turn, or of the snapshot."""
        self._ask(frames.FREE)

    def close(self) -> None:
        """Go."""
        self._over.set()
        self._peer.close()

    def _ask(self, kind: bytes, *parts: bytes | memoryview) -> pa.Table | None:
        """The answer to a question. Who is stopped meanwhile goes, and the host breaks off what it does."""
        if self._is_stopped:
            raise KeyboardInterrupt
        try:
            with self._sending:
                frames.send(self._peer, kind, *parts)
            return self._answer()
        except OSError as error:
            raise TransientError(_GONE) from error
        except KeyboardInterrupt:
            self._is_stopped = True
            self.close()
            raise

    def _answer(self) -> pa.Table | None:
        found: list[pa.Table] = []
        while True:
            kind, body = frames.receive(self._peer)
            if kind == frames.ROWS:
                found.append(frames.unpacked(body))
            elif kind == frames.DONE:
                return pa.concat_tables(found) if found else None
            else:
                raise _failure(*json.loads(body))

    def _give_signs(self) -> None:
        with suppress(OSError):
            while not self._over.wait(_SIGN_SECONDS):
                with self._sending:
                    frames.send(self._peer, frames.ALIVE)


class _TurnOfHost(Turn):
    """The turn that the sessions of the host share."""

    def __init__(self, host: _Connection) -> None:
        super().__init__()
        self._host = host

    @property
    def ended(self) -> int:
        """Never the same: what others write is not told here."""
        self._ended += 1
        return self._ended

    def acquire(self, timeout_seconds: float = -1) -> bool:
        """Wait for it and take it, however long."""
        del timeout_seconds
        self._host.hold()
        return True

    def release(self) -> None:
        """Let go of it."""
        self._host.free()


class _Rows:
    """What a statement came to."""

    def __init__(self, table: pa.Table | None) -> None:
        self._table = table

    def to_arrow_table(self) -> pa.Table:
        """As a table."""
        return self._table

    def fetchall(self) -> list[tuple[Any, ...]]:
        """As rows."""
        return list(zip(*(column.to_pylist() for column in self._table.columns), strict=True)) if self._table else []


def _batches(rows: pa.Table | pa.RecordBatchReader) -> Iterable[pa.RecordBatch]:
    return rows.to_batches() if isinstance(rows, pa.Table) else rows


def _failure(kind: str, message: str) -> Exception:
    """What the host's engine raised, as the own one raises it."""
    known = getattr(duckdb, kind, None)
    return known(message) if isinstance(known, type) and issubclass(known, duckdb.Error) else RuntimeError(message)
