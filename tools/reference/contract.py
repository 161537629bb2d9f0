"""The page of JSON: the shape of what each verb prints, taken from the sample shop.

Since the page is compared with the code by `make check` and by the tests, it is also the guard of the contract: a field that is renamed,
removed or changes its kind shows as a change of the page.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from patron.cli.main import run
from patron.features.catalog import BUILT_IN
from tools.reference.markdown import block, document, table

_SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"
_INIT = "init shop --name Teas --currency EUR --time-zone Europe/Berlin --country DE"
_FILES = {"lines": "order_lines", "customers": "customers", "reviews": "reviews", "events": "events"}
_LOADS = tuple(f"load {source} {{shop}}/{file}.csv" for source, file in _FILES.items())
_REFRESH = "refresh --as-of 2024-07-01"
_VERBS = {
    "init": _INIT,
    "load": _LOADS[0],
    "refresh": _REFRESH,
    "segments": "segments",
    "segment": "segment one_time_buyers --limit 2",
    "preview": "preview 'order_count >= 3 and lateness > 1' --limit 2",
    "explain": "explain ana@example.com at_risk",
    "customers": "customers --limit 2",
    "customer": "customer ana@example.com",
    "features": "features",
    "merges": "merges",
    "forget": "forget ana@example.com",
    "report": "report -o report.html",
    "export": "export features -o features.parquet",
    "freeze": "freeze one_time_buyers --as spring_letter",
    "predict": "predict --as-of 2024-07-01",
    "backtest": "backtest --as-of 2024-07-01",
    "explain (a prediction)": "explain ana@example.com expected_orders_90d",
    "status": "status",
    "replay": "replay --from 2024-06-20 --to 2024-06-20T13:00 --every 780 --checks 0",
    "doctor": "doctor",
}
_KINDS = (
    ("text", "text"),
    ("count", "a whole number"),
    ("number", "a number; shares are from 0 to 1"),
    ("flag", "true or false"),
    ("money", '`{"amount": "8300065.81", "currency": "GBP"}`: the amount is text, so that no reader turns it into a float'),
    ("instant", "ISO 8601 in UTC with `Z`: `2011-12-10T00:00:00Z`"),
    ("date", "ISO 8601: `2011-12-10`"),
    ("customer", "a customer's id: `cus_…`"),
    ("null", "unknown, or nothing"),
    ("feature", "any name of the [catalog](features.md), the shop's own included"),
)
_TEXTS = (
    ("instant", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("customer", re.compile(r"cus_[0-9a-z]{13}")),
)
_NUMBERS: dict[type, str] = {bool: "flag", int: "count", float: "number"}
_MANY = 12


def page() -> str:
    """The page."""
    shapes = _printed()
    return document(
        "JSON",
        "What each verb prints with `--json`, field by field. The names are a contract: they are not renamed or removed without "
        "a release that warns first; new ones may be added. Where a list stands, one element is shown.",
        table(("shown as", "is"), [(f"`{kind}`", meaning) for kind, meaning in _KINDS]),
        "An error is described under [errors](errors.md#problems).",
        *[f"## patron {verb}\n\n{block(json.dumps(shape, indent=2, ensure_ascii=False), 'json')}" for verb, shape in shapes.items()],
    )


def shape_of(value: object) -> Any:  # noqa: ANN401
    """What a value is, without what it says."""
    match value:
        case dict():
            return _of_fields(value)
        case list():
            return [_merged([shape_of(v) for v in value])] if value else []
        case str():
            return next((kind for kind, pattern in _TEXTS if pattern.fullmatch(value)), "text")
        case None:
            return "null"
        case _:
            return _NUMBERS[type(value)]


def _of_fields(value: dict[str, object]) -> Any:  # noqa: ANN401
    if set(value) == {"amount", "currency"}:
        return "money"
    if len(value) > _MANY and set(value) <= set(BUILT_IN):
        return {"feature": _merged([shape_of(v) for v in value.values()])}
    return {key: shape_of(v) for key, v in value.items()}


def _merged(shapes: list[Any]) -> Any:  # noqa: ANN401
    """One shape for all: fields of any, and every kind that occurs."""
    dicts = [s for s in shapes if isinstance(s, dict)]
    lists = [s for s in shapes if isinstance(s, list)]
    kinds = {kind for s in shapes if isinstance(s, str) for kind in s.split(" or ")}
    if dicts:
        keys = dict.fromkeys(key for s in dicts for key in s)
        return {key: _merged([s[key] for s in dicts if key in s]) for key in keys}
    if lists:
        inner = [element for s in lists for element in s]
        return [_merged(inner)] if inner else []
    if {"count", "number"} <= kinds:
        kinds.remove("count")
    order = [kind for kind, _ in _KINDS]
    return " or ".join(sorted(kinds, key=order.index))


def _printed() -> dict[str, Any]:
    shapes = {}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.chdir(folder)
            shapes["init"] = _shape(_VERBS["init"])
            os.chdir("shop")
            for number, load in enumerate(_LOADS):
                shape = _shape(load.format(shop=_SHOP))
                shapes.setdefault("load", shape) if number == 0 else None
            for verb, command in _VERBS.items():
                if verb not in {"init", "load"}:
                    shapes[verb] = _shape(command)
        finally:
            os.chdir(before)
    return shapes


def _shape(command: str) -> Any:  # noqa: ANN401
    out = io.StringIO()
    words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", command)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run([*words, "--json"])
    if code > 1:
        raise RuntimeError(f"patron {command} ended with {code}: {out.getvalue()}")
    return shape_of(json.loads(out.getvalue()))
