"""A wheel of the archcalc that is running: what an autograder installs is what the teacher has tried."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from importlib import metadata
from io import BytesIO
from typing import NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.language.index import specs_folder

_METADATA = re.compile(r"METADATA|entry_points\.txt|licenses/.+")
"""The files of the installed metadata that a wheel has too; others name paths of this machine."""

_START_OF_TIME = (1980, 1, 1, 0, 0, 0)

_WHEEL = "Wheel-Version: 1.0\nGenerator: archcalc\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class Wheel(NamedTuple):
    """A package as a file."""

    name: str
    data: bytes


def wheel() -> Wheel:
    """The package, its specs and its metadata as a wheel. Raises ArchcalcError if it is not installed."""
    installed = _installed()
    stem = f"archcalc-{installed.version}"
    files = dict(sorted({**dict(_package()), **dict(_metadata(installed, f"{stem}.dist-info"))}.items()))
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items()]
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name, _START_OF_TIME), data, zipfile.ZIP_DEFLATED)
    return Wheel(f"{stem}-py3-none-any.whl", archive.getvalue())


def pinned() -> list[str]:
    """The versions of the packages that archcalc needs, as they are installed here."""
    needed = [line for line in _installed().requires or () if "extra ==" not in line]
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed]
    return [f"{name}=={metadata.version(name)}" for name in names]


def _installed() -> metadata.Distribution:
    try:
        return metadata.distribution("archcalc")
    except metadata.PackageNotFoundError:
        raise ArchcalcError(
            "an autograder contains the archcalc of this machine, which must be installed: "
            "install it from its folder with pip"
        ) from None


def _package() -> Iterator[tuple[str, bytes]]:
    """The files of the package, with the specs where a wheel has them."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for folder, target in ((package, "archcalc"), (specs_folder(), "archcalc/specs")):
        for where, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name != "__pycache__"]
            inside = os.path.relpath(where, folder).replace(os.sep, "/")
            for name in names:
                if not name.endswith((".lock", ".pyc")):
                    with open(os.path.join(where, name), "rb") as file:
                        yield f"{target}/{inside}/{name}".replace("/./", "/"), file.read()


def _metadata(installed: metadata.Distribution, folder: str) -> Iterator[tuple[str, bytes]]:
    yield f"{folder}/WHEEL", _WHEEL.encode()
    for path in installed.files or ():
        _, inside, name = str(path).replace(os.sep, "/").partition(".dist-info/")
        if inside and _METADATA.fullmatch(name):
            yield f"{folder}/{name}", path.read_binary()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
