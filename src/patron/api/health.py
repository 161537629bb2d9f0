"""Whether the server is well: `GET /health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api.asgi import refused, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patron.api.asgi import Receive, Scope, Send

PATH = "/health"


class Health:
    """Answers 200 while everything runs, 503 when something has stopped."""

    def __init__(self, status: Callable[[], tuple[bool, Mapping[str, object]]]) -> None:
        """Tell of a status: whether all runs, and what there is to say."""
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        if scope["method"] not in {"GET", "HEAD"}:
            await refused(405, "get_only", "This is asked for by GET.").answer.send(send, [])
            return
        is_well, said = self._status()
        answer = told(200 if is_well else 503, {"status": "ok" if is_well else "failing", **said}, ((b"cache-control", b"no-store"),))
        await answer.send(send, [])
