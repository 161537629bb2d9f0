"""How many examples a property is tried with: few where slow tests are left out, many where they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

_is_thorough = False


def find_out(config: pytest.Config) -> None:
    """Whether slow tests run; before any property is read."""
    global _is_thorough  # noqa: PLW0603  # decorators have no other way to ask
    _is_thorough = "not slow" not in config.option.markexpr


def tried(few: int, many: int) -> settings:
    """For a property of which an example takes long."""
    return settings(deadline=None, max_examples=many if _is_thorough else few)
