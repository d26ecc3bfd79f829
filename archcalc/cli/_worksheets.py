"""What ``archcalc quiz`` writes: one worksheet, or one for each student."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import click

import archcalc
from archcalc.cli._output import Output, chosen, endings, make_folder
from archcalc.cli._progress import progress_bar
from archcalc.errors import ArchcalcError, short
from archcalc.files import write_whole
from archcalc.render import formats
from archcalc.render import quiz as texts
from archcalc.results.quiz import KEY, KEYS, RUBRIC

FORMATS = formats.with_documents()
KINDS = ".md, .tex or .html"


class Share(click.ParamType[Fraction]):
    """A percentage."""

    name = "PERCENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        percentage = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%", str(value).strip())
        if not percentage:
            self.fail(f"'{short(str(value))}' is not a valid percentage (such as 50%)", param, ctx)
        return Fraction(percentage[1]) / 100


def worksheet_output(format: str | None, path: str | None) -> Output:
    """The format of a worksheet: ``format``, else by the ending of the file, else Markdown."""
    return chosen(format, path, FORMATS, stdout="markdown", says=KINDS)


def write_one(
    asked: Mapping[str, Any],
    output: str | None,
    key: str | None,
    key_spec: str | None,
    rubric: str | None,
    format: str | None,
) -> None:
    """Write one worksheet to stdout or a file; also its key, network and rubric, if they are asked for."""
    if output and os.path.isdir(output):
        raise ArchcalcError(f"{output} is a folder: --students writes into one")
    files = [
        path if path == "-" else os.path.realpath(path)
        for path in (output or "-", key, key_spec, rubric)
        if path
    ]
    # Two outputs in one file would overwrite each other; only the worksheet may go to stdout.
    if len(set(files)) < len(files) or "-" in files[1:]:
        raise ArchcalcError("worksheet, key, spec and rubric need files of their own")
    # All formats are chosen before the first file is written.
    out = worksheet_output(format, output)
    key_out = worksheet_output(None, key) if key else None
    made = archcalc.quiz(**asked, flat=bool(key_spec))
    if key_out:
        key_out.write(made, part="key")
    if key_spec:
        write_whole(key_spec, made.spec)
    if rubric:
        write_whole(rubric, texts.rubric(made))
    out.write(made)


def write_each(asked: Mapping[str, Any], names: Sequence[str], folder: str, format: str) -> None:
    """Write a worksheet for each student into a folder, and into the folder ``keys`` in it the key, the spec,
    and the rubric if some fields are given.
    """
    keys = os.path.join(folder, KEYS)
    make_folder(keys)
    ending = endings(format)[0]
    with progress_bar("worksheets") as progress:
        for done, name in enumerate(names, 1):
            made = archcalc.quiz(**asked, student=name, flat=True)
            Output(format, f"{os.path.join(folder, name)}{ending}").write(made)
            path = os.path.join(keys, name)
            write_whole(f"{path}.yaml", made.spec)
            Output(format, f"{path}{KEY}{ending}").write(made, part="key")
            if made.gives_some():
                write_whole(f"{path}{RUBRIC}", texts.rubric(made))
            if progress:
                progress(done, len(names))
