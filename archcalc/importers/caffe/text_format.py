"""The text format of protobuf: fields with values or messages, each with its place in the file.

The grammar is that of https://protobuf.dev/reference/protobuf/textformat-spec/ without extensions. No
``.proto`` file is needed: what a field means is known to its reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, decoded, printable, short

MOST_BYTES = 1 << 24
MOST_FIELDS = 1_000_000
MOST_DEPTH = 30
"""Caffe's own messages are at most five deep."""

_TOKEN = re.compile(
    r"""(?:[ \t\r\n\f\v]+|\#[^\n]*)*+
    (?: (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?))(?![\w.])
      | (?P<string>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')
      | (?P<sign>[][{}<>:,;])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)

_ENDS = {"{": "}", "<": ">"}
_SEPARATORS = (",", ";")


class CaffeField(NamedTuple):
    """One field: its name, its value as written (a text without its quotes), and both places."""

    name: str
    value: str | CaffeMessage
    quoted: bool
    place: int
    value_place: int


class CaffeMessage:
    """The fields of a message in their order; ``place`` is where it begins."""

    __slots__ = ("fields", "place")

    def __init__(self, place: int) -> None:
        self.fields: list[CaffeField] = []
        self.place = place

    def all(self, name: str) -> list[CaffeField]:
        """Every field with that name."""
        return [field for field in self.fields if field.name == name]


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def text_of(path: str) -> Source:
    """The text of a file. Raises ArchcalcError."""
    name = printable(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        says = error.strerror if isinstance(error, OSError) else error
        raise ArchcalcError(f"{name}: {says}") from None
    if len(data) > MOST_BYTES:
        raise ArchcalcError(f"{name}: the file is larger than {MOST_BYTES >> 20} MiB")
    if not data.strip():
        raise ArchcalcError(f"{name}: the file is empty")
    return decoded(path, data)


def message_in(source: Source) -> CaffeMessage:
    """The message that a text is. Raises SpecError with the place where it ends to be one.

    >>> fields = message_in(Source("a", 'name: "a" layer { top: "x", top: "y" } # end')).fields
    >>> [field.name for field in fields], [field.value for field in fields[1].value.fields]
    (['name', 'layer'], ['x', 'y'])
    """
    return _TextReader(source).whole()


class _TextReader:
    """Goes through the tokens; ``token`` is the next one."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = self._tokens()
        self.token = next(self.tokens)
        self.count = 0

    def _tokens(self) -> Iterator[_Token]:
        text, place = self.source.text, 0
        while True:
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise self._unreadable(place)
            kind = match.lastgroup
            yield _Token(kind, match[kind], match.start(kind))
            place = match.end()

    def _unreadable(self, place: int) -> SpecError:
        """The error for what is no token."""
        blank = re.compile(r"(?:[ \t\r\n\f\v]+|#[^\n]*)*+").match(self.source.text, place)
        place = blank.end() if blank else place
        text = self.source.text[place : place + 20].split("\n")[0]
        if text[:1] in ("'", '"'):
            return self._wrong(place, f"the text that begins with {short(text, 12)} does not end on its line")
        if text[:1].isdigit():
            return self._wrong(place, f"'{short(text.split()[0])}' is no number")
        return self._wrong(place, f"'{short(text[:1])}' cannot stand here")

    def _wrong(self, place: int, says: str, hint: str = "") -> SpecError:
        return SpecError([Problem(says, self.source.mark(place), "", hint)])

    def _unexpected(self, wanted: str) -> SpecError:
        found = "the end of the file" if self.token.kind == "end" else f"'{short(self.token.text, 30)}'"
        return self._wrong(self.token.place, f"here must be {wanted}, not {found}")

    def next(self) -> _Token:
        """The token; the one after it becomes the next."""
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def whole(self) -> CaffeMessage:
        """The message of the whole text."""
        root = CaffeMessage(0)
        self._fill(root, "", 0)  # only the end of the file is a token without a text
        return root

    def _fill(self, message: CaffeMessage, end: str, depth: int) -> None:
        """Read the fields of a message, up to the sign that ends it."""
        if depth > MOST_DEPTH:
            raise self._wrong(message.place, f"messages are nested more than {MOST_DEPTH} deep")
        while self.token.text != end:
            if self.token.kind == "end":
                says = f"the file ends inside of this message: a '{end}' is missing"
                raise self._wrong(message.place, says, "is the file cut off?")
            if self.token.kind != "word":
                raise self._unexpected("the name of a field")
            self._field(message, depth)
            if self.token.text in _SEPARATORS and self.token.kind == "sign":
                self.next()
        self.next()

    def _field(self, message: CaffeMessage, depth: int) -> None:
        name = self.next()
        has_colon = self.token.text == ":"
        if has_colon:
            self.next()
        if self.token.text != "[" or self.token.kind != "sign":
            self._value(message, name, has_colon, depth)
            return
        self.next()
        while self.token.text != "]":
            self._value(message, name, has_colon, depth)
            if self.token.text == ",":
                self.next()
            elif self.token.text != "]":
                raise self._unexpected("',' or ']'")
        self.next()

    def _value(self, message: CaffeMessage, name: _Token, has_colon: bool, depth: int) -> None:
        self.count += 1
        if self.count > MOST_FIELDS:
            raise ArchcalcError(
                f"{printable(self.source.name)}: the file has more than {MOST_FIELDS:,} fields"
            )
        token = self.token
        if token.kind == "sign" and token.text in _ENDS:
            self.next()
            inner = CaffeMessage(token.place)
            message.fields.append(CaffeField(name.text, inner, False, name.place, token.place))
            self._fill(inner, _ENDS[token.text], depth + 1)
        elif token.kind in ("end", "sign"):
            raise self._unexpected(f"the value of '{short(name.text)}'")
        elif not has_colon:
            raise self._unexpected(f"':' or '{{' behind '{short(name.text)}'")
        else:
            quoted = token.kind == "string"
            value = self._text() if quoted else self.next().text
            message.fields.append(CaffeField(name.text, value, quoted, name.place, token.place))

    def _text(self) -> str:
        """A text in quotes; several that follow each other are one."""
        parts = []
        while self.token.kind == "string":
            parts.append(re.sub(r"\\(.)", r"\1", self.next().text[1:-1]))
        return "".join(parts)
