"""The server of the benchmark of collecting: the application of `patron serve` with an inbox of segments, or one that keeps nothing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.collect import KEY
from patron.adapters.inbox.segments import Segments
from patron.adapters.state.sqlite import SQLiteState
from patron.api.application import Application
from patron.api.collection import Collection
from patron.api.health import Health
from patron.app.connections import Limits
from patron.app.listening import Address, listening
from patron.app.server import answer
from patron.ports.state import Key
from patron.runtime.clock import SystemClock
from patron.runtime.keys import KeyRing, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Nothing:
    """Keeps nothing."""

    last = 0

    async def append(self, bodies: Sequence[bytes]) -> int:
        """Say that all is kept."""
        self.last += len(bodies)
        return self.last


def main(folder: Path, name: str) -> None:
    """Serve until terminated; prints the port."""
    inbox = Segments(folder / "inbox", limit_bytes=1 << 34) if name == "segments" else Nothing()
    state, clock = SQLiteState(folder / "state.sqlite"), SystemClock()
    state.add_key(Key("key_1", "benchmark", "write", digest_of(KEY), "patron_write_b", datetime(2026, 1, 1, tzinfo=UTC)))
    application = Application(Collection(inbox, KeyRing(state, clock).may_write, clock), Health(lambda: (True, {})), {})  # type: ignore[arg-type]
    with listening(Address()) as listener:
        print(listener.getsockname()[1], flush=True)
        answer(application, listener, Limits())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
