"""The page of commands."""

from __future__ import annotations

import inspect

import click

from patron.cli.main import cli
from tools.reference.markdown import block, code, document, table


def page() -> str:
    """The page."""
    context = click.Context(cli, info_name="patron")
    verbs = {name: command for name in cli.list_commands(context) if (command := cli.get_command(context, name)) is not None}
    summary = [(f"[`{name}`](#patron-{name})", _first(command)) for name, command in verbs.items()]
    return document(
        "Commands",
        "Every verb of the command line with its arguments and options. `patron VERB --help` says the same. "
        "Results go to standard output, "
        "progress and messages to standard error; with `--json` the result is for programs ([JSON](json.md)). Exit codes are on the "
        "page of [errors](errors.md#exit-codes).",
        table(("verb", "what it does"), summary),
        "## Options of every verb",
        _options(cli, context),
        *[_section(f"patron {name}", command, context) for name, command in verbs.items()],
    )


def _section(name: str, command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=name.rsplit(maxsplit=1)[-1], parent=parent)
    text, _, examples = _help(command).partition("\b\nExamples:\n")
    parts = [f"{'##' if name.count(' ') == 1 else '###'} {name}", " ".join(text.replace("\b", "").split())]
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts.append(block(usage))
    parts.append(_options(command, context))
    if examples:
        parts.append(block(inspect.cleandoc(examples)))
    if isinstance(command, click.Group):
        inner = {n: c for n in command.list_commands(context) if (c := command.get_command(context, n)) is not None}
        parts += [_section(f"{name} {n}", c, context) for n, c in inner.items()]
    return "\n\n".join(p for p in parts if p)


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _first(command: click.Command) -> str:
    return " ".join(_help(command).split("\n\n", 1)[0].split())


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record and "--help" not in parameter.opts:
            rows.append((code(record[0]), record[1]))
    return table(("option", "meaning"), rows) if rows else ""
