"""Matches the answers of a submission with the layers of the key, and its tables with the key's network."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from archcalc.classroom.accepted import AcceptedFigures, BiasCounting
from archcalc.classroom.align import ALIKE, SAME_OUTPUT, align, in_order, likeness
from archcalc.classroom.answer_key import OF_INPUT, AnswerKey
from archcalc.classroom.calculation import in_unit
from archcalc.classroom.chart import FIGURE, NamedRow, agrees, evidence
from archcalc.classroom.key_names import INPUT_ROW
from archcalc.classroom.rows import RowFinder, rows_of
from archcalc.classroom.submission import DECLARED, Answer, AnswerRow, AnswerSheet, UnreadLine
from archcalc.errors import plain, short
from archcalc.language.printed import Figure, Shape, figure_agreement
from archcalc.ops import lecture_name
from archcalc.results import Layer

CHANGED_BY_POOLING = ("output", "activations", "activation_bytes", "receptive_field", "jump", "flops")
"""Quantities that are others before and after a pooling."""

_POOL_BEHIND = re.compile("concat.*pool")
"""A block with a pooling that stands in a branch, or behind the block."""

LIKE_ENOUGH = Fraction(3, 4)
"""A table is left out if its score is below this share of the best table's score."""


class MatchedAnswer(NamedTuple):
    """An answer, and the path of its layer in the key; the path is empty for the whole network."""

    path: str
    quantity: str
    answer: Answer


class MatchedSheet(NamedTuple):
    """The answers of a sheet at their layers, and what matched no layer.

    ``answers`` is None if the sheet is about another network.
    """

    answers: list[MatchedAnswer] | None
    unread: list[UnreadLine]
    notes: Sequence[str] = ()


def sheets_about(sheets: Sequence[AnswerSheet], key: AnswerKey) -> tuple[list[AnswerSheet], list[str]]:
    """The sheets about the key's network, and the names of those left out.

    Of a file with many tables, those most like the network are kept; of several columns of one table, only
    the best.
    """
    scores = {place: _score(sheet, key) for place, sheet in enumerate(sheets) if sheet.rows}
    # If no table is like the network, none is left out here: each of them is then refused with its own
    # reason.
    best = max((*scores.values(), Fraction(0)))
    best_column: dict[int, int] = {}
    for place, score in scores.items():
        line = sheets[place].line
        if sheets[place].title and (line not in best_column or score > scores[best_column[line]]):
            best_column[line] = place
    kept: list[AnswerSheet] = []
    left_out: list[str] = []
    own = {sheets[place].heading for place, score in scores.items() if score >= LIKE_ENOUGH * best}
    # A sheet without rows names its layers, so it has no score; it stays unless it is below another heading.
    for place, sheet in enumerate(sheets):
        if own and place not in scores and sheet.heading not in own:
            left_out.append(f"'{short(sheet.heading)}' from line {sheet.line} on")
            continue
        other_column = sheet.title and best_column.get(sheet.line, place) != place
        is_worse = place in scores and (other_column or (best and scores[place] < LIKE_ENOUGH * best))
        if is_worse or (sheet.about and not _is_named(sheet.about, key)):
            left_out.append(f"{sheet.title or 'table'} from line {sheet.line} on")
        else:
            kept.append(sheet)
    return kept, left_out


def _is_named(name: str, key: AnswerKey) -> bool:
    """Whether a name is that of the key's network, also as the name of its file."""
    own = plain(key.network.name)
    return plain(name) == own or plain(os.path.basename(name).removesuffix(".yaml")) == own


def _score(sheet: AnswerSheet, key: AnswerKey) -> Fraction:
    """How well the rows of a sheet match the layers of the key, per row.

    A row without a layer lowers the score.
    """
    rows = [row for row in sheet.rows if row.op != INPUT_ROW]
    if sheet.tool:
        found = _match_print(sheet, rows, key).answers
        return Fraction(len(found or ()), max(1, len(rows)))
    total = Fraction(0)
    matches = 0
    for row, layer in zip(rows, align(rows, key.analysis.layers), strict=True):
        matches += layer is not None
        total += likeness(row, layer) - _contradiction(row, layer.output) if layer else -ALIKE
    for row in sheet.rows:
        if row.op == INPUT_ROW:
            total -= _contradiction(row, key.network.input.dims)
    layers = sum(bool(layer.slide_activations) for layer in key.analysis.layers)
    # If two columns match equally well per row, the one that covers more layers wins.
    return total / max(1, len(rows)) + Fraction(matches, 1000 * max(1, layers))


