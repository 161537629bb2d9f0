"""A project to look at: a real shop, or a made-up one of any size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import patron
from patron import plugins
from patron.app.actions.init import init
from patron.app.actions.loading import load
from patron.app.actions.predicting import predict
from patron.app.config import FILE
from patron.app.project import opened
from patron.kernel.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from patron.app.actions.refreshing import Refreshed
    from patron.app.project import Project
    from patron.ports.clock import Clock
    from patron.runtime.loading_options import Progress

_SHOP = "online_retail/online_retail.parquet"
_AS_OF = "2011-12-10"  # the day after the shop's last order


@dataclass(frozen=True, slots=True)
class Shown:
    """A demonstration project that is ready to be looked at."""

    folder: Path
    refreshed: Refreshed

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"folder": str(self.folder), **self.refreshed.as_json()}


def real_shop(folder: Path, clock: Clock, *, progress: Progress) -> Shown:
    """A project with a year of a British gift shop's real orders, worked out and predicted; loading again changes nothing."""
    if not (folder / FILE).exists():
        init(folder, name="Online Retail, a British gift shop", currency="GBP", time_zone="Europe/London", country="GB")
    with opened(str(folder), clock) as project:
        load(project, "lines", [example(_SHOP)], progress=progress)
        return Shown(folder, predict(project, as_of=_AS_OF, progress=progress).refreshed)


def made_up_shop(folder: Path, clock: Clock, *, customers: int, seed: int, progress: Progress) -> Shown:
    """A project with three made-up years that end today, worked out and predicted; the same seed gives the same shop.

    Raises:
        InputError: the folder holds a shop already.
    """
    if (folder / FILE).exists():
        raise InputError(f"{folder} holds a shop already: name another folder for a made-up one.")
    init(folder, name=f"A made-up shop of {customers:,} customers", currency="EUR", time_zone="Europe/Berlin", country="DE")
    ends_at = _midnight(clock.now())
    with opened(str(folder), clock) as project:
        _fill(project, customers, seed, ends_at, progress)
        return Shown(folder, predict(project, as_of=ends_at.isoformat(), progress=progress).refreshed)


def example(name: str) -> Path:
    """A file that ships with Patron: inside the installed package, or in the checkout.

    Raises:
        InputError: it is in neither.
    """
    package = Path(patron.__file__).parent
    for folder in (package / "examples", package.parents[1] / "examples"):
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"The example {name} is not there: install Patron again.")


def _fill(project: Project, customers: int, seed: int, ends_at: datetime, progress: Progress) -> None:
    fill = plugins.load("shop", "made_up")
    fill(
        project.store,
        customers=customers,
        seed=seed,
        ends_at=ends_at,
        currency=project.shop.currency,
        progress=lambda share: progress(round(100 * share), 100, "making up a shop"),
    )


def _midnight(now: datetime) -> datetime:
    return now - timedelta(hours=now.hour, minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
