"""Bodies of requests: read no further than a limit, also while they are inflated."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from patron.api.asgi import AnswerError, header, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from patron.api.asgi import Answer, Receive, Scope, Send

LARGEST_BODY = 500 * 1024
BODY_SECONDS = 30
_GZIP = 16 + zlib.MAX_WBITS


Tell = Callable[[datetime, str, Sequence[tuple[int, str, str]]], None]
"""Is told when something came, where it was sent, and of each part that is refused its place, a code and a sentence."""


def untold(at: datetime, path: str, rejected: Sequence[tuple[int, str, str]]) -> None:
    """Tells nobody."""
    del at, path, rejected


class GoneError(Exception):
    """Whoever sent the request did not wait for the end of it."""


async def answered(work: Awaitable[Answer], send: Send) -> None:
    """Send what work on a request comes to, or what ended it; nothing to whoever is gone."""
    try:
        answer = await work
    except AnswerError as error:
        answer = error.answer
    except GoneError:
        return
    await answer.send(send, [])


async def body_of(scope: Scope, receive: Receive, *, most: int = LARGEST_BODY) -> bytes:
    """The body of a request, inflated.

    Raises:
        AnswerError: it is larger than allowed, not encoded as it says, or does not come.
        GoneError: the connection ended first.
    """
    said = header(scope, b"content-length")
    if said is not None and said.isdigit() and len(said) < 20 and int(said) > most:
        raise too_large(most)
    first, is_whole = await _part(receive)
    if is_whole:
        return _inflated(scope, first, most)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return _inflated(scope, await _rest(first, receive, most), most)
    except TimeoutError:
        raise refused(408, "too_slow", f"The body did not come within {BODY_SECONDS} seconds.") from None


def too_large(most: int) -> Exception:
    """The answer to a body that is larger than allowed."""
    return refused(413, "too_large", f"A request holds no more than {most:,} bytes; send smaller batches.")


async def _rest(first: bytes, receive: Receive, most: int) -> bytes:
    parts, size, is_whole = [first], len(first), False
    while not is_whole:
        part, is_whole = await _part(receive)
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
    return b"".join(parts)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise GoneError
    return message.get("body", b""), not message.get("more_body", False)


def _inflated(scope: Scope, body: bytes, most: int) -> bytes:
    encoding = header(scope, b"content-encoding")
    if encoding is None or encoding.strip().lower() in {b"", b"identity"}:
        if len(body) > most:
            raise too_large(most)
        return body
    if encoding.strip().lower() not in {b"gzip", b"x-gzip"}:
        raise refused(415, "unknown_encoding", "A body is plain or in gzip.")
    inflater = zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, most + 1)
    except zlib.error:
        raise refused(400, "invalid_gzip", "The body is not gzip, as its Content-Encoding says.") from None
    if len(plain) > most:
        raise too_large(most)
    if not inflater.eof:
        raise refused(400, "invalid_gzip", "The body ends before its gzip does.")
    return plain
