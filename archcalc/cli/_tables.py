"""Options of tables of networks: the columns, and the protocol of accuracies."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


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
