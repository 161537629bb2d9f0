"""The description of the read API in OpenAPI 3.1, written from the routes that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron import __version__
from patron.api import schemas as s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.api.routes import Route

ERRORS = {
    "400": "The question cannot be answered as it is asked; every problem is named.",
    "401": "The key is missing or not known.",
    "403": "The key may only send.",
    "404": "Nobody and nothing has this name; the nearest is named.",
    "503": "Too many questions wait; ask again after `Retry-After` seconds.",
}
"""What statuses mean, besides 200."""


def document(begin: str, routes: Sequence[Route]) -> dict[str, object]:
    """The description.

    Args:
        begin: how the paths of all routes begin.
        routes: what can be asked.
    """
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Patron: reading",
            "version": __version__,
            "description": "Customers, segments and what changes, as of the last tick. Times are in UTC, amounts of money are text.",
        },
        "servers": [{"url": begin}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {route.path: {"get": _operation(route)} for route in routes},
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key made by `patron key create --scope read`."},
                "basic": {"type": "http", "scheme": "basic", "description": "The same key as user name, without a password."},
            },
            "schemas": {"Error": s.ERROR},
            "responses": {status: {"description": meaning, "content": error} for status, meaning in ERRORS.items()},
        },
    }


def _operation(route: Route) -> dict[str, object]:
    placed = [
        {"name": name, "in": "path", "required": True, "description": meaning, "schema": s.TEXT} for name, meaning in route.places.items()
    ]
    asked = [
        {"name": p.name, "in": "query", "description": p.meaning, "schema": p.schema, "explode": False} for p in route.parameters
    ]  # names stand behind one another, with commas between
    answer = {"description": route.summary, "content": {"application/json": {"schema": route.answer}}}
    return {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [*placed, *asked],
        "responses": {"200": answer, **{status: {"$ref": f"#/components/responses/{status}"} for status in ERRORS}},
    }
