"""The page of public Python names: what other packages may import."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, NewType

from tools.reference.markdown import code, document, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREDICTIONS = "bgnbd mbgnbd paretonbd cnbd bgbb sbg gamma_gamma clv covariates cohorts next_order model optimum".split()
PUBLIC = {
    "The words": ("kernel.errors", "kernel.problems", "kernel.money", "kernel.time", "kernel.ids", "kernel.tables"),
    "What to expect, from arrays": tuple(f"predictions.{name}" for name in _PREDICTIONS),
    "What the outside must offer": ("ports.source", "ports.engine", "ports.clock"),
    "Adapters by name": ("plugins",),
    "For tests of plug-ins": ("testing.tiny", "testing.engines"),
}


def page() -> str:
    """The page."""
    parts = []
    for shelf, modules in PUBLIC.items():
        parts.append(f"## {shelf}")
        for name in modules:
            module = import_module(f"patron.{name}")
            parts += [
                f"### patron.{name}",
                _first(module),
                table(("name", "what it is"), [(code(n), _first(o)) for n, o in _names(module)]),
            ]
    return document(
        "Python",
        "The names that other packages may import: to predict from arrays, to write a source or an engine, and to test it. Everything "
        "else may change without notice; people who only use Patron need none of it. A name on this page is removed only after a "
        "release that warns.",
        *parts,
    )


def _names(module: object) -> Iterator[tuple[str, object]]:
    """Classes and functions that the module defines itself, in its own order."""
    for name, value in vars(module).items():
        own = getattr(value, "__module__", "") == getattr(module, "__name__", "")
        if own and not name.startswith("_") and (inspect.isclass(value) or callable(value)) and inspect.getdoc(value):
            yield name, value


def _first(what: object) -> str:
    if isinstance(what, NewType):
        return f"A type of its own over {what.__supertype__.__name__}."
    return (inspect.getdoc(what) or "").partition("\n\n")[0].replace("\n", " ")
