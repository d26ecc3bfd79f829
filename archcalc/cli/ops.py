"""The ops of the spec language: what each does, its options, what it counts and costs."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("ops")
@click.argument("op", required=False, help="One op; without it, all are listed.")
def command(op: str | None) -> None:
    """The manual of an op: what it does, its options, what it counts and costs.

    \b
    archcalc ops
    archcalc ops conv
    """
    from archcalc.studies.manual import all_ops, one_op

    shared.say(one_op(op) if op else all_ops())
