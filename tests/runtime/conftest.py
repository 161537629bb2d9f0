"""Shops of which everything is worked out beside ticks, for the tests of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtime.beside import Gate, copies, gated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtime.live import Live


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Live]:
    return copies(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def live(shop: Callable[[], Live], gate: Gate) -> Iterator[Live]:
    with gated(shop(), gate) as live:
        yield live
