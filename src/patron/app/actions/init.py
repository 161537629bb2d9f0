"""Making a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.config import FILE
from patron.app.files import write_text
from patron.kernel.errors import InputError
from patron.kernel.money import currency as known_currency
from patron.kernel.time import Calendar

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = """\
# The settings of this shop. Every key is described in docs/reference/settings.md.

[shop]
name = {name}
currency = "{currency}"
time_zone = "{time_zone}"
country = "{country}"

[money]
# Where the cost of goods is not known, contribution margin is this share of net revenue. Without it, margins stay unknown.
# margin_rate = 0.40
"""
_IGNORED = "data/\n*.html\n"


@dataclass(frozen=True, slots=True)
class Made:
    """A project that was made."""

    folder: Path
    name: str
    currency: str
    time_zone: str

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"folder": str(self.folder), "name": self.name, "currency": self.currency, "time_zone": self.time_zone}


def init(folder: Path, *, name: str = "", currency: str = "EUR", time_zone: str = "UTC", country: str = "") -> Made:
    """Make a folder with settings and places for the shop's own segments and features.

    Raises:
        InputError: there is a project already, or the currency or time zone is not known.
    """
    if (folder / FILE).exists():
        raise InputError(f"{folder} is a Patron project already.")
    code = known_currency(currency, where="--currency")
    Calendar(time_zone)
    title = name or folder.resolve().name.replace("-", " ").replace("_", " ").capitalize()
    for part in ("segments", "features", "data"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    quoted = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = _SETTINGS.format(name=quoted, currency=code, time_zone=time_zone, country=country.upper())
    write_text(folder / ".gitignore", _IGNORED)
    write_text(folder / FILE, text)  # the last: with it the folder is a project
    return Made(folder, title, code, time_zone)
