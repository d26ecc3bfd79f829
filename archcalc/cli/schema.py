"""Print the JSON Schema of specs."""

from __future__ import annotations

import click

import archcalc
from archcalc.cli import _options as shared
from archcalc.cli._output import say_or_write


@click.command("schema")
@click.option(
    "-o", "--output", type=shared.FileName(dir_okay=False, allow_dash=True), help="Write to a file."
)
def command(output: str | None) -> None:
    """Print the JSON Schema of the spec language, generated from the ops.

    Write it to a file and begin a spec with

    \b
    # yaml-language-server: $schema=./archcalc.schema.json
    """
    import json

    say_or_write(json.dumps(archcalc.schema(), indent=2, ensure_ascii=False) + "\n", output)
