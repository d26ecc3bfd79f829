"""Reads the files that students hand in. Documents that are not text are refused, with advice."""

from __future__ import annotations

import codecs
import re

from archcalc.errors import ArchcalcError, Source, printable
from archcalc.language.find import decoded, read_bytes

SAVE_AS = "save the answers as CSV, Markdown, YAML or plain text"

_DOCUMENTS = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"PK\x03\x04"), "a zip archive (as .docx, .xlsx and .odt are)"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Word or Excel document"),
    (re.compile(rb"\{\\rtf"), "an RTF document"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}", re.DOTALL), "a picture"),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!"), "a compressed file"),
    (re.compile(rb"\s*<\?xml\b"), "XML"),
    (re.compile(rb"\s*\{[^{}]{0,200}\"(?:cells|nbformat|metadata)\"\s*:"), "a notebook"),
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_submission(path: str, name: str = "") -> Source:
    """Read a text file, or standard input (``-``): UTF-8, or UTF-16 with a byte order mark (from Excel).

    ``name`` is what messages call the file; default: its path. Raises ArchcalcError for a document that is
    not text; the message says what to save instead.
    """
    name, data = read_bytes(path, name)
    bare = data.removeprefix(codecs.BOM_UTF8)
    for pattern, what in _DOCUMENTS:
        if pattern.match(bare):
            raise ArchcalcError(f"{printable(name)}: this is {what}, not text: {SAVE_AS}")
    if data.startswith(_UTF16):
        try:
            return Source(name, data.decode("utf-16"))
        except UnicodeDecodeError:
            raise ArchcalcError(f"{printable(name)}: this is damaged UTF-16: {SAVE_AS} in UTF-8") from None
    return decoded(name, data)
