from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING

from sources.loaded import DATA, Loaded

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, text: str, name: str, *, at: int) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))
    return path


def test_a_catalogue_is_read() -> None:
    loaded = Loaded()
    report = loaded.load("products", DATA / "complete_journey/products.parquet")
    assert (report.read, report.kept) == (92_331, 92_331)
    assert loaded.rows("SELECT count(*), count(category) FROM products") == [(92_331, 92_331 - 540)]


def test_the_later_export_wins_whatever_the_order_of_loading(tmp_path: Path) -> None:
    old = written(tmp_path, "sku;name;price\nA;Cup;9,50\n", "old.csv", at=1_700_000_000)
    new = written(tmp_path, "sku;name;price\nA;Cup;10,50\n", "new.csv", at=1_800_000_000)
    for files in ((old, new), (new, old)):
        loaded = Loaded()
        for file in files:
            loaded.load("products", file)
        assert loaded.rows("SELECT price FROM products") == [(Decimal("10.5"),)]


def test_what_one_catalogue_does_not_say_another_may(tmp_path: Path) -> None:
    loaded = Loaded()
    loaded.load("products", written(tmp_path, "sku,name,category\nA,Cup,Kitchen\n", "names.csv", at=1_700_000_000))
    loaded.load("shopify", written(
        tmp_path, "Handle,Title,Vendor,Variant SKU,Variant Price,Cost per item\ncup,Cup,Maker,A,9.50,4.00\n", "shopify.csv", at=1_800_000_000
    ))  # fmt: skip
    assert loaded.rows("SELECT category, brand, cost FROM products") == [("Kitchen", "Maker", Decimal(4))]
