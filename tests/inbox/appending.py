"""A process that fills an inbox until it is killed: prints each position once it is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from patron.adapters.inbox.segments import Segments

BODY = b'{"n": %d, "pad": "%s"}'


def body(writer: int, number: int) -> bytes:
    """What a writer appends as its entry of this number."""
    return BODY % (number, b"%d" % writer * (1 + (writer * 7 + number) % 90))


async def _fill(inbox: Segments, writer: int) -> None:
    number = 0
    while True:
        count = 1 + number % 5
        position = await inbox.append([body(writer, n) for n in range(number, number + count)])
        number += count
        sys.stdout.write(f"{writer} {number} {position}\n")
        sys.stdout.flush()


async def _all(folder: Path, writers: int) -> None:
    inbox = Segments(folder, segment_bytes=20_000)
    await asyncio.gather(*(_fill(inbox, writer) for writer in range(writers)))


if __name__ == "__main__":
    asyncio.run(_all(Path(sys.argv[1]), int(sys.argv[2])))
