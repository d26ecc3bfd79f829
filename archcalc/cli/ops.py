"""Reference for the layer types: options, counts and costs."""

from __future__ import annotations

import click

from archcalc.cli._output import current_page, say


@click.command("ops")
@click.argument("op", required=False, help="One op; without it, all are listed.")
def command(op: str | None) -> None:
    """Show the reference of an op: what it does, its options, what it counts and costs.

    \b
    archcalc ops
    archcalc ops conv
    """
    from archcalc.render.manual import all_ops, one_op

    say(one_op(op, current_page().width or 100) if op else all_ops())
