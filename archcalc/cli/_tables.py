"""Options of tables: decimals, and the columns and accuracies of networks."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared
from archcalc.cli._conflicts import excludes

MAX_DIGITS = 9
"""A number of the largest unit has no more decimals: it counts things."""


def digits_option(command: shared.Command) -> shared.Command:
    return click.option(
        "--digits",
        type=click.IntRange(0, MAX_DIGITS),
        metavar="N",
        help="Decimals of numbers with a unit; without --units, the unit is chosen for each column.",
    )(command)


digits_of_units = excludes(
    "--units exact",
    takes_no=("--digits",),
    because="prints whole numbers",
    instead="choose another unit, or leave --units out",
)
"""Whole numbers have no decimals."""


def totals_columns_option(command: shared.Command) -> shared.Command:
    return shared.list_option(
        "--columns",
        metavar="A,B,...",
        shell_complete=shared.completes("totals columns"),
        help="Columns to print: params,macs,top1; '--columns help' lists them.",
    )(command)


def protocol_option(command: shared.Command) -> shared.Command:
    return click.option(
        "--protocol",
        metavar="TEXT",
        help="How accuracy was measured: '10 crops'. Default: what most of the networks have.",
    )(command)