def _contradiction(row: AnswerRow, output: Shape) -> int:
    """The penalty for a stated output that is not the output of the layer."""
    given = next((answer.given for answer in row.answers if answer.quantity == "output"), None)
    return SAME_OUTPUT if given is not None and figure_agreement(given, output) == "disagrees" else 0


def match_answers(
    sheet: AnswerSheet, key: AnswerKey, names: Mapping[str, str] = MappingProxyType({})
) -> MatchedSheet:
    """Match every answer of a sheet with its layer; ``names`` are what students call some of them."""
    rows = [row for row in sheet.rows if row.op != INPUT_ROW]
    if sheet.tool:
        return _match_print(sheet, rows, key)
    rows = in_order(rows)
    layers = align(rows, key.analysis.layers, _with_evidence(rows, key)) if rows else []
    # The rows of another network would all be wrong, so none of them is graded.
    if rows and not _is_about(rows, layers):
        return MatchedSheet(None, [])
    unread: list[UnreadLine] = []
    matched = [
        MatchedAnswer(INPUT_ROW, answer.quantity, answer)
        for row in sheet.rows
        if row.op == INPUT_ROW
        for answer in row.answers
    ]
    for row, layer in zip(rows, layers, strict=True):
        if layer is None:
            unread.append(UnreadLine(row.line, short(row.name), f"{key.network.name} has no such layer here"))
        else:
            answers = (*row.answers, *_declared(row))
            matched += [MatchedAnswer(layer.path, answer.quantity, answer) for answer in answers]
    matched += [MatchedAnswer("", answer.quantity, answer) for answer in sheet.answers if not answer.layer]
    notes: list[str] = []
    for found in RowFinder(rows_of([answer for answer in sheet.answers if answer.layer], names), key).find():
        line, name = found.row.line, short(found.row.text)
        if found.path is not None:
            matched += _of_row(found.row, found.path, key, unread)
        elif found.left_out:
            notes.append(f"line {line}: {name} is left out: {found.why}")
        else:
            unread.append(UnreadLine(line, name, found.why))
    matched.sort(key=lambda item: item.answer.line)
    return MatchedSheet([item for item in matched if not _asks_nothing(item)], unread, notes)


def _with_evidence(rows: Sequence[AnswerRow], key: AnswerKey) -> Callable[[AnswerRow, Layer], int] | None:
    """The likeness of a row and a layer, and the right figures; None if each layer of a kind has its row."""
    kinds = Counter(lecture_name(row.op) for row in rows)
    layers = Counter(lecture_name(layer.op) for layer in key.analysis.layers)
    if all(layers[kind] == count for kind, count in kinds.items()):
        return None

    def score(row: AnswerRow, layer: Layer) -> int:
        alike = likeness(row, layer)
        return alike and alike + evidence(key, key.steps[layer.path], row.answers) // FIGURE

    return score


def _of_row(row: NamedRow, path: str, key: AnswerKey, unread: list[UnreadLine]) -> Iterator[MatchedAnswer]:
    """The answers of a row at its layer, and the options that its name states."""
    pool = _pool_in(row, path, key)
    for answer in row.answers:
        place = path
        other = pool or (answer.kind if _POOL_BEHIND.search(answer.kind) else "")
        if other and answer.quantity in CHANGED_BY_POOLING:
            of = [one for one in (path, pool) if one and _is_right(answer, one, key)]
            if not of:
                why = "the row also names a pooling; it is unclear whether this is before or after "
                why += short(other)
                unread.append(
                    UnreadLine(answer.line, f"{short(row.text)}: {answer.quantity} {short(answer.text)}", why)
                )
                continue
            place = of[0]
        yield MatchedAnswer(place, answer.quantity, answer)
    stated = {answer.quantity for answer in row.answers}
    step = key.steps.get(path)
    for option, value in row.name.options.items():
        quantity = "units" if option == "filters" and step and step.op.name == "fc" else option
        if step and quantity not in stated and agrees(step, option, value) is not None:
            yield MatchedAnswer(path, quantity, _declared_answer(row.text, quantity, value, row.line))


