"""Make a worksheet and its answer key."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli import _worksheets
from archcalc.cli._conflicts import excludes
from archcalc.errors import ArchcalcError


@click.command("quiz")
@shared.network_argument
@shared.settings_option
@shared.list_option(
    "--blank",
    required=True,
    metavar="A,B,...",
    shell_complete=shared.completes("blanks"),
    help="Quantities to ask: output, params, macs, ...",
)
@click.option(
    "--share", type=_worksheets.Share(), help="Share of the fields that are blank.  [default: 100%]"
)
@click.option("--cells", type=click.IntRange(1), metavar="N", help="Number of blanks (instead of --share).")
@click.option("--vary", is_flag=True, help="Draw a similar network: other sizes, windows and filter counts.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option(
    "--students",
    metavar="N|FILE",
    help="One worksheet per student; FILE lists one name per line. The keys go to FOLDER/keys.",
)
@click.option(
    "--key", type=shared.FileName(dir_okay=False), help="Write the answer key, with every derivation."
)
@click.option(
    "--key-spec", type=shared.FileName(dir_okay=False), help="Write the network, for archcalc grade --key."
)
@click.option(
    "--rubric",
    type=shared.FileName(dir_okay=False),
    help="Write what the blanks are worth, for archcalc grade.",
)
@click.option(
    "--format", type=shared.Format(_worksheets.FORMATS), help="Default: by the ending of -o, else markdown."
)
@click.option(
    "-o", "--output", type=shared.FileName(allow_dash=True), help="A file; with --students a folder."
)
@excludes("--share", takes_no=("--cells",), because="sets the number of blanks", instead="use one of them")
@excludes(
    "--students",
    takes_no=("--key", "--key-spec", "--rubric"),
    because="writes keys, specs and rubrics too",
    instead="it only needs a folder, -o FOLDER",
)
def command(
    network: str,
    assignments: tuple[str, ...],
    blank: str,
    share: Fraction | None,
    cells: int | None,
    students: str | None,
    key: str | None,
    key_spec: str | None,
    rubric: str | None,
    format: str | None,
    output: str | None,
    **drawn: Any,
) -> None:
    """Make a worksheet about NETWORK: its table with blanks, and the answer key.

    \b
    archcalc quiz alexnet --blank output,params --key key.md
    archcalc quiz vgg16 --blank params,macs --share 50% -o sheet.tex
    archcalc quiz lenet5 --blank output --vary --seed 7 --key-spec mine.yaml
    archcalc quiz alexnet --blank output,params --vary --students names.txt -o sheets
    """
    # As it is typed after --key, so that it can be copied from the worksheet.
    label = " --set ".join((network, *assignments))
    drawn |= {"share": 1 if share is None else share, "cells": cells}
    asked = {
        "target": archcalc.load(network, assignments, strict=False),
        "blank": blank,
        "key": label,
        **drawn,
    }
    if not students:
        _worksheets.write_one(asked, output, key, key_spec, rubric, format)
    elif output and output != "-":
        _worksheets.write_each(asked, archcalc.students(students), output, format or "markdown")
    else:
        raise ArchcalcError(
            "--students needs a folder, -o FOLDER; it writes keys, specs and rubrics there too"
        )
