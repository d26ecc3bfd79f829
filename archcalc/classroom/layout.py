"""The order of the sizes in volumes: height, width and channels, or channels first as in PyTorch.

The order is found out for a whole file, because one volume alone may be a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.key_names import INPUT_ROW
from archcalc.classroom.match import MatchedAnswer
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet
from archcalc.language.printed import Figure, Shape

Layout: TypeAlias = Literal["hwc", "chw"]
LAYOUTS: tuple[Layout, ...] = ("hwc", "chw")

FEWEST = 2
"""Volumes that tell the order of all, if the network has so many."""

IMAGE_CHANNELS = (1, 3)
_OF_TORCH = re.compile(r"\[\s*-1\s*,|torch\.Size", re.IGNORECASE)
"""How PyTorch and its tools print a volume, which is always channels first."""


def in_standard_order(
    answers: Sequence[MatchedAnswer], key: AnswerKey, layout: Layout | None, is_whole: bool = True
) -> tuple[list[MatchedAnswer], list[str]]:
    """The answers with all volumes in the order height, width, channels, and a note if they had another one.

    ``layout`` states the order; None finds it out. ``is_whole`` says that there are no unread lines, which
    may hold other volumes.
    """
    single = _without_batch(answers, key)
    if not (layout == "chw" or (layout is None and _is_channels_first(single, key, is_whole))):
        return single, []
    turned = [item._replace(answer=_turned(item.answer, _right(item, key))) for item in single]
    examples = (old.answer.text for old, new in zip(single, turned, strict=True) if old != new)
    example = next(examples, "")
    note = f"volumes are channels first ({example}), and are compared in this order"
    return turned, [note] if example else []


def rows_in_standard_order(sheet: AnswerSheet, layout: Layout | None) -> AnswerSheet:
    """A table without a key: its input tells the order, for an image has one or three channels."""
    if not (layout == "chw" or (layout is None and _starts_with_channels(sheet.rows))):
        return sheet
    rows = tuple(
        row._replace(answers=tuple(_turned(answer, ()) for answer in row.answers)) for row in sheet.rows
    )
    return sheet._replace(rows=rows)


def _starts_with_channels(rows: Sequence[AnswerRow]) -> bool:
    given = next((answer.given for row in rows[:1] for answer in row.answers), None)
    if given is None or isinstance(given, Figure) or len(given) != 3 or rows[0].op != INPUT_ROW:
        return False
    return given[0] in IMAGE_CHANNELS and given[-1] not in IMAGE_CHANNELS and given[1] not in IMAGE_CHANNELS


def _is_channels_first(answers: Sequence[MatchedAnswer], key: AnswerKey, is_whole: bool) -> bool:
    exact, by_channels = {"chw": 0, "hwc": 0}, {"chw": 0, "hwc": 0}
    of_torch, maps = False, 0
    for item in answers:
        given, right = item.answer.given, _right(item, key)
        if isinstance(given, Figure) or given is None or len(right) < 2 or len(given) != len(right):
            continue
        maps += 1
        is_first, is_last = given == (right[-1], *right[:-1]), given == right
        of_torch = of_torch or bool(_OF_TORCH.search(item.answer.text))
        if is_first != is_last:
            exact["chw" if is_first else "hwc"] += 1
        elif (given[0] == right[-1]) != (given[-1] == right[-1]):
            by_channels["chw" if given[0] == right[-1] else "hwc"] += 1
    layers = sum(bool(step.y.spatial) for step in key.steps.values() if not step.node.follower)
    # One volume alone may be a mistake, if others could be written.
    if is_whole and maps < min(FEWEST, layers) and not of_torch:
        return False
    # A wrong volume may look like any order, so it counts only if too few right ones decide.
    if exact["chw"] < FEWEST and not exact["hwc"]:
        exact = {order: exact[order] + by_channels[order] for order in exact}
    return bool(exact["chw"]) and not exact["hwc"]


def _without_batch(answers: Sequence[MatchedAnswer], key: AnswerKey) -> list[MatchedAnswer]:
    """The answers without the batch in front of their volumes: all of them have the same one."""
    batches = {
        given[0]
        for item in answers
        if (given := _volume(item.answer)) and len(given) == len(_right(item, key)) + 1 > 2
    }
    if len(batches) != 1:
        return list(answers)
    return [
        item._replace(answer=item.answer._replace(given=given[1:]))
        if (given := _volume(item.answer))
        and given[0] in batches
        and len(given) == len(_right(item, key)) + 1
        else item
        for item in answers
    ]


def _right(item: MatchedAnswer, key: AnswerKey) -> Shape:
    """The right volume of an answer; empty for another quantity."""
    rights = key.rights(item.path, item.quantity) if item.quantity == "output" else []
    return rights[0] if rights and isinstance(rights[0], tuple) else ()


def _volume(answer: Answer) -> Shape | None:
    given = answer.given
    return None if isinstance(given, Figure) or answer.quantity != "output" else given


def _turned(answer: Answer, right: Shape) -> Answer:
    """The answer with its channels last; a vector stays as it is."""
    given = _volume(answer)
    is_map = given is not None and (len(given) == len(right) > 1 if right else len(given) > 2)
    return answer._replace(given=(*given[1:], given[0])) if given and is_map else answer
