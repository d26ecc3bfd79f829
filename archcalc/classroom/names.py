"""What the name of a row says about its layer: its kind, its number among its kind, and its options.

Students write ``Conv2D``, ``Dense (256)``, ``conv1 (f=3, s=1)``, ``MaxPool1 2x2``, ``convolution layer 2``;
tools write ``conv2d_1 (Conv2D)``, ``Conv2d-4``, ``Conv2d: 1-3``, ``nn.Linear``, ``features.0``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

MAX_LENGTH = 200

_END = r"[a-z]*(?:[ _-]?[123]d(?![a-z]))?"
_KINDS = {
    "depthwise": rf"depth[ _-]?wise(?:[ _-]?conv{_END})?|dw[ _-]?conv{_END}",
    "deconv": rf"conv(?:[123]d)?[ _-]?transposed?(?:[123]d)?|(?:transposed?[ _-]?|de|up[ _-]?)conv{_END}",
    "avgpool": rf"(?:(?:global|adaptive)[ _-]?(?:avg|average|mean)?|avg|average|mean)[ _-]?pool{_END}|gap",
    "maxpool": rf"max[ _-]?pool{_END}|最大池化|最大値?プーリング|최대 ?풀링|(?:макс\w*[ -]?)(?:пулинг|pool)",
    "pool": rf"(?:sub)?sampl(?:e|ing)|pool{_END}|池化|プーリング|풀링|пулинг\w*|подвыборк\w*"
    r"|agrupa(?:cion|mento)|submuestreo|subamostragem|sous-echantillonnage",
    "conv": rf"conv{_END}|faltung[a-z]*|卷积|卷積|畳み?込み|합성곱|컨볼루션|сверт\w*|konvolu[a-z]*",
    "fc": r"fc|dense|densa|linear|full?y?[ _-]?connected|inner[ _-]?product|affine|全连接|全連接|全結合"
    r"|완전 ?연결|полносвязн\w*|voll(?:standig)?[ -]?(?:verbunden|vernetzt|verknupft)[a-z]*"
    r"|(?:totalmente|completamente) conectad[ao]|entierement connectee?|plne propojen[a-z]*",
    "bn": rf"batch[ _-]?norm{_END}|bn",
    "lrn": r"lrn|(?:local[ _-]?response[ _-]?)?norm[a-z]*",
    "softmax": r"soft[ _-]?max",
    "relu": r"(?:leaky[ _-]?|p)?re[ _-]?lu|activation",
    "dropout": rf"drop[ _-]?out{_END}",
    "flatten": r"flatten|reshape",
    "input": r"input(?:[ _-]?layer)?|image|eingabe(?:schicht|bild)?|eingang|entrada|entree|вход\w*|vstup"
    r"|输入|輸入|入力|입력",
}
"""The words for each kind, without accents; of two that fit, the first is meant."""

_KIND = re.compile(
    "(?<![a-z])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items()) + ")(?![a-z])",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"(?:[\s├└│─|`+*>•]|(?:torch\.)?nn\.|(?:tf\.)?(?:keras\.)?layers\.(?=[A-Z])|keras\.)*", re.I
)
_ACCENT = re.compile(r"[\u0300-\u0305\u0307-\u036f]")
"""The accents of Latin letters, and of ё; without that of й, which is another letter than и."""

_ORDINALS = {word: place for place, word in enumerate(("first", "second", "third", "fourth", "fifth"), 1)}
_ORDINAL = re.compile(rf"(?:the )?(?P<word>{'|'.join(_ORDINALS)}|(?P<digit>[1-9])(?:st|nd|rd|th))\s+", re.I)
_NUMBER = re.compile(
    r"(?:\s?(?i:layer|schicht|couche|capa|camada|vrstva|слой|层|層|층))?"
    r"(?P<sign>[ _.#-]?|\s?: ?)(?P<number>[0-9]{1,2})(?![_.-]?[0-9]|\s?[xX×*@%]|_?[a-z]\b)"
)
_BELONGS = re.compile(r"[_./-]|\s?[0-9]{1,3}(?![0-9]|\s?[xX×*])")
"""What belongs to a name although it is no number of a kind: 1_1, 2a."""

_SLIDES = re.compile(r"(?P<kernel>[0-9]{1,2})-(?P<filters>[0-9]{1,5})\Z|-(?P<units>[0-9]{2,6})\Z")
"""CONV3-64 and FC-4096, as slides write them."""

_COUNTED_MODULES = re.compile(r"-[0-9]+\Z|: ?[0-9]+-[0-9]+\Z")
"""Conv2d-4 and "Conv2d: 1-4": tools number all modules together."""

_BRACKETS = re.compile(r"[(\[{]((?:[^()\[\]{}]|\([^()]*\))*)[)\]}]")
_INDEX = re.compile(r"(?P<part>[a-z_]+\.)?(?P<index>[0-9]{1,4})\Z", re.IGNORECASE)
_MORE = re.compile(r"\s*(?:[+&,;]|\band\b|\bwith\b|→|->|/(?=\s|[A-Z]))\s*")

_TIMES = r"\s?[xX×*,]\s?"
_OPTIONS = (
    ("both", re.compile(r"(?P<filters>[0-9]{1,6})\s?@\s?(?P<kernel>[0-9]{1,2}\s?[xX×*]\s?[0-9]{1,2})")),
    (
        "stride",
        re.compile(
            rf"\b(?:strides?|s(?==|\s=))\s?[=:]?\s?\(?(?P<stride>[0-9]{{1,2}}(?:{_TIMES}[0-9]{{1,2}})?)\)?",
            re.I,
        ),
    ),
    ("pad", re.compile(r"\b(?:pad(?:ding)?|p(?==|\s=))\s?[=:]?\s?\(?(?P<pad>[0-9]{1,2})(?![0-9])\)?", re.I)),
    (
        "kernel",
        re.compile(
            r"\b(?:kernel(?:[ _]size)?|filter[ _]size|[fk](?==|\s=))\s?[=:]?\s?"
            rf"\(?(?P<kernel>[0-9]{{1,2}}(?:{_TIMES}[0-9]{{1,2}})?)(?![0-9])\)?",
            re.I,
        ),
    ),
    ("kernel", re.compile(r"(?<![0-9.x×*])(?P<kernel>[0-9]{1,2}\s?[xX×*]\s?[0-9]{1,2})(?![0-9]|\s?[xX×*])")),
    (
        "filters",
        re.compile(r"(?P<filters>[0-9]{1,6})\s?(?:filters|kernels|channels|feature maps|maps)\b", re.I),
    ),
    ("filters", re.compile(r"\b(?:filters|out_channels|channels)\s?[=:]\s?(?P<filters>[0-9]{1,6})", re.I)),
    ("units", re.compile(r"(?P<units>[0-9]{1,6})\s?(?:units|neurons|nodes)\b", re.I)),
    ("units", re.compile(r"\b(?:units|out_features|neurons)\s?[=:]\s?(?P<units>[0-9]{1,6})", re.I)),
)
_LOOSE = re.compile(r"(?<![\w.=/:-])([0-9]{1,6})(?![\w.%=/-])")


class LayerName(NamedTuple):
    """What a name says.

    ``bare`` is the name without its options. ``kind`` is an op, or ``pool`` or ``depthwise``; it is empty if
    the name tells none. ``number`` is the number behind the kind. ``options`` are stated; ``loose`` are
    numbers whose meaning is not said (256 in "Dense (256)"). ``others`` are the kinds of further layers in
    the row (Dense + ReLU). ``place`` is a place in a list of modules (features.0).
    """

    bare: str
    kind: str = ""
    number: int | None = None
    options: Mapping[str, Any] = {}
    loose: tuple[int, ...] = ()
    others: tuple[str, ...] = ()
    place: tuple[str, int] | None = None


@lru_cache(maxsize=10_000)
def layer_name(text: str) -> LayerName:
    """Read the name of a row.

    >>> layer_name("conv1 (f=3, s=1)")[:3], dict(layer_name("conv1 (f=3, s=1)").options)
    (('conv1', 'conv', 1), {'kernel': (3, 3), 'stride': 1})
    >>> [layer_name(name)[1:3] for name in ("MaxPool1 2x2", "convolution layer 2", "conv2d_1 (Conv2D)")]
    [('maxpool', 1), ('conv', 2), ('conv', 1)]
    >>> layer_name("Dense (256)").loose, layer_name("Dense + ReLU").others, layer_name("features.0").place
    ((256,), ('relu',), ('features', 0))
    """
    text = _without_accents(" ".join(text[:MAX_LENGTH].split()))
    text = text[match.end() :] if (match := _PREFIX.match(text)) else text
    ordinal = _ORDINAL.match(text)
    text = text[ordinal.end() :] if ordinal else text
    inside = " , ".join(_BRACKETS.findall(text))
    outside = _BRACKETS.sub(" ", text).strip(" :*(")
    first, *rest = _MORE.split(_COUNTED_MODULES.sub("", outside) if _is_of_torch(outside) else outside)
    match = _KIND.search(first)
    number = _NUMBER.match(first, match.end()) if match else None
    end = number.end() if number else match.end() if match else len(first)
    counted = int(number["number"]) if number and not re.search("[0-9]_|[0-9]/", first[:end]) else None
    if ordinal:
        counted = int(ordinal["digit"] or _ORDINALS[ordinal["word"].lower()])
    described = [first[: match.start()] if match else "", first[end:], *rest, inside]
    options, loose = _options(" , ".join(described), first[match.end() :] if match else "")
    if match and "/" in first[match.end() :]:
        match = None  # conv1/relu is not about conv1
    said = [kind for part in (first[end:], *rest, inside) for kind in _kinds(part)]
    # A name may say nothing, and the type behind it all: features.0 (Conv2d).
    kind = _kind(match) or (said.pop(0) if said else "")
    index = _INDEX.match(first.strip())
    return LayerName(
        (first if _BELONGS.match(first, end) else first[:end]).strip(" -_:"),
        kind,
        counted,
        options,
        loose,
        tuple(dict.fromkeys(other for other in said if not _is_same(kind, other))),
        ((index["part"] or "").rstrip("."), int(index["index"])) if index else None,
    )


def _without_accents(text: str) -> str:
    """A text without accents: свёртка and свертка are one word.

    >>> _without_accents("Свёртка 1"), _without_accents("entièrement")
    ('Свертка 1', 'entierement')
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text)))


