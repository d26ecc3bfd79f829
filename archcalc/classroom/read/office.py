"""The text of a document of a word processor (.docx, .odt): its paragraphs, and its tables as Markdown.

A submission is hostile until it is read. Only one entry of the archive is unpacked, in memory, up to a limit
that does not trust the sizes in the archive. A document type is refused, so no entity can expand.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import NamedTuple
from xml.parsers import expat

MAX_XML = 8 << 20
"""Bytes of the unpacked text."""

MAX_ENTRIES = 5_000
MAX_SPAN = 100
"""Cells or blanks that one mark may stand for."""

MAX_DEPTH = 200
MAX_TEXT = 1 << 20


def document_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a document, and notes about it. Raises ValueError for any other archive."""
    for entry, (kind, marks) in _DOCUMENTS.items():
        xml = _unpacked(data, entry)
        if xml is not None:
            note = f"this is {kind}; line numbers count its paragraphs and the rows of its tables"
            return _DocumentReader(marks).read(xml), (note,)
    if _unpacked(data, "xl/workbook.xml") is not None:
        raise ValueError("this is an Excel workbook, not text")
    raise ValueError("this is a zip archive, not a document")


def _unpacked(data: bytes, entry: str) -> bytes | None:
    """An entry of an archive; None if there is none of this name. Raises ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise ValueError(f"this archive has more than {MAX_ENTRIES:,} entries")
            if entry not in archive.NameToInfo:
                return None
            info = archive.getinfo(entry)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
                raise ValueError("this document is encrypted, or packed in an unusual way")
            with archive.open(info) as file:
                # What the archive says about sizes may be wrong: reading stops at the limit.
                xml = file.read(MAX_XML + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        raise ValueError("this is a damaged document") from None
    if len(xml) > MAX_XML:
        raise ValueError(f"the text of this document is larger than {MAX_XML >> 20} MiB")
    return xml


class _Marks(NamedTuple):
    """The names of the elements of a format."""

    paragraph: tuple[str, ...]
    table: str
    row: str
    cell: tuple[str, ...]
    text: tuple[str, ...]  # elements whose characters are text; empty: all characters are
    tab: str
    line_break: tuple[str, ...]
    skipped: tuple[str, ...]
    run: str
    crossed_out: tuple[str, ...]


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_M = "http://schemas.openxmlformats.org/officeDocument/2006/math "
_T = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "

_WORD = _Marks(
    paragraph=(_W + "p",),
    table=_W + "tbl",
    row=_W + "tr",
    cell=(_W + "tc",),
    text=(_W + "t", _M + "t"),
    tab=_W + "tab",
    line_break=(_W + "br", _W + "cr"),
    skipped=(_W + "del", _W + "instrText", _W + "pPr"),
    run=_W + "r",
    crossed_out=(_W + "strike", _W + "dstrike"),
)
_OPEN_DOCUMENT = _Marks(
    paragraph=(_T + "p", _T + "h"),
    table=_TABLE + "table",
    row=_TABLE + "table-row",
    cell=(_TABLE + "table-cell", _TABLE + "covered-table-cell"),
    text=(),
    tab=_T + "tab",
    line_break=(_T + "line-break",),
    skipped=(_OFFICE + "annotation", _T + "tracked-changes", _T + "note"),
    run="",
    crossed_out=(),
)
_DOCUMENTS: Mapping[str, tuple[str, _Marks]] = {
    "word/document.xml": ("a Word document", _WORD),
    "content.xml": ("an OpenDocument file", _OPEN_DOCUMENT),
}
_SPANS = (_W + "gridSpan",)
_RAISED = _W + "vertAlign"


class _DocumentReader:
    """Collects the text of a document while its elements open and close."""

    def __init__(self, marks: _Marks) -> None:
        self.marks = marks
        self.lines: list[str] = []
        self.size = 0
        self.open: list[str] = []
        self.skipping = 0  # the depth of the element whose text is skipped
        self.piece: list[str] = []  # the paragraph that is open
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.span = 1
        self.is_crossed_out = False
        self.is_raised = False

    def read(self, xml: bytes) -> str:
        """The text of a document. Raises ValueError."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.buffer_text = True
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            raise ValueError("this is a damaged document") from None
        return "\n".join(self.lines)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        marks = self.marks
        self.open.append(name)
        if len(self.open) > MAX_DEPTH:
            raise ValueError("this document is nested too deeply")
        if self.skipping:
            return
        if name in marks.skipped:
            self.skipping = len(self.open)
        elif name == marks.table and self._depth(name) == 1:
            self.rows = []
        elif name == marks.row and self._depth(marks.table) == 1:
            self.rows.append([])
        elif name in marks.cell and self._depth(marks.table) == 1:
            self.cell, self.span = [], _number(attributes.get(_TABLE + "number-columns-repeated"))
        elif name in _SPANS:
            self.span = _number(attributes.get(_W + "val"))
        elif name == marks.run:
            self.is_crossed_out = self.is_raised = False
        elif name in marks.crossed_out:
            self.is_crossed_out = attributes.get(_W + "val") not in ("0", "false")
        elif name == _RAISED:
            self.is_raised = attributes.get(_W + "val") == "superscript"
        elif name == marks.tab:
            self._add("\t")
        elif name in marks.line_break:
            self._add("\n")
        elif name == _T + "s":
            self._add(" " * _number(attributes.get(_T + "c")))

    def _end(self, name: str) -> None:
        marks = self.marks
        depth = len(self.open)
        self.open.pop()
        if self.skipping:
            self.skipping = 0 if depth == self.skipping else self.skipping
        elif name in marks.paragraph:
            self._close_paragraph()
        elif name in marks.cell and self.cell is not None and self._depth(marks.table) == 1:
            text = "; ".join(piece for piece in self.cell if piece.strip()).replace("|", "\\|")
            self.rows[-1] += (
                [text] * self.span if marks is _OPEN_DOCUMENT else [text, *[""] * (self.span - 1)]
            )
            self.cell = None
        elif name == marks.table and not self._depth(name):
            self._close_table()

    def _characters(self, text: str) -> None:
        texts = self.marks.text
        if not self.skipping and (self.open[-1] in texts if texts else self._depth(*self.marks.paragraph)):
            self._add(f"^{text}" if self.is_raised else text)

    def _add(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise ValueError("the text of this document is too long")
        if not self.is_crossed_out:
            self.piece.append(text)

    def _close_paragraph(self) -> None:
        text = "".join(self.piece)
        self.piece = []
        if self.cell is not None:
            self.cell.append(" ".join(text.replace("\n", "; ").split()))
        elif not self._depth(self.marks.table):
            self.lines += text.split("\n")

    def _close_table(self) -> None:
        """Write the table as Markdown, with empty lines around it."""
        rows = [row for row in self.rows if any(row)]
        width = max(map(len, rows), default=0)
        written = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        if written:
            self.lines += ["", written[0], "|---" * width + "|", *written[1:], ""]

    def _depth(self, *names: str) -> int:
        """How many elements with these names are open."""
        return sum(name in names for name in self.open)


def _number(text: str | None) -> int:
    """A small number; 1 if there is none."""
    return min(int(text), MAX_SPAN) if text and text.isdecimal() and len(text) < 10 else 1


def _refuse(*_: object) -> None:
    raise ValueError("this document has a document type, which may hide other text")
