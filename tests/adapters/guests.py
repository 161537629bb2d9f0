"""A guest of a store that this process holds."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from patron.adapters.engines.duckdb_guest import DuckDBGuest
from patron.adapters.engines.duckdb_host import attend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.adapters.engines.duckdb import DuckDBEngine


@contextmanager
def guest(store: DuckDBEngine) -> Iterator[DuckDBGuest]:
    threads: list[threading.Thread] = []

    def call() -> socket.socket:
        ours, theirs = socket.socketpair()

        def work() -> None:
            with theirs:
                attend(store, theirs)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return ours

    made = DuckDBGuest(call)
    try:
        yield made
    finally:
        made.close()
        for thread in threads:
            thread.join()
