"""The page of the read API, from the routes that answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from patron.api import reading
from patron.api.openapi import ERRORS
from patron.api.reading_routes import BEGIN, ROUTES
from tools.reference.markdown import block, code, document, sentence, table

if TYPE_CHECKING:
    from patron.api.routes import Route

_KINDS = {"string": "text", "integer": "count", "number": "number", "boolean": "flag"}


def page() -> str:
    """The page."""
    return document(
        "Read API",
        "What a server that runs can be asked, with a read key as `Authorization: Bearer KEY` or as user name of Basic authorization. "
        "Answers are as of the last tick, in JSON; kinds are those of [JSON](json.md). The same is said for programs, in OpenAPI 3.1, at "
        f"`{BEGIN}/openapi.json`, and figures for Prometheus stand at `{reading.METRICS}`.",
        table(("GET", ""), [(f"[`{BEGIN}{r.path}`](#{r.name})", r.summary) for r in ROUTES]),
        "## When something is wrong",
        'The answer is `{"error": "…", "problems": […]}`, as [commands say it](errors.md#problems).',
        table(("status", "meaning"), ERRORS.items()),
        *(part for route in ROUTES for part in _section(route)),
    )


def _section(route: Route) -> tuple[str, ...]:
    said = [(code(name), sentence(meaning), "in the path") for name, meaning in route.places.items()]
    said += [(code(p.name), p.meaning, code(p.default) if p.default else "") for p in route.parameters]
    shown = json.dumps(_shape(route.answer), indent=2, ensure_ascii=False)
    return (
        f"## {route.name}",
        f"`GET {BEGIN}{route.path}`",
        sentence(route.summary),
        table(("said", "meaning", "if not said"), said) if said else "",
        block(shown, "json"),
    )


def _shape(schema: dict[str, Any]) -> Any:  # noqa: ANN401
    """A schema as an example of what it describes."""
    if "anyOf" in schema:
        inner = _shape(schema["anyOf"][0])
        return f"{inner} or null" if isinstance(inner, str) else inner
    properties = schema.get("properties")
    if properties is None:
        return [_shape(schema["items"])] if schema.get("type") == "array" else _word(schema)
    return "money" if set(properties) == {"amount", "currency"} else {name: _shape(inner) for name, inner in properties.items()}


def _word(schema: dict[str, Any]) -> Any:  # noqa: ANN401
    if schema.get("format") == "date-time":
        return "instant"
    if schema.get("pattern") == "^cus_":
        return "customer"
    return {} if schema.get("type") == "object" else _KINDS.get(schema.get("type", ""), "anything")
