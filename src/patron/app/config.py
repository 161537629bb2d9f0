"""`patron.toml`: read once into a frozen value that is passed down. The environment is read here and nowhere else."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from patron.app.settings import read_settings, setting
from patron.facts.shop import Shop
from patron.features.settings import FeatureSettings, LadderSettings, PredictionSettings, ScoreSettings
from patron.kernel.errors import InputError
from patron.kernel.money import Money, currency
from patron.kernel.problems import Problem
from patron.kernel.time import Calendar, Weekday

FILE = "patron.toml"


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """Who the shop is."""

    name: str = setting("The shop's name, shown on reports.", "My shop")
    currency: str = setting("ISO 4217 code of the currency in which all answers about money are given.", "EUR")
    time_zone: str = setting(
        "The shop's time zone: its days, weeks and months are the shop's. Times without a zone in files are in it.", "UTC"
    )
    week_starts: Weekday = setting("The first day of the week.", "monday")
    country: str = setting("ISO 3166 code of the shop's home, to tell local from international customers.", "")


@dataclass(frozen=True, slots=True)
class MoneySettings:
    """What an order costs the shop, for contribution margin."""

    margin_rate: float | None = setting(
        "Contribution margin as a share of net revenue where the cost of goods is not known.", None, low=0, high=1
    )
    delivery_cost: str = setting("What packing and delivering one order costs the shop, in its currency.", "0")
    payment_rate: float = setting("Payment cost as a share of an order's total.", 0.0, low=0, high=1)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Limits of the embedded engine."""

    memory_limit: str = setting(
        "The most memory the engine may use, such as 2GB; empty for 80 % of the machine's; a server takes 2.9 GB until it needs more.",
        "",
    )
    threads: int = setting("Threads of the engine; 0 for one per core.", 0, low=0)


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How `patron serve` takes events."""

    inbox_megabytes: int = setting("The most that may wait to become facts; beyond it senders are asked to come again.", 1024, low=16)
    connections: int = setting("The most connections open at once; beyond it idle ones are closed, then new ones refused.", 500, low=10)
    calls_per_second: int = setting(
        "The most calls a second that a key may send, ten times as many at once; beyond it senders are told to come again. 0: no limit.",
        0,
        low=0,
    )
    analytics_script: str = setting(
        "The file for the classic Segment snippet: `standalone.js` of @segment/analytics-next, by its path from the project's folder.",
        "",
    )


@dataclass(frozen=True, slots=True)
class SecretNames:
    """Which environment variables hold the secrets that a shop signs its deliveries with."""

    secret: str = setting("The name of the environment variable with the secret; empty when there is none.", "")
    second_secret: str = setting("The name of the one with the secret before it, or after it, while it is being replaced.", "")


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Secrets of the shops whose webhooks are taken."""

    shopify: SecretNames = field(default_factory=SecretNames)
    woocommerce: SecretNames = field(default_factory=SecretNames)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a project."""

    shop: ShopSettings = field(default_factory=ShopSettings)
    money: MoneySettings = field(default_factory=MoneySettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    scores: ScoreSettings = field(default_factory=ScoreSettings)
    ladder: LadderSettings = field(default_factory=LadderSettings)
    predictions: PredictionSettings = field(default_factory=PredictionSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)

    @property
    def features(self) -> FeatureSettings:
        """The settings of features."""
        return FeatureSettings(self.scores, self.ladder, self.predictions)

    def as_shop(self) -> Shop:
        """The owner's statements in the form that the path takes."""
        code = currency(self.shop.currency, where="shop.currency")
        return Shop(
            name=self.shop.name,
            currency=code,
            calendar=Calendar(self.shop.time_zone, self.shop.week_starts),
            country=self.shop.country.upper(),
            margin_rate=self.money.margin_rate,
            delivery_cost=Money(Decimal(self.money.delivery_cost), code).minor,
            payment_rate=self.money.payment_rate,
        )


def read_config(file: Path) -> Config:
    """The settings in a `patron.toml`.

    Raises:
        InputError: the file is no TOML, or holds unknown settings or values that cannot be; all problems at once.
    """
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file.name} cannot be read as TOML.", [Problem(file.name, "", f"TOML ({error})")]) from error
    problems: list[Problem] = []
    config = read_settings(Config(), given, where="", problems=problems)
    for check in (config.as_shop, lambda: Decimal(config.money.delivery_cost)):
        try:
            check()
        except InputError as error:
            problems.extend(error.problems)
        except InvalidOperation:
            problems.append(Problem("money.delivery_cost", config.money.delivery_cost, "an amount such as 2.50"))
            break
    if problems:
        raise InputError(f"{file.name} has settings that cannot be used.", problems)
    return config


def webhook_secrets(config: Config) -> dict[str, tuple[str, ...]]:
    """The secrets of each shop system whose webhooks are taken, from the environment; none for one that the settings do not name.

    Raises:
        InputError: a variable that the settings name is not set, or empty; all such problems at once.
    """
    problems: list[Problem] = []
    found: dict[str, tuple[str, ...]] = {}
    for system in dataclasses.fields(config.webhooks):
        names: SecretNames = getattr(config.webhooks, system.name)
        given = {key: name for key, name in (("secret", names.secret), ("second_secret", names.second_secret)) if name}
        found[system.name] = tuple(value for name in given.values() if (value := os.environ.get(name)))
        problems += [
            Problem(f"webhooks.{system.name}.{key}", name, "the name of an environment variable that is set")
            for key, name in given.items()
            if not os.environ.get(name)
        ]
    if problems:
        raise InputError("The secrets of webhooks are not in the environment.", problems)
    return found


def project_folder(given: str | None) -> Path:
    """The project's folder: the one given, else the environment's PATRON_PROJECT, else the current folder.

    Raises:
        InputError: it holds no `patron.toml`.
    """
    folder = Path(given or os.environ.get("PATRON_PROJECT") or ".")
    if not (folder / FILE).is_file():
        what = "This folder" if folder == Path() else f"The folder {folder}"
        raise InputError(f"{what} is no Patron project: it has no {FILE}. Make one with `patron init my-shop`, then `cd my-shop`.")
    return folder
