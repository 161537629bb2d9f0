"""The page of what `patron serve` takes at most, and what it answers beyond it."""

from __future__ import annotations

from patron.api.bodies import BODY_SECONDS, LARGEST_BODY
from patron.api.collection_bodies import DEEPEST, LARGEST_CALL, MOST_CALLS
from patron.api.imports import LARGEST_IMPORT, MOST_RECORDS
from patron.api.pace import SAVED_SECONDS
from patron.api.webhooks import DEEPEST as DEEPEST_RECORD
from patron.api.webhooks import LARGEST_DELIVERY
from patron.app.config import ServeSettings
from patron.app.connections import Limits
from patron.app.sharing import GUESTS
from tools.reference.markdown import document, table

_ENDS = "the connection ends"


def page() -> str:
    """The page."""
    limits, usual = Limits(), ServeSettings()
    requests = (
        ("a request to the collection, inflated", f"{LARGEST_BODY:,} bytes", "413"),
        ("calls of a batch", f"{MOST_CALLS:,}", "413"),
        ("a call", f"{LARGEST_CALL:,} bytes, {DEEPEST} levels", "that call is refused, the others are taken"),
        ("a request to `/v1/import/…`, inflated", f"{LARGEST_IMPORT:,} bytes, {MOST_RECORDS:,} records", "413"),
        ("a record of one", f"{DEEPEST_RECORD} levels", "that record is refused, the others are taken"),
        ("a delivery to `/webhooks/…`", f"{LARGEST_DELIVERY:,} bytes, {DEEPEST_RECORD} levels", "413; 400"),
        ("what waits to become facts", f"{usual.inbox_megabytes:,} MiB; `serve.inbox_megabytes`", "503, `Retry-After`"),
        (
            "calls of one key",
            f"as many as come; with `serve.calls_per_second`, so many, and {SAVED_SECONDS} times as many at once",
            "429, `Retry-After`",
        ),
    )
    connections = (
        (
            "connections open at once",
            f"{limits.connections:,}; `serve.connections`",
            "an idle one is closed; if none is, 503 and `Retry-After`",
        ),
        ("the head of a request", f"{limits.head_bytes:,} bytes", "431"),
        ("time for the head", f"{limits.head_seconds:g} seconds", _ENDS),
        ("time for the body", f"{BODY_SECONDS} seconds", "408"),
        ("time for a whole request, though it was answered before", f"{limits.request_seconds:g} seconds", _ENDS),
        ("a whole request, though it was answered before", f"{limits.request_bytes:,} bytes", _ENDS),
        ("requests that are not whole yet, together", f"{limits.held_bytes:,} bytes", "503, `Retry-After`"),
        ("other commands of the same user that work beside it at once", f"{GUESTS}", "the next one ends with exit code 3"),
        ("time for an answer to be read", f"{limits.unread_seconds:g} seconds", _ENDS),
    )
    return document(
        "Limits",
        "What `patron serve` takes at most, and what it answers beyond it. Senders that are asked to come again (408, 429, 503) do so by "
        "themselves; what is refused otherwise is not sent again by any client.",
        "## Requests",
        table(("what", "at most", "beyond it"), requests),
        "A picture in an e-mail is answered with a picture also when nothing is kept.",
        "## Connections",
        table(("what", "at most", "beyond it"), connections),
        "These hold without a proxy. Behind one, its own limits should be narrower, and `serve.connections` as large as what it opens.",
    )
