"""`patron predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.backtesting import absentees
from patron.app.actions.predicting import AUTO, Predicted, predict
from patron.cli.output import json_option, number, progress, show
from patron.cli.project import in_project
from patron.predictions.kept import name_of
from patron.runtime.predicting import NAMES

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("predict")
@click.option("--as-of", default="", help="Facts before this instant are learned from, such as 2011-12-10; else all until now.")
@click.option("--model", default=AUTO, show_default=True, help=f"A model by name, not by back-test: {', '.join(NAMES)}.")
@click.option("--horizon", type=click.IntRange(1, 730), help="Days ahead by which the back-test judges; else as in patron.toml.")
@click.option("--boosting", is_flag=True, help="Boosted trees take part in the back-test too; they need patron[boosting].")
@json_option
@in_project
def command(project: Project, *, as_of: str, model: str, horizon: int | None, boosting: bool, as_json: bool) -> None:
    """Choose models by the shop's own past, fit and keep them, and work out everything again with what they predict.

    Until the next time, every refresh answers with the models that are kept.

    \b
    Examples:
      patron predict
      patron predict --as-of 2011-12-10 --horizon 30
      patron predict --model mbgnbd
    """
    with progress(quiet=as_json) as told:
        done = predict(project, as_of=as_of, model=model, horizon_days=horizon, boosting=boosting, progress=told)
    show(done, as_json=as_json, text=lambda c: _print(c, done))


def _print(console: Console, done: Predicted) -> None:
    models = done.models
    console.print(f"As of {done.refreshed.as_of:%Y-%m-%d %H:%M} UTC: learned from {number(models.customers)} customers who have ordered.")
    if models.choice:
        console.print(models.choice.why)
        console.print(f"Took part: {', '.join(s.model for s in models.choice.standings) or 'nobody, for there is no past to judge by'}.")
        for absent in absentees(models.choice):
            console.print(absent)
    for model in dict.fromkeys((models.orders, models.chances, models.alive)):
        values = getattr(model, "parameters", {})
        said = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        console.print(f"{name_of(model)}: {said}" if said else name_of(model))
        doubt = getattr(model, "doubt", "")
        if doubt:
            console.print(f"  In doubt: {doubt}.")
    if models.spend is not None and models.spend.doubt:
        console.print(f"The value of orders is in doubt: {models.spend.doubt}.")
    console.print(f"{done.refreshed.segments} segments, {done.refreshed.changed:,} memberships changed.")
    console.print("Next: patron backtest, patron segments, patron explain CUSTOMER expected_orders_90d")
