"""Commas that may separate thousands or decimals: ``105,415 Mio.`` is 105.415 million in a German file.

In front of a unit such as million both readings are possible; only the right figure tells which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from archcalc.classroom.match import MatchedAnswer
from archcalc.classroom.read.number import answer as read_answer
from archcalc.classroom.submission import Answer
from archcalc.language.printed import Figure

_EITHER = re.compile(r"([~≈]?\s*[1-9][0-9]{0,2}),([0-9]{3}\s*[^\W\d_].*)")
"""Three digits behind the comma, and a unit behind these."""


def with_decimal_commas(
    answers: Sequence[MatchedAnswer], is_right: Callable[[MatchedAnswer], bool]
) -> tuple[list[MatchedAnswer], list[str]]:
    """The answers, those with a decimal comma read with it, and a note if there are any.

    If one figure is right with a decimal comma only, the other figures of the sheet have it too, unless they
    are right without it.
    """
    others = {place: other for place, item in enumerate(answers) if (other := _with_decimals(item))}
    unsure = {place: other for place, other in others.items() if not is_right(answers[place])}
    example = next((other.answer.text for other in unsure.values() if is_right(other)), "")
    if not example:
        return list(answers), []
    note = f"commas in front of a unit are decimal commas ({example})"
    return [unsure.get(place, item) for place, item in enumerate(answers)], [note]


def _with_decimals(item: MatchedAnswer) -> MatchedAnswer | None:
    """An answer with its comma read as a decimal comma; None if its comma can only be one of the two."""
    given: Answer = item.answer
    match = _EITHER.fullmatch(given.text)
    if match is None or not isinstance(given.given, Figure) or given.given.unit == 1:
        return None
    other = read_answer(given.layer, given.quantity, f"{match[1]}.{match[2]}", given.line)
    if not isinstance(other.given, Figure):
        return None
    return item._replace(answer=given._replace(given=other.given, unit=other.unit))