def _pool_in(row: NamedRow, path: str, key: AnswerKey) -> str:
    """The pooling that directly follows a layer, if the row names it too; else empty."""
    if not any("pool" in kind for kind in row.name.others) or path not in key.steps:
        return ""
    behind = list(key.steps)[list(key.steps).index(path) + 1 :]
    layers = (place for place in behind if not key.steps[place].node.follower)
    following = next(layers, "")
    return following if following and "pool" in key.steps[following].op.name else ""


def _is_right(answer: Answer, path: str, key: AnswerKey) -> bool:
    given = answer.given
    return given is not None and any(
        figure_agreement(given, right) != "disagrees"
        for right in key.rights(path, in_unit(answer.quantity, answer.unit))
    )


def _match_print(sheet: AnswerSheet, rows: Sequence[AnswerRow], key: AnswerKey) -> MatchedSheet:
    """Match what a tool printed with the layers of the key."""
    from archcalc.classroom.pairing import Pairing, may_be_left_out
    from archcalc.classroom.tool_rules import FOLDS_NORM

    accepted = AcceptedFigures(key, BiasCounting(True, True), sheet.tool)
    pairing = Pairing(rows, accepted, key.analysis.layers)
    layers = pairing.pairs(is_ordered=sheet.is_ordered)
    matched = [
        MatchedAnswer(INPUT_ROW, answer.quantity, answer)
        for row in sheet.rows
        if row.op == INPUT_ROW
        for answer in row.answers
    ]
    unread: list[UnreadLine] = []
    left_out: dict[str, None] = {}
    for row, layer in zip(rows, layers, strict=True):
        if layer is not None:
            answers = (*row.answers, *_declared(row))
            matched += [MatchedAnswer(layer.path, answer.quantity, answer) for answer in answers]
        elif may_be_left_out(row):
            left_out[short(row.name)] = None
        elif row.answers or row.options:
            why = (
                f"{key.network.name} has no such layer here"
                if row.op
                else "it is unclear which layer this is"
            )
            unread.append(UnreadLine(row.line, short(row.name), why))
    if sheet.tool in FOLDS_NORM and any(layer.op == "bn" for layer in key.analysis.layers):
        why = "the tool prints the exported graph, in which batch normalization is part of the convolutions"
        unread += [
            UnreadLine(answer.line, f"total {answer.quantity} {short(answer.text)}", why)
            for answer in sheet.answers
        ]
    else:
        matched += [MatchedAnswer("", answer.quantity, answer) for answer in sheet.answers]
    weighted = [at for at, row in enumerate(rows) if row.op and not may_be_left_out(row)]
    if not _is_print_about(
        [layers[at] for at in weighted], [pairing.is_like(at, layers[at]) for at in weighted]
    ):
        return MatchedSheet(None, [])
    notes = (
        [f"{key.network.name} does without these rows of the print: {', '.join(left_out)}"]
        if left_out
        else []
    )
    return MatchedSheet(matched, unread, notes)


def _is_print_about(layers: Sequence[Layer | None], are_alike: Sequence[bool]) -> bool:
    """Whether most rows match a layer, and a third of all rows by a figure."""
    count = len(layers)
    matched = sum(layer is not None for layer in layers)
    return not count or (2 * matched > count and 3 * sum(are_alike) > count)


def _asks_nothing(matched: MatchedAnswer) -> bool:
    """Whether this is an empty field of the input that asks nothing: an input has no weights and no cost."""
    is_empty = matched.answer.given is None and not matched.answer.text
    return is_empty and matched.path == INPUT_ROW and matched.quantity not in OF_INPUT


def _is_about(rows: Sequence[AnswerRow], layers: Sequence[Layer | None]) -> bool:
    """Whether most rows match a layer, and a third of all rows by more than the kind of op."""
    scores = [likeness(row, layer) for row, layer in zip(rows, layers, strict=True) if layer is not None]
    return 2 * len(scores) > len(rows) and 3 * sum(score > ALIKE for score in scores) > len(rows)


def _declared(row: AnswerRow) -> Iterator[Answer]:
    """The options that a row states about its layer, as answers."""
    for name, value in row.options.items():
        if name in DECLARED:
            yield _declared_answer(row.name, name, value, row.line)


def _declared_answer(layer: str, quantity: str, value: Any, line: int) -> Answer:
    given: Figure | Shape
    given = tuple(value) if isinstance(value, tuple) else Figure(Fraction(value))
    text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return Answer(layer, quantity, text, line, given)
