"""The ops: what each does, counts and costs, and its options."""

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
    from archcalc.render.manual import all_ops, one_op

    shared.say(one_op(op, shared.page().width or 100) if op else all_ops())
