"""`patron explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.explaining import explain
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("explain")
@click.argument("customer")
@click.argument("what")
@json_option
@in_project
def command(project: Project, customer: str, what: str, *, as_json: bool) -> None:
    """Why a customer is in a segment or not; or what a feature's value says.

    CUSTOMER is a customer number, e-mail, phone, order number or id; WHAT is a segment or a feature.

    \b
    Examples:
      patron explain 12747 at_risk
      patron explain 12747 lateness
      patron explain 12747 expected_orders_90d
    """
    found = explain(project, customer, what)
    show(found, as_json=as_json, text=lambda c: c.print("\n".join(found.lines())))
