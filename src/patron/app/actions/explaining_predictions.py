"""Why a prediction is what it is: the history it was made from, the model with its parameters, each step, and how good the model was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from patron.app.actions.backtesting import who
from patron.app.actions.predicting import models_as_json
from patron.app.values import as_text
from patron.features.partials.histories import HISTORIES, PREDICTIONS, SHOP, last_day
from patron.kernel.money import Money
from patron.runtime.models import kept_models

if TYPE_CHECKING:
    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.predictions.choosing import Choice
    from patron.predictions.scoring import Predictor
    from patron.runtime.models import Models

_DAYS = re.compile(r"_(30|90|365)d")
_MONEY = ("expected_net_revenue", "expected_margin", "expected_clv", "expected_value_at_risk")


@dataclass(frozen=True, slots=True)
class History:
    """What models know of a customer.

    Attributes:
        x: days with an order after the first.
        t_x: days from the first to the last.
        age_days: days from the first until now.
        paid_count: days on which something was paid.
        mean_value: net revenue of such a day, minor units.
    """

    x: int
    t_x: int
    age_days: int
    paid_count: int
    mean_value: float


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The steps from a history to a prediction.

    Attributes:
        history: of the customer.
        steps: each with its name and value.
        models: the kept ones, with parameters and standard errors.
        judged: what the back-test says of the model, and of customers like this one.
        sentences: all of it, for people.
    """

    history: History
    steps: dict[str, float | str | None]
    models: list[dict[str, object]]
    judged: dict[str, Any] | None
    sentences: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        h = self.history
        history = {"x": h.x, "t_x": h.t_x, "age_days": h.age_days, "paid_count": h.paid_count, "mean_value_minor": h.mean_value}
        return {"history": history, "steps": self.steps, "models": self.models, "backtest": self.judged}


def unfolded(project: Project, answers: Answers, customer_id: int, feature: str) -> Unfolded | None:
    """The steps behind a prediction of a customer; None where nothing was predicted, for there is no model or no order."""
    models = kept_models(project.store)
    known = project.store.tables()
    if models is None or PREDICTIONS.table_name not in known:
        return None
    facts = project.facts(answers.as_of)
    rows = HISTORIES.table(facts)
    mine = project.store.query(rows.filter(rows.customer_id == customer_id)).to_pylist()
    if not mine:
        return None
    row = mine[0]
    history = History(row["x"], row["t_x"], row["age_days"], row["paid_count"], row["paid_sum"] / max(row["paid_count"], 1))
    made = PREDICTIONS.table(facts)
    told = project.store.query(made.filter(made.customer_id == customer_id)).to_pylist()[0]
    shop = project.store.query(SHOP.table(facts)).to_pylist()[0]
    steps = _steps(models, models.orders_on(last_day(facts)), history, feature, told, shop)
    judged = _judged(models.choice, history)
    sentences = (*_of_history(project, history), *_of_steps(project, models, steps), *_of_models(models), *_of_test(models.choice, judged))
    return Unfolded(history, steps, models_as_json(models), judged, sentences)


def _steps(  # noqa: PLR0913, PLR0917  # what the steps are made of
    models: Models, orders: Predictor, history: History, feature: str, told: dict[str, Any], shop: dict[str, Any]
) -> dict[str, float | str | None]:
    found = _DAYS.search(feature)
    days = int(found[1]) if found else (365 if feature.startswith(_MONEY) else 90)
    x, t_x, age = np.array([history.x]), np.array([float(history.t_x)]), np.array([float(history.age_days)])
    expected = float(orders.expected_purchases(float(days), x, t_x, age)[0])
    steps: dict[str, float | str | None] = {"days": days, "p_alive": told["p_alive"]}
    if models.orders is models.alive or models.orders == models.alive:
        steps["orders_if_still_a_customer"] = float(models.alive.while_here([float(days)], x, t_x, age)[0, 0])
    steps["expected_orders"] = expected
    if days == 90:
        steps |= {"orders_low": told["orders_90d_low"], "orders_high": told["orders_90d_high"], "p_order": told["p_order_90d"]}
    if feature.startswith(_MONEY) or feature == "expected_order_value":
        steps |= {"order_value_minor": told["order_value"], "share_kept_after_refunds": shop["kept_share"]}
    if feature.startswith(_MONEY[1:]):
        steps |= {"margin_rate_before_delivery": shop["goods_rate"], "delivery_minor": shop["delivery_per_order"]}
    if feature.startswith("expected_next_order"):
        steps |= {"days_after_last_order": told["next_days"], "low": told["next_days_low"], "high": told["next_days_high"]}
    return steps


