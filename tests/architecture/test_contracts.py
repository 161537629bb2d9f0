"""The map of packages is checked, complete, and breaks when it is broken."""

from __future__ import annotations

import tomllib

from architecture.tree import ROOT, SOURCE

_CONTRACTS = {c["id"]: c for c in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]}
_PACKAGES = {path.parent.name for path in SOURCE.glob("*/__init__.py")}


def _named(contract: str, key: str) -> set[str]:
    return {name.removeprefix("patron.") for name in _CONTRACTS[contract][key]}


def test_every_package_has_its_layer() -> None:
    layers = {name.strip() for layer in _CONTRACTS["map"]["layers"] for name in layer.replace("|", ":").split(":")}
    assert layers == _PACKAGES
    assert _CONTRACTS["map"]["exhaustive"]


def test_every_package_but_adapters_and_testing_reaches_adapters_by_name() -> None:
    assert _named("by-name", "source_modules") == _PACKAGES - {"adapters", "testing"}


def test_the_path_is_pure() -> None:
    path = {"kernel", "collect", "identity", "facts", "features", "segments", "measurement"}
    assert path <= _named("pure", "source_modules")
    assert {"duckdb", "pyspark", "sqlite3", "os", "time", "random", "logging", "requests", "subprocess"} <= _named(
        "pure", "forbidden_modules"
    )


def test_circles_are_looked_for_at_every_depth() -> None:
    assert _CONTRACTS["no-circles"]["ancestors"] == ["patron"]
