"""Right submissions in all forms, each spoiled in one place: no other figure may be marked wrong.

``python -m classroom.campaign 10000 14`` (in tests/) prints how many of them were read, and how.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from helpers.forms import FORMS, Row, rows_of
from helpers.grading import grade_with

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.results.grade import Grade

NETWORKS = ("alexnet", "vgg16", "lenet5-lecture")
OWN = 40
"""Networks that are drawn, as students make them up."""


class Spoiled(NamedTuple):
    """A submission with one spoiled place: the question whose figure is wrong, or the change of its text."""

    spec: str
    form: str
    text: str
    question: tuple[str, str] | None
    change: str


@cache
def own_network(number: int) -> str:
    """The spec of a drawn network: convolutions and pools, and then fully connected layers."""
    draw = random.Random(f"network {number}")
    side, channels = draw.choice((24, 28, 32, 48, 60)), draw.choice((1, 3))
    lines = [
        f"name: own{number}",
        f"input: [{side}, 32, {channels}]",
        "layers:",
    ]
    for at in range(1, draw.randint(2, 5)):
        kernel = draw.choice((1, 3, 5))
        lines.append(
            f"  - {{conv: {draw.randint(2, 40)}, kernel: {kernel}, pad: {kernel // 2}, "
            f"then: relu, name: conv{at}}}"
        )
        if at < 3 and draw.random() < 0.7:
            lines.append(f"  - {{maxpool: 2, stride: 2, name: pool{at}}}")
    for at in range(1, draw.randint(2, 4)):
        lines.append(f"  - {{fc: {draw.randint(5, 120)}, name: fc{at}}}")
    return "\n".join(lines) + "\n"


@cache
def rows(spec: str) -> list[Row]:
    return rows_of(parse(Source("own.yaml", spec)).bind() if "\n" in spec else archcalc.load(spec))


# --- one spoiled figure -----------------------------------------------------------------------------------


def spoiled_figure(draw: random.Random, row: Row, quantity: str) -> Row:
    """The row with another figure: a digit more, less or exchanged, a bias forgotten, a side changed."""
    if quantity == "output":
        sizes = list(row.output)
        sizes[draw.randrange(len(sizes))] += draw.choice((1, 2, -1, 7))
        return row._replace(output=tuple(max(1, size) for size in sizes))
    right = getattr(row, quantity)
    wrong = draw.choice((right + 1, right + row.width, 2 * right + 3, right * 10 + 1, right // 2 + 5))
    return row._replace(**{quantity: wrong})


# --- one spoiled detail of the text -----------------------------------------------------------------------


def _line(draw: random.Random, text: str, change: Callable[[str], str]) -> str:
    lines = text.split("\n")
    place = draw.randrange(len(lines))
    lines[place] = change(lines[place])
    return "\n".join(lines)


def _without_a_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def _twice(draw: random.Random, text: str) -> str:
    return _line(draw, text, lambda line: f"{line}\n{line}")


def _swapped(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    place = draw.randrange(max(1, len(lines) - 1))
    lines[place : place + 2] = lines[place : place + 2][::-1]
    return "\n".join(lines)


def _without_a_sign(draw: random.Random, text: str) -> str:
    signs = [place for place, sign in enumerate(text) if not sign.isalnum() and sign not in ".,'’ \u00a0\n"]
    if not signs:
        return text
    place = draw.choice(signs)
    return text[:place] + text[place + 1 :]


CHANGES: dict[str, Callable[[random.Random, str], str]] = {
    "a line is missing": _without_a_line,
    "a line stands twice": _twice,
    "two lines are exchanged": _swapped,
    "a sign is missing": _without_a_sign,
    "an empty line": lambda draw, text: _line(draw, text, lambda line: f"\n{line}"),
    "a sentence": lambda draw, text: _line(draw, text, lambda line: f"{line}\nHere I was not sure at all."),
    "spaces behind a line": lambda draw, text: _line(draw, text, lambda line: f"{line}   "),
    "small letters": lambda draw, text: _line(draw, text, str.lower),
    "capitals": lambda draw, text: _line(draw, text, str.upper),
    "ends of lines of Windows": lambda draw, text: text.replace("\n", "\r\n"),
    "a name above": lambda draw, text: f"Ada Lovelace, homework 3\n\n{text}",
    "a comma for a blank": lambda draw, text: _line(draw, text, lambda line: line.replace("  ", " ")),
}


SPOILS_MORE = {
    # without its heading, the total of the other network is no right figure
    ("two-networks", "a line is missing"),
    ("two-networks", "a sign is missing"),
    # rows without names are about the layers that their order says
    ("torchsummary-print", "two lines are exchanged"),
}
"""Changes that spoil figures: the forms say by the changed detail what they are about."""


def spoiled(number: int, seed: int) -> Spoiled:
    """The submission of a number; the same number and seed give the same one."""
    draw = random.Random(f"{seed} {number}")
    spec = draw.choice(NETWORKS) if draw.random() < 0.4 else own_network(draw.randrange(OWN))
    name = draw.choice([name for name in FORMS if name != "notebook"])
    form, right = FORMS[name], rows(spec)
    if draw.random() < 0.5:
        place, quantity = draw.randrange(len(right)), draw.choice(form.of)
        wrong = [*right]
        wrong[place] = spoiled_figure(draw, right[place], quantity)
        return Spoiled(spec, name, form.write(wrong), (right[place].name, quantity), "a figure")
    change = draw.choice(list(CHANGES))
    if (name, change) in SPOILS_MORE:
        change = "an empty line"
    return Spoiled(spec, name, CHANGES[change](draw, form.write(right)), None, change)


def graded(case: Spoiled) -> Grade | None:
    """The grade of a submission; None if it is refused as a whole."""
    try:
        return grade_with(case.text, case.spec)
    except ArchcalcError:
        return None


def accused(case: Spoiled, found: Grade) -> list[tuple[str, str, str]]:
    """The right figures that are marked wrong."""
    return [
        (cell.layer, cell.quantity, cell.given)
        for cell in found.cells
        if cell.verdict == "wrong" and cell.max_points and not _is_spoiled(case, cell.layer, cell.quantity)
    ]


def _is_spoiled(case: Spoiled, layer: str, quantity: str) -> bool:
    if case.question is None:
        return False
    name, spoiled_quantity = case.question
    # Course notes write "weights:" for params.
    return layer == name and (
        quantity == spoiled_quantity or {quantity, spoiled_quantity} == {"weights", "params"}
    )


def main(arguments: Sequence[str]) -> None:
    count, seed = int(arguments[0]), int(arguments[1])
    counts: Counter[str] = Counter()
    for number in range(count):
        case = spoiled(number, seed)
        found = graded(case)
        if found is None:
            counts["refused with a reason"] += 1
            continue
        wrong = accused(case, found)
        if wrong:
            counts["a right figure marked wrong"] += 1
            print(number, case.form, case.change, case.spec.split("\n")[0], wrong[:2])
        counts["figures"] += len(found.cells)
        counts["read, with unread lines" if found.unread else "read to the last row"] += 1
        if case.question:
            verdicts = {cell.verdict for cell in found.cells if _is_spoiled(case, cell.layer, cell.quantity)}
            counts[f"spoiled figure: {', '.join(sorted(verdicts)) or 'unread'}"] += 1
    for what, times in sorted(counts.items()):
        print(f"{times:8,}  {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