def _of_history(project: Project, h: History) -> tuple[str, ...]:
    mean = as_text("mean_money", h.mean_value, project.shop.currency)
    silent = h.age_days - h.t_x
    when = f"the first {h.age_days:,} days ago, the last {silent:,} days ago"
    return (
        f"History: orders on {h.x + 1:,} days; {when} (x = {h.x}, t_x = {h.t_x}, T = {h.age_days}).",
        f"Paid on {h.paid_count:,} of them, {mean} on average." if h.paid_count else "Nothing was ever paid.",
    )


def _of_steps(project: Project, models: Models, steps: dict[str, Any]) -> tuple[str, ...]:
    alive, rate, expected = steps["p_alive"], steps.get("orders_if_still_a_customer"), steps["expected_orders"]
    lines = [f"{100 * alive:.1f} % to be still a customer" + (f", by {models.alive.name}." if rate is None else ",")]
    if rate is None:
        lines.append(f"{expected:.3f} orders expected within {steps['days']} days, by {models.orders.name}.")
    else:
        lines.append(f"times {rate:.3f} orders within {steps['days']} days if so, is {expected:.3f} expected orders.")
    if "orders_low" in steps:
        lines.append(f"Eight of ten such customers at least will place {steps['orders_low']:.0f} to {steps['orders_high']:.0f} orders.")
    if steps.get("order_value_minor") is not None:
        value = Money.from_minor(steps["order_value_minor"], project.shop.currency)
        kept = f"{100 * steps['share_kept_after_refunds']:.1f} %"
        lines.append(f"An order is worth {value}, the own mean drawn to the shop's; {kept} is kept after refunds.")
    if steps.get("margin_rate_before_delivery") is not None:
        delivery = Money.from_minor(steps["delivery_minor"], project.shop.currency)
        lines.append(f"Of what is kept {100 * steps['margin_rate_before_delivery']:.1f} % is margin, less {delivery} for delivery.")
    if "days_after_last_order" in steps and steps["days_after_last_order"] is not None:
        low, middle, high = (f"{steps[k]:,.0f}" for k in ("low", "days_after_last_order", "high"))
        lines.append(f"If still a customer, the next order comes {middle} days after the last ({low} to {high} for eight of ten).")
    return tuple(lines)


def _of_models(models: Models) -> tuple[str, ...]:
    lines = []
    for model in dict.fromkeys((models.orders, models.chances, models.alive)):
        errors = getattr(model, "standard_errors", None) or {}
        values = getattr(model, "parameters", {})
        said = ", ".join(f"{n} {v:.4g}" + (f" ± {errors[n]:.2g}" if n in errors else "") for n, v in values.items())
        doubt = getattr(model, "doubt", "")
        lines.append(
            f"Model: {model.name}, fitted to {models.customers:,.0f} customers before {models.as_of:%Y-%m-%d %H:%M} UTC"
            + (f": {said}." if said else ".") + (f" In doubt: {doubt}." if doubt else "")
        )  # fmt: skip
    return tuple(lines)


def _judged(choice: Choice | None, history: History) -> dict[str, Any] | None:
    if choice is None or not choice.standings:
        return None
    standing = next(s for s in choice.standings if s.model == choice.chosen)
    alike = "one order" if history.x == 0 else "two or three orders" if history.x <= 2 else "four orders or more"
    of = next((s for s in choice.segments if s.model == choice.chosen and s.segment == alike), None)
    like = None if of is None else {"who": alike, "customers": of.customers, "expected_orders": of.expected, "orders": of.actual}
    return {"model": choice.chosen, "score": standing.score.value, "days_of_the_past": len(choice.pasts), "customers_like_this": like}


def _of_test(choice: Choice | None, judged: dict[str, Any] | None) -> tuple[str, ...]:
    if choice is None:
        return ("It was named, not chosen: `patron backtest` shows how good it is.",)
    if judged is None:
        return (choice.why,)
    like = judged["customers_like_this"]
    lines = [f"Back-test: on {judged['days_of_the_past']} days of the past {judged['model']} scored {judged['score']:.3f} (0 is perfect)."]
    if like is not None:
        lines.append(f"Of {who(like['who'])} it expected {like['expected_orders']:,.0f} orders, and {like['orders']:,.0f} came.")
    return tuple(lines)
