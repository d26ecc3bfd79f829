"""The JSON Schema of the spec language, for editors."""

from __future__ import annotations

import click

from archcalc.cli import _options as shared


@click.command("schema")
@click.option("-o", "--output", type=click.Path(dir_okay=False, allow_dash=True), help="Write to a file.")
def command(output: str | None) -> None:
    """The JSON Schema of the spec language, generated from the ops.

    Write it to a file and begin a spec with

    \b
    # yaml-language-server: $schema=./archcalc.schema.json
    """
    import json

    from archcalc.language.schema import schema

    shared.say_or_write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", output)
