"""The commands in ``archcalc --help``, in groups with an example each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Look": (
        "list vgg",
        "table vgg16",
        "totals vgg16",
        "compare vgg16 resnet50",
        "sweep vgg16 --set size=64:256:32",
        "graph resnet50 -o graph.svg",
        "plot balls -o balls.svg",
        "report vgg16 -o vgg16.html",
        "import net.onnx -o net.yaml",
        "export vgg16 -o net.prototxt",
    ),
    "Learn": (
        "explain alexnet conv1",
        "formula vgg16 --free size",
        "ops conv",
        "conventions",
        "reconcile vgg16 15.5G",
        "audit vgg16",
    ),
    "Teach": ("quiz alexnet --blank params", "grade answers.csv --key alexnet"),
    "Guard": ("lock models/", "check", "verify resnet50"),
    "Time": ("time vgg16 --device h100", "fit vgg16 --device t4", "device h100"),
    "Set up": ("completion bash", "schema -o archcalc.json"),
}
"""The examples of each group; an example begins with its command."""

OTHERS = "More"
"""The group of commands that stand in no other."""

WIDE = 72
"""Columns that the examples need; a narrower help has the names of the commands only."""


def write_groups(formatter: click.HelpFormatter, lines: Mapping[str, str]) -> None:
    """Write the commands with their lines, by group."""
    listed = {example.split()[0] for examples in GROUPS.values() for example in examples}
    groups = {**GROUPS, OTHERS: tuple(name for name in lines if name not in listed)}
    width = max(len(_left(formatter, example)) for group in groups.values() for example in group)
    formatter.write("\n")
    for group, examples in groups.items():
        rows = [(example, lines[example.split()[0]]) for example in examples if example.split()[0] in lines]
        if rows:
            formatter.write(f"{group}:\n")
            with formatter.indentation():
                formatter.write_dl([(_left(formatter, text).ljust(width), says) for text, says in rows], 40)


def _left(formatter: click.HelpFormatter, example: str) -> str:
    return example if formatter.width >= WIDE else example.split(maxsplit=1)[0]


def help_of(group: click.Group, ctx: click.Context, args: Sequence[str]) -> Any:
    """What ``archcalc help COMMAND`` runs: ``archcalc COMMAND --help``; None for other words."""
    if args[0].lower() != "help":
        return None
    if len(args) == 1:
        click.echo(ctx.get_help())
        ctx.exit()
    return group.resolve_command(ctx, [args[1], "--help"])
