"""The `patron` command: its verbs, and how it ends.

Exit codes: 0 done, 1 done with findings (refused records, failed checks), 2 the input must be put right, 3 the surroundings must be.
"""

from __future__ import annotations

import gc
import json
import sys
from importlib import import_module

import click

from patron import __version__
from patron.cli.stopping import ctrl_c_is_heard, nothing_is_left_to_stop
from patron.kernel.errors import OutsideError, PatronError
from patron.kernel.problems import did_you_mean

_NEW_OBJECTS = 100_000  # before garbage is looked for: statements are made of very many objects, and hardly any are garbage
_VERBS = {
    "init": "Make a project for a shop.",
    "demo": "Show Patron with a real shop, or a made-up one of any size.",
    "load": "Read files into the project.",
    "refresh": "Work out features, scores and segments as of an instant.",
    "predict": "Choose and fit models, and work out what to expect of every customer.",
    "backtest": "What each model would have said on days of the shop's own past.",
    "segments": "All segments: members, money, why they matter, what to do.",
    "segment": "One segment: its members.",
    "preview": "Who would meet a condition, without saving it.",
    "explain": "Why a customer is in a segment, or has a feature's value.",
    "freeze": "Keep the members of a segment as a static list.",
    "list": "Upload a static list.",
    "cluster": "Learn groups of customers from their features.",
    "customers": "Customers by any feature.",
    "customer": "One customer: who, worth, scores, segments, orders.",
    "features": "The catalog of features.",
    "merges": "Customers found to be one.",
    "merge": "Undo or redo a merge.",
    "forget": "Delete what is known of a customer who asked for it.",
    "report": "One page with pictures, to look at and to send.",
    "export": "Features, memberships or facts as Parquet or CSV.",
    "key": "Keys with which shops and programs send and ask.",
    "serve": "Take events from shops and keep everything up to date.",
    "status": "How the server is: what waits, how long ticks take.",
    "tail": "Events as they arrive, and what was refused and why.",
    "replay": "Let the past pass again through the live path, and compare.",
    "doctor": "Check that the project is sound.",
}


class _Verbs(click.Group):
    """Loads a verb's module when it is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _VERBS:
            return None
        command: click.Command = import_module(f"patron.cli.verbs.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS:
            hint = did_you_mean(args[0], _VERBS).capitalize()
            raise click.UsageError(f"There is no verb {args[0]!r}. {hint}".rstrip(), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl(list(_VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="patron")
@click.option("--project", metavar="DIR", help="The project's folder; else PATRON_PROJECT, else the current folder.")
@click.pass_context
def cli(context: click.Context, project: str | None) -> None:
    """Patron, the open customer engine for online shops.

    \b
    Begin with a shop's own files:
      patron init my-shop && cd my-shop
      patron load shopify orders_export.csv customers_export.csv products_export.csv
      patron refresh
      patron segments
      patron report -o report.html
    """
    context.obj = project


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_NEW_OBJECTS)
    code = run(sys.argv[1:])
    nothing_is_left_to_stop()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code."""
    try:
        with ctrl_c_is_heard():
            return int(cli.main(arguments, prog_name="patron", standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was not finished has changed nothing.", err=True)
        return 130
    except PatronError as error:
        _tell(error, as_json="--json" in arguments)
        return 3 if isinstance(error, OutsideError) else 2


def _tell(error: PatronError, *, as_json: bool) -> None:
    if not as_json:
        click.echo(str(error), err=True)
        return
    click.echo(json.dumps(error.as_json(), ensure_ascii=False, indent=2))
