"""Adapters by name: built-in ones and those of other packages, loaded one at a time.

Another package adds to a group by an entry point, `[project.entry-points."patron.source"]`: `my_shop = "my_package.source:SOURCE"`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

Group = Literal["source", "reader", "engine", "host", "guest", "shop", "inbox", "state"]

_SOURCES = "patron.adapters.sources"
_BUILT_IN: dict[Group, dict[str, str]] = {
    "source": {
        "customers": f"{_SOURCES}.customers:SOURCE",
        "events": f"{_SOURCES}.events:SOURCE",
        "klaviyo": f"{_SOURCES}.klaviyo:SOURCE",
        "lines": f"{_SOURCES}.lines:SOURCE",
        "magento": f"{_SOURCES}.magento:SOURCE",
        "mailchimp": f"{_SOURCES}.mailchimp:SOURCE",
        "messages": f"{_SOURCES}.messages:SOURCE",
        "orders": f"{_SOURCES}.orders:SOURCE",
        "products": f"{_SOURCES}.products:SOURCE",
        "erasures": f"{_SOURCES}.erasures:SOURCE",
        "rates": f"{_SOURCES}.rates:SOURCE",
        "redemptions": f"{_SOURCES}.redemptions:SOURCE",
        "reviews": f"{_SOURCES}.reviews:SOURCE",
        "shopify": f"{_SOURCES}.shopify:SOURCE",
        "spend": f"{_SOURCES}.spend:SOURCE",
        "tickets": f"{_SOURCES}.tickets:SOURCE",
        "woocommerce": f"{_SOURCES}.woocommerce:SOURCE",
    },
    "reader": {"duckdb": f"{_SOURCES}.reading:DuckDBReader"},
    "engine": {"arrays": "patron.adapters.engines.arrays.engine:ArraysEngine", "duckdb": "patron.adapters.engines.duckdb:DuckDBEngine"},
    "host": {"duckdb": "patron.adapters.engines.duckdb_host:attend"},
    "guest": {"duckdb": "patron.adapters.engines.duckdb_guest:DuckDBGuest"},
    "inbox": {"segments": "patron.adapters.inbox.segments:Segments"},
    "state": {"sqlite": "patron.adapters.state.sqlite:SQLiteState"},
    "shop": {"made_up": "patron.adapters.made_up:fill"},
}


def names(group: Group) -> tuple[str, ...]:
    """All names of a group, in order, without importing any."""
    return tuple(sorted({*_BUILT_IN[group], *_others(group)}))


def load(group: Group, name: str) -> Any:  # noqa: ANN401  # what a name stands for is the group's affair
    """What stands under a name; imports that one only. A built-in name cannot be taken by another package.

    Raises:
        InputError: nothing has this name, or its package cannot be imported.
    """
    target = _BUILT_IN[group].get(name) or _others(group).get(name)
    if target is None:
        known = names(group)
        raise InputError(
            f"There is no {group} named {name!r}.", [Problem(group, name, f"one of {', '.join(known)}", did_you_mean(name, known))]
        )
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ImportError as error:
        problem = Problem(f"{group} {name}", error.name or module, "a package that can be imported", "install it")
        raise InputError(f"The {group} {name!r} cannot be loaded.", [problem]) from error


@cache
def _others(group: Group) -> dict[str, str]:
    return {e.name: e.value for e in entry_points(group=f"patron.{group}")}
