"""Notebooks, documents of word processors, and texts in other encodings; hostile ones are refused soon."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

import archcalc
from archcalc.classroom.read import office, read_answers
from archcalc.classroom.read.encoding import OTHERS, text_of
from archcalc.classroom.read.notebook import notebook_text
from archcalc.classroom.read.office import document_text
from archcalc.classroom.read.source import read_submission
from archcalc.errors import ArchcalcError

PRINTS = Path(__file__).parents[1] / "prints"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
)


def zipped(entries: dict[str, bytes | str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return data.getvalue()


def word(body: str) -> bytes:
    xml = f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml})


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def word_table(rows: list[list[str]]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def open_document(body: str) -> bytes:
    root = "office:document-content"
    xml = f'<?xml version="1.0"?><{root} {ODF}><office:body>{body}</office:body></{root}>'
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": xml})


def odf_table(rows: list[list[str]]) -> str:
    cells = [
        "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        for row in rows
    ]
    return (
        f"<table:table>{''.join(f'<table:table-row>{row}</table:table-row>' for row in cells)}</table:table>"
    )


ROWS = [["Schicht", "Ausgabe", "Parameter"], ["conv1", "20x20x8", "224"], ["pool1", "10x10x8", "0"]]
MARKDOWN = "| layer | output |\n|---|---|\n| conv1 | 20x20x8 |\n"


def notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def markdown_cell(text: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def code_cell(printed: str) -> dict[str, object]:
    output = {"output_type": "stream", "name": "stdout", "text": printed.splitlines(keepends=True)}
    return {"cell_type": "code", "source": ["model.summary()"], "outputs": [output], "execution_count": 1}


def graded(data: bytes, name: str, folder: Path) -> archcalc.Grade:
    (folder / name).write_bytes(data)
    return archcalc.grade(str(folder / name), str(PRINTS / "two.yaml"))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(word(paragraph("Ada") + word_table(ROWS)), "hw.docx", id="Word"),
        pytest.param(open_document("<text:h>Ada</text:h>" + odf_table(ROWS)), "hw.odt", id="OpenDocument"),
        pytest.param(word(word_table(ROWS)), "hw.md", id="Word by another name"),
    ],
)
def test_tables_of_a_word_processor(data: bytes, name: str, tmp_path: Path) -> None:
    grade = graded(data, name, tmp_path)
    assert [(cell.name, cell.verdict) for cell in grade.cells] == [
        ("conv1 output", "right"),
        ("conv1 params", "right"),
        ("pool1 output", "right"),
        ("pool1 params", "right"),
    ]
    assert grade.unread == ()
    assert any("line numbers count its paragraphs" in note for note in grade.notes)


def test_a_notebook(tmp_path: Path) -> None:
    print_ = (PRINTS / "two-keras3.txt").read_text(encoding="utf-8")
    grade = graded(notebook(markdown_cell(MARKDOWN), code_cell(print_)), "hw.ipynb", tmp_path)
    assert [cell.verdict for cell in grade.cells] == ["right"] * 10
    assert grade.unread == ()
    assert "of the code cells only the outputs are read" in grade.notes


def test_what_a_notebook_holds_besides_text() -> None:
    outputs = [
        {
            "output_type": "display_data",
            "data": {"image/png": "iVBOR", "text/plain": ["<Figure size 640x480>"]},
        },
        {
            "output_type": "execute_result",
            "data": {"text/plain": "\x1b[1mlayer   params\x1b[0m\nconv1      224"},
        },
        {
            "output_type": "display_data",
            "data": {"text/markdown": MARKDOWN, "text/plain": "<Markdown object>"},
        },
    ]
    text, _ = notebook_text(notebook({"cell_type": "code", "source": "x", "outputs": outputs}))
    assert text == f"layer   params\nconv1      224\n\n{MARKDOWN}"


def test_an_old_notebook() -> None:
    old = {"nbformat": 3, "worksheets": [{"cells": [markdown_cell(MARKDOWN)]}]}
    assert notebook_text(json.dumps(old).encode())[0] == MARKDOWN


def test_text_that_a_word_processor_marks() -> None:
    body = (
        paragraph("params: 1", "<w:strike/>")
        + paragraph("a &amp; b", '<w:strike w:val="0"/>')
        + "<w:p><w:r><w:t>11</w:t></w:r>"
        "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r>"
        "<w:r><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t></w:r></w:p>"
        "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    )
    assert document_text(word(body))[0].split("\n") == ["", "a & b", "11^2\tx", "y", ""]


def test_cells_of_a_word_processor() -> None:
    row = f"<w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{paragraph('a|b')}</w:tc></w:tr>"
    inner = word_table([["x"]])
    nested = f"<w:tr><w:tc>{paragraph('1')}{paragraph('2')}{inner}</w:tc><w:tc>{paragraph('3')}</w:tc></w:tr>"
    assert document_text(word(f"<w:tbl>{row}{nested}</w:tbl>"))[0].split("\n") == [
        "",
        "| a\\|b |  |",
        "|---|---|",
        "| 1; 2; x | 3 |",
        "",
    ]


# --- hostile files --------------------------------------------------------------------------------------


def bomb() -> bytes:
    return zipped({"word/document.xml": b"<a>" + b" " * (office.MAX_XML + 10)})


def lying_bomb() -> bytes:
    """A bomb whose archive says that it is small."""
    data = bytearray(bomb())
    size = struct.pack("<I", office.MAX_XML + 13)
    return bytes(data.replace(size, struct.pack("<I", 100)))


def entity_document(kind: str) -> bytes:
    xml = f'<?xml version="1.0"?><!DOCTYPE a [{kind}]><w:document {W}>&x;</w:document>'
    return zipped({"word/document.xml": xml})


def nested(depth: int) -> bytes:
    return zipped({"word/document.xml": "<a>" * depth + "</a>" * depth})


def encrypted() -> bytes:
    data = bytearray(word("<w:p/>"))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


REFUSED = {
    "a bomb": (bomb(), "the text of this document is larger than 8 MiB"),
    "a bomb that lies about its size": (lying_bomb(), "larger than|damaged"),
    "many entries": (zipped({f"{n}": b"" for n in range(office.MAX_ENTRIES + 1)}), "more than 5,000 entries"),
    "entities": (entity_document('<!ENTITY x "xxxx">'), "a document type"),
    "an outside entity": (entity_document('<!ENTITY x SYSTEM "file:///etc/passwd">'), "a document type"),
    "deep nesting": (nested(10_000), "nested too deeply"),
    "broken XML": (zipped({"word/document.xml": "<w:document"}), "damaged"),
    "a truncated archive": (word("<w:p/>")[:-30], "damaged"),
    "an encrypted document": (encrypted(), "encrypted"),
    "names that lead out": (zipped({"../../word/document.xml": "<a/>"}), "a zip archive, not a document"),
    "an Excel workbook": (zipped({"xl/workbook.xml": "<a/>"}), "an Excel workbook"),
    "any archive": (zipped({"hw.yaml": "conv1: {params: 5}"}), "a zip archive, not a document"),
    "a truncated notebook": (notebook(markdown_cell(MARKDOWN))[:-5], "a damaged notebook"),
    "a deep notebook": (b'{"cells": ' + b"[" * 100_000, "a damaged notebook"),
    "a notebook without cells": (b'{"cells": 5}', "this notebook has no cells"),
    "a notebook with wrong types": (
        b'{"cells": [{"outputs": [5, {"data": 3}], "source": 7}, 4]}',
        "no answers|empty",
    ),
    "cells of text": (word(paragraph("x" * 10) * 200_000), "too long|larger"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED)
def test_a_hostile_file_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "hw").write_bytes(data)
    with pytest.raises(ArchcalcError, match=why):
        read_answers(read_submission(str(tmp_path / "hw")))
    assert [path.name for path in tmp_path.iterdir()] == ["hw"]


def test_repeated_cells_are_bounded() -> None:
    cell = '<table:table-cell table:number-columns-repeated="1000000"><text:p>5</text:p></table:table-cell>'
    text, _ = document_text(
        open_document(f"<table:table><table:table-row>{cell}</table:table-row></table:table>")
    )
    assert text.count("5") == office.MAX_SPAN


# --- encodings ------------------------------------------------------------------------------------------

HEADS = {
    "cp1252": "Schicht;Größe der Ausgabe",
    "cp1250": "Název vrstvy;Velikost výstupu;Počet parametrů",
    "cp1251": "Слой;Размер выхода",
    "gb18030": "层;输出尺寸",
    "big5": "層;輸出尺寸",
    "shift_jis": "レイヤー;出力サイズ",
    "cp949": "레이어;출력 크기",
}


@pytest.mark.parametrize("encoding", OTHERS)
def test_a_text_that_is_not_utf8(encoding: str, tmp_path: Path) -> None:
    head = HEADS[encoding]
    row = ";".join(["conv1", "20x20x8", "224"][: head.count(";") + 1])
    grade = graded(f"{head}\r\n{row}\r\n".encode(encoding), "hw.csv", tmp_path)
    assert {cell.verdict for cell in grade.cells} == {"right"}
    assert any(OTHERS[encoding] in note for note in grade.notes)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_said(encoding: str, tmp_path: Path) -> None:
    grade = graded("layer,output\nconv1,20x20x8\n".encode(encoding), "hw.csv", tmp_path)
    assert [cell.verdict for cell in grade.cells] == ["right"]
    assert "this is UTF-16 text" in grade.notes


def test_utf8_is_not_said(tmp_path: Path) -> None:
    assert graded("Größe,layer,output\n1,conv1,20x20x8\n".encode(), "hw.csv", tmp_path).notes == ()


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(ValueError, match="line 2 is not UTF-8 text"):
        text_of(b"conv1\n\xff\xfe\x01\x02")
