"""The autograder of an assignment for Gradescope: a zip archive with archcalc, the key and the rubric in it.

Gradescope unpacks the archive into ``/autograder/source`` and runs ``setup.sh`` once. For each submission it
runs ``run_autograder``. Both files lie beside this one and are copied as they are.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from typing import NamedTuple

from archcalc.classroom.autograder.wheel import pinned, wheel
from archcalc.classroom.batch import Grading, is_folder_of_keys, load_rubric
from archcalc.classroom.folder import Submission
from archcalc.classroom.rubric import GradingOptions
from archcalc.errors import ArchcalcError, printable
from archcalc.language.find import network_of, read_file
from archcalc.language.settings import Settings

SCRIPTS = ("setup.sh", "run_autograder")
ARGUMENTS = "arguments.txt"
RUBRIC = "rubric.yaml"

_UNIX, _FILE, _SCRIPT = 3, 0o100644, 0o100755
_START_OF_TIME = (1980, 1, 1, 0, 0, 0)  # a zip has no earlier one; equal content gives equal bytes


class Autograder(NamedTuple):
    """The archive, and what it asks: the number of questions, and the points of all right answers."""

    archive: bytes
    questions: int
    points: Fraction


def autograder(
    key: str, rubric: str, settings: Settings | None, options: GradingOptions, reveal: bool
) -> Autograder:
    """Make the archive, after key and rubric have been read without a mistake. Raises ArchcalcError."""
    if is_folder_of_keys(key):
        raise ArchcalcError(f"{printable(key)} is a folder: an autograder has one key for all students")
    packed_key, spec = _packed_key(key)
    options = replace(options, rubric=load_rubric(rubric))
    # The grade of a student who hands in nothing shows what the rubric asks.
    asked = Grading(network_of(key, settings, strict=True), options).failed(Submission("", "", ""), "")
    if not asked.max_score:
        says = "asks nothing. Gradescope grades one submission at a time, so it must say what is asked"
        raise ArchcalcError(f"{printable(rubric)} {says} (ask: {{layers: [output, params]}})")
    files = {name: read_file(os.path.join(os.path.dirname(__file__), name)).text for name in SCRIPTS}
    arguments = [*_arguments(packed_key, settings, options, reveal), "--rubric", RUBRIC]
    files |= {
        **spec,
        RUBRIC: read_file(rubric).text,
        ARGUMENTS: "".join(f"{argument}\n" for argument in arguments),
        "constraints.txt": "".join(f"{line}\n" for line in pinned()),
    }
    packed = wheel()
    archive = _zip({**{name: text.encode() for name, text in files.items()}, packed.name: packed.data})
    return Autograder(archive, sum(bool(cell.max_points) for cell in asked.cells), asked.max_score)


def _packed_key(key: str) -> tuple[str, Mapping[str, str]]:
    """The key as the autograder calls it, and the file that it needs: none for a built-in network."""
    path, colon, variant = key.rpartition(":")
    if not path.endswith((".yaml", ".yml")):
        path, colon, variant = key, "", ""
    if path == "-":
        raise ArchcalcError("an autograder needs a --key with a name, or in a file")
    if not os.path.isfile(path):
        return key, {}
    # In a folder of its own, because it may be called rubric.yaml too.
    name = f"key/{os.path.basename(path)}"
    return f"{name}{colon}{variant}", {name: read_file(path).text}


def _arguments(key: str, settings: Settings | None, options: GradingOptions, reveal: bool) -> Iterator[str]:
    """The arguments of ``archcalc grade``, one in a line, so that no text needs quotes."""
    yield from ("--key", key)
    if isinstance(settings, Mapping):
        settings = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
    for assignment in settings or ():
        yield from ("--set", assignment)
    yield from ("--batch", str(options.batch), "--dtype", options.dtype)
    if options.layout:
        yield from ("--layout", options.layout)
    yield from ["--exact"] * options.exact + ["--reveal"] * reveal
    if options.biases is not None:
        yield "--biases" if options.biases else "--no-biases"


def _zip(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of files, in which the scripts may be executed."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _START_OF_TIME)
            entry.create_system = _UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (_SCRIPT if name in SCRIPTS else _FILE) << 16
            archive.writestr(entry, files[name])
    return data.getvalue()
