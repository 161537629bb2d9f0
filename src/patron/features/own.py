"""Features of the shop's own: aggregates of facts with a filter and a window, written in TOML. They behave like the built-in ones.

```toml
[tea_revenue_365d]
meaning = "Net revenue of tea in the last 365 days."
from = "order_lines"
aggregate = "sum"
column = "net_revenue"
last = "365 days"
where = { category = "Tea", quantity = { min = 2 } }
```
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from patron.features.own_tables import AGGREGATES, SOURCES, Own, result_kind
from patron.features.own_tests import tests
from patron.features.own_values import own_features
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import parse_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from patron.features.catalog import Catalog
    from patron.features.own_tables import Source

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_KEYS = ("meaning", "unit", "from", "aggregate", "column", "last", "where", "seeds")


def extended(catalog: Catalog, files: Mapping[str, str]) -> Catalog:
    """The catalog with the shop's own features at its end.

    Args:
        catalog: the features that are there.
        files: text of each TOML file by its name; a table in it is a feature.

    Raises:
        InputError: with everything that is wrong in any file.
    """
    problems: list[Problem] = []
    found: dict[str, Own] = {}
    for file, text in files.items():
        for name, told in _tables(file, text, problems):
            where = f"{file}: {name}"
            if name in catalog or name in found:
                problems.append(Problem(where, name, "a name that no other feature has"))
            own = _read(name, told, where, problems)
            if own:
                found[name] = own
    if problems:
        raise InputError("Some features cannot be used.", problems)
    return catalog.plus(*own_features(tuple(found.values())))


def _tables(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "", f"TOML ({error})"))
        return
    for name, table in told.items():
        if isinstance(table, dict):
            yield name, table
        else:
            problems.append(Problem(f"{file}: {name}", str(table), "a table such as [tea_revenue_365d]"))


def _read(name: str, told: Mapping[str, object], where: str, problems: list[Problem]) -> Own | None:
    """The feature, or None when anything is wrong with it."""
    before = len(problems)
    if not _NAME.fullmatch(name) or name.startswith("edge_"):
        problems.append(Problem(where, name, "a name of small letters, digits and _ that begins with a letter and not with edge_"))
    problems += [Problem(f"{where}.{k}", k, "a key of features", did_you_mean(k, _KEYS)) for k in told if k not in _KEYS]
    source = SOURCES.get(_choice(told, "from", tuple(SOURCES), where, problems))
    aggregate = _choice(told, "aggregate", tuple(AGGREGATES), where, problems)
    last = _span(told, where, problems)
    if source is None or aggregate not in AGGREGATES:
        return None
    column = _column(told, source, aggregate, where, problems)
    asked = tests(told.get("where", {}), source, f"{where}.where", problems)
    if len(problems) > before:
        return None
    meaning, unit = _text(told, "meaning"), _text(told, "unit")
    return Own(name, source, aggregate, column, last, asked, meaning=meaning or _meaning(source, aggregate, column, told), unit=unit)


def _choice(told: Mapping[str, object], key: str, known: tuple[str, ...], where: str, problems: list[Problem]) -> str:
    given = told.get(key)
    if isinstance(given, str) and given in known:
        return given
    found = "" if given is None else str(given)
    problems.append(Problem(f"{where}.{key}", found, f"one of {', '.join(known)}", did_you_mean(found, known)))
    return ""


def _span(told: Mapping[str, object], where: str, problems: list[Problem]) -> timedelta | None:
    if "last" not in told:
        return None
    try:
        return parse_span(str(told["last"]), where=f"{where}.last")
    except InputError as error:
        problems.extend(error.problems)
        return None


def _column(told: Mapping[str, object], source: Source, aggregate: str, where: str, problems: list[Problem]) -> str:
    given = told.get("column")
    if aggregate == "count":
        if given is not None:
            problems.append(
                Problem(f"{where}.column", str(given), "no column", "a count is of rows; use aggregate = 'distinct' for values")
            )
        return ""
    kinds = source.kinds()
    if not isinstance(given, str) or given not in kinds:
        found = "" if given is None else str(given)
        problems.append(Problem(f"{where}.column", found, f"a column of {source.table.name}", did_you_mean(found, kinds)))
        return ""
    if result_kind(aggregate, kinds[given]) is None:
        fitting = sorted(c for c, kind in kinds.items() if result_kind(aggregate, kind) is not None)
        problems.append(Problem(f"{where}.column", given, f"a column of which there is a {aggregate}: {', '.join(fitting)}"))
    return given


def _text(told: Mapping[str, object], key: str) -> str:
    return str(told.get(key, "")).strip()


def _meaning(source: Source, aggregate: str, column: str, told: Mapping[str, object]) -> str:
    """A sentence for a feature whose file has none."""
    what = f"{column} in {source.table.name}" if column else source.table.name
    window = f" in the last {told['last']}" if "last" in told else ""
    return f"{aggregate.capitalize()} of {what}{window}."
