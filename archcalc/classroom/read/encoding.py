"""The text of a file in one of the encodings that programs save without being asked."""

from __future__ import annotations

import codecs
import re

from archcalc.classroom.read.words import meaning_of

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

OTHERS = {
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "shift_jis": "Shift JIS (Japanese)",
    "cp949": "code page 949 (Korean)",
}
"""Encodings that are tried if a text is not UTF-8, with their names. The first of the best is taken."""

MAX_SEARCHED = 20_000
"""Bytes in which known words are counted."""

_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CELLS = re.compile(r"[,;|\t\n\r]| {2,}")


def text_of(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes that name its encoding if it is not UTF-8. Raises ValueError.

    >>> text_of("Größe".encode("cp1252"))
    ('Größe', ('this is not UTF-8; it was read as Windows-1252 (Western Europe)',))
    """
    if data.startswith(_UTF16) or _looks_like_utf16(data):
        return _from_utf16(data)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
    texts = {encoding: _decoded(data, encoding) for encoding in OTHERS}
    readable = {encoding: text for encoding, text in texts.items() if text is not None}
    if not readable:
        raise ValueError(f"line {place} is not UTF-8 text")
    best = max(readable, key=lambda encoding: _known_words(readable[encoding]))
    return readable[best], (f"this is not UTF-8; it was read as {OTHERS[best]}",)


def _looks_like_utf16(data: bytes) -> bool:
    """Whether every second byte at the start is 0, as in UTF-16 without a byte order mark."""
    start = data[:200]
    return (
        len(start) > 3 and b"\0" in start and abs(start[::2].count(0) - start[1::2].count(0)) * 3 > len(start)
    )


def _from_utf16(data: bytes) -> tuple[str, tuple[str, ...]]:
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-16-le" if data[1] == 0 else "utf-16-be"
    try:
        return data.decode(encoding), ("this is UTF-16 text",)
    except UnicodeDecodeError:
        raise ValueError("this is damaged UTF-16") from None


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _known_words(text: str) -> int:
    """How many cells are headings that are understood."""
    return sum(meaning_of(cell) is not None for cell in _CELLS.split(text[:MAX_SEARCHED]) if cell.strip())