def _is_of_torch(text: str) -> bool:
    """Whether a name is a class of PyTorch with its place among all modules."""
    return bool(re.match(r"[A-Z][a-z][A-Za-z]*(?:[123]d)?(?:-|: ?[0-9]+-)[0-9]+\Z", text))


def _kind(match: re.Match[str] | None) -> str:
    return match.lastgroup or "" if match else ""


def _kinds(text: str) -> list[str]:
    return [_kind(match) for match in _KIND.finditer(text)]


def _is_same(kind: str, other: str) -> bool:
    """Whether two words may mean the same layer: "conv1 (Convolution)", "pool1 (max pool)"."""
    pools = ("pool", "maxpool", "avgpool")
    return kind == other or (kind in pools and other in pools) or {kind, other} == {"conv", "depthwise"}


def _options(text: str, tail: str) -> tuple[dict[str, Any], tuple[int, ...]]:
    """The options that a text states, and its other numbers. ``tail`` is what stands behind the kind."""
    options: dict[str, Any] = {}
    if match := _SLIDES.match(tail):
        options.update({key: _value(key, value) for key, value in match.groupdict().items() if value})
        text = text.replace(match[0], " ")
    for _, pattern in _OPTIONS:
        if match := pattern.search(text):
            options = {**{key: _value(key, value) for key, value in match.groupdict().items()}, **options}
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return options, tuple(int(number) for number in _LOOSE.findall(text))


def _value(key: str, text: str) -> Any:
    sides = tuple(int(side) for side in re.findall("[0-9]+", text))
    if key == "kernel":
        return sides if len(sides) == 2 else sides * 2
    return sides[0] if len(set(sides)) == 1 else sides
