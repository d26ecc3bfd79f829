"""Reads the files that students hand in: texts, notebooks, and documents of word processors.

Other documents are refused, with advice.
"""

from __future__ import annotations

import codecs
import re

from archcalc.classroom.read.encoding import text_of
from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import read_bytes
from archcalc.language.nodes import MAX_BYTES

MAX_DOCUMENT = 16 << 20
"""Bytes of a notebook or a document: they also hold pictures, which are not read."""

SAVE_AS = "save the answers as CSV, Markdown, YAML or plain text"

_ZIP = b"PK\x03\x04"
_NOTEBOOK = re.compile(rb"\s*\{[^{}\[\]]{0,200}\"(?:cells|nbformat|nbformat_minor|metadata|worksheets)\"\s*:")
_REFUSED = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Word or Excel document"),
    (re.compile(rb"\{\\rtf"), "an RTF document"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}", re.DOTALL), "a picture"),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!"), "a compressed file"),
    (re.compile(rb"\s*<\?xml\b"), "XML"),
)


class SubmittedText(Source):
    """The text of a file, and notes about how it was read."""

    __slots__ = ("notes",)

    def __init__(self, name: str, text: str, notes: tuple[str, ...] = ()) -> None:
        super().__init__(name, text)
        self.notes = notes


def read_submission(path: str, name: str = "") -> SubmittedText:
    """Read a file, or standard input (``-``). ``name`` is what messages call the file; default: its path.

    Raises ArchcalcError for a file that cannot be read; the message says what to save instead.
    """
    name, data = read_bytes(path, MAX_DOCUMENT, name)
    bare = data.removeprefix(codecs.BOM_UTF8)
    for pattern, what in _REFUSED:
        if pattern.match(bare):
            raise ArchcalcError(f"{printable(name)}: this is {what}, not text: {SAVE_AS}")
    try:
        text, notes = _text(bare)
    except ValueError as error:
        raise ArchcalcError(f"{printable(name)}: {error}: {SAVE_AS}") from None
    # Only a document may be larger than a text: the text in it is no longer.
    if len(text) > MAX_BYTES:
        raise ArchcalcError(f"{printable(name)}: the text is larger than {MAX_BYTES // 1024} KiB")
    return SubmittedText(name, text, notes)


def _text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes about how it was read. Raises ValueError."""
    if data.startswith(_ZIP):
        from archcalc.classroom.read.office import document_text

        return document_text(data)
    if _NOTEBOOK.match(data):
        from archcalc.classroom.read.notebook import notebook_text

        return notebook_text(data)
    return text_of(data)
