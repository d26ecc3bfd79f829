"""Words that other programs have for commands and options: what a new user types from memory.

When click refuses a command line, this module adds the way out to the message, if it knows one. A word that
is a command or an option of ours needs no entry.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

from archcalc.cli._commands import GROUPS
from archcalc.errors import ArchcalcError, closest

_COSTS = "params parameters flops macs memory count cost costs stats size total"

COMMANDS: Mapping[str, str] = {
    "totals": _COSTS,
    "table": "show print info describe summary inspect view display model net network layers shape shapes "
    f"receptive-field rf arch run validate lint {_COSTS}",
    "compare": "diff versus vs",
    "list": "ls networks models nets zoo search find",
    "ops": "op layer-types",
    "plot": "chart charts bars roofline",
    "graph": "diagram mermaid dot graphviz tikz netron",
    "report": "page html dashboard",
    "explain": "derive derivation why",
    "formula": "symbolic equation closed-form",
    "audit": "paper papers literature claims",
    "quiz": "worksheet worksheets exercise exercises homework",
    "grade": "mark correct score",
    "check": "test ci guard budget budgets",
    "lock": "freeze save",
    "verify": "pytorch torch",
    "time": "latency speed bench benchmark profile runtime measure predict",
    "fit": "vram oom",
    "device": "gpu gpus hardware",
    "--version": "version",
    "--help": "docs man manual commands usage",
}
"""The words for each command; the first command that exists is meant."""

SENTENCES: Mapping[str, str] = {
    "draw figure picture image": "'archcalc graph' draws a network, and 'archcalc plot' draws charts.",
    "init new create": "A network is a YAML file: README shows one, and 'archcalc ops' lists its layers.",
    "convert onnx": "'archcalc import net.onnx -o net.yaml' writes a model as a spec.",
    "caffe prototxt": "'archcalc table net.prototxt' reads a model of Caffe, 'archcalc export' writes one.",
    "keras": "'archcalc table model.keras' reads a model of Keras, or its model.to_json() in a .json file.",
    "install setup": "'archcalc completion bash' prints the completion of a shell.",
}
"""Words for what no command does, and what to do instead."""

OPTIONS: Mapping[str, str] = {
    "--format": "-f --fmt",
    "--format json": "--json",
    "--format csv": "--csv",
    "--format markdown": "--markdown --md",
    "--format latex": "--latex --tex",
    "--format html": "--html",
    "-o": "--out --output-file --outfile --file --save",
    "--batch": "-b --batch-size --batchsize --bs",
    "--set size=N": "--input-size --size --resolution --image-size --img-size --input-shape",
    "--set classes=N": "--classes --num-classes",
    "--dtype": "--precision --data-type",
    "--dtype float16": "--fp16 --half",
    "--dtype bfloat16": "--bf16",
    "--depth all": "--verbose -v --full --all-layers",
    "--depth 1": "--summary --short --totals --brief",
    "--long": "--all -a --full",
    "--columns": "--show --cols --fields",
    "--show": "--columns --cols --fields",
    "--device": "--gpu -d --hardware --on --memory --vram",
    "--gpus": "--num-gpus",
    "--train": "--training --optimizer",
    "--key": "--solution --solutions --answer-key --answers --network --net --model -k",
    "--max": "--budget --limit --max-params --max-macs --max-flops",
    "--version": "-v",
}
"""The words for each option; a command that has the option suggests it."""

EXTRA: Mapping[str, str] = {
    "table": "archcalc compare {before} {word}",
    "time": "--device {word}",
    "fit": "--device {word}",
    "grade": "--key {word}",
    "sweep": "--set {word}",
    "formula": "--free {word}",
    "quiz": "--blank {word}",
}
"""Where a word belongs that a command has no place for."""


def no_such_command(ctx: click.Context, args: Sequence[str], commands: Sequence[str]) -> NoReturn:
    """Refuse a word that is no command; it may be another program's word, a network, an op, or a command with
    a mistake in it.
    """
    word, *rest = args
    hint = other_command(word, rest, commands)
    if not hint and (meant := _op(word) or closest(word, commands) or _table(word)):
        hint = f"Did you mean {meant!r}?"
    raise click.exceptions.NoSuchCommand(word, f"No such command {word!r}. {hint}".strip(), ctx=ctx)


def _op(word: str) -> str:
    """The command that shows the op of that name; empty if there is none."""
    from archcalc.render.manual import op_names

    return f"archcalc ops {word.lower()}" if word.lower() in op_names() else ""


def _table(word: str) -> str:
    """The command that shows the network or spec of that name; empty if there is none."""
    import archcalc

    if not word.endswith((".yaml", ".yml")):  # such a file may not exist, but it is meant
        try:
            archcalc.load(word, strict=False)
        except ArchcalcError:
            word = closest(word, archcalc.names())
    return f"archcalc table {shlex.quote(word)}" if word else ""


def other_command(word: str, rest: Sequence[str], commands: Sequence[str]) -> str:
    """The command line that another program's word means, or a sentence; empty for other words.

    >>> other_command("diff", ["vgg16", "resnet50"], ["compare"])
    "Did you mean 'archcalc compare vgg16 resnet50'?"
    """
    lower = word.lower()
    for command, words in COMMANDS.items():
        if lower in words.split() and (command in commands or command.startswith("-")):
            line = shlex.join(["archcalc", command, *(rest if command in commands else ())])
            return f"Did you mean '{line}'?"
    return next((says for words, says in SENTENCES.items() if lower in words.split()), "")


def with_way_out(error: click.UsageError) -> click.UsageError:
    """The same mistake with what is probably meant, if that is known."""
    ctx = error.ctx
    if ctx is None:
        return error
    if isinstance(error, click.NoSuchOption):
        # Not what click suggests: it takes --csv for --set.
        hint = _option(error.option_name, ctx.command)
        says = f"No such option {error.option_name!r}."
        return click.NoSuchOption(error.option_name, f"{says} {hint}".strip(), ctx=ctx)
    if isinstance(error, click.MissingParameter):
        example = _example(ctx.info_name or "")
        message = error.format_message()
        between = "\n" if "\n" in message else " "  # a list of choices has a line each
        return click.UsageError(f"{message}{between}{example}".strip(), ctx)
    # What click writes; in other words it stays without a hint.
    extra = re.fullmatch(r"Got unexpected extra arguments? \((\S+)( .*)?\)", error.message)
    if extra and (place := EXTRA.get(ctx.info_name or "")):
        before = str(ctx.params.get("network") or "...")
        hint = place.format(before=before, word=f"{extra[1]}{extra[2] or ''}")
        return click.UsageError(f"{error.message}. Did you mean '{hint}'?", ctx)
    return error


def _option(word: str, command: click.Command) -> str:
    """The option of a command that a word means; empty if there is none."""
    options = [name for one in command.params if not getattr(one, "hidden", False) for name in one.opts]
    for option, words in OPTIONS.items():
        if word in words.split() and option.split()[0] in options:
            return f"Did you mean '{option}'?"
    if isinstance(command, click.Group) and command.get_command(click.Context(command), word.strip("-")):
        return f"Did you mean 'archcalc {word.strip('-')}'?"
    close = closest(word, [name for name in options if name.startswith("--")])
    return f"Did you mean '{close}'?" if close else ""


def _example(command: str) -> str:
    """The example of a command in ``archcalc --help``."""
    examples = (example for group in GROUPS.values() for example in group)
    return next((f"Example: archcalc {text}" for text in examples if text.split()[0] == command), "")
