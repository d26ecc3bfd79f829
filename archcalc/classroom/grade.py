"""A submission held against a network, figure by figure; an error carried forward costs points once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from archcalc.classroom.align import ALIKE, SAME_OUTPUT, align, likeness
from archcalc.classroom.answer_key import INPUT_ROW, OF_INPUT, Key
from archcalc.classroom.submission import DECLARED, Answer, AnswerRow, AnswerSheet, Rubric
from archcalc.classroom.verdicts import Biases, Grader, Placed
from archcalc.errors import ArchcalcError, short
from archcalc.language.printed import Figure, Shape, figure_agreement
from archcalc.results import Layer
from archcalc.results.grade import Grade, GradedCell

MOST_LINES = 5
"""Lines of several answers to one question that are told."""


def grade(
    sheets: Sequence[AnswerSheet],
    key: Key,
    rubric: Rubric | None = None,
    *,
    exact: bool = False,
    biases: bool | None = None,
) -> Grade:
    """Grade a submission. ``exact``: a rounded figure is wrong. ``biases``: whether params count them.

    Unless it is given, what a sheet says of biases holds for its layers; else lecture notation may do either, as it
    may in its totals. Tables in lecture notation that are of another network are left out with a note.
    """
    cells: list[GradedCell] = []
    unread: list[tuple[int, str, str]] = []
    notes: list[str] = []
    for sheet in _like_the_key(sheets, key, notes):
        placed = _placed(sheet, key, unread, notes)
        if placed is None:
            continue
        counted = Biases(biases, biases)
        if biases is None:
            either = None if sheet.rows else sheet.biases
            counted = Biases(either if sheet.biases else False, either)
        if not sheet.biases and counted.layers is False:
            notes.append(
                f"params of layers are weights: the table from line {sheet.line} on does not count biases"
            )
        cells += Grader(key, placed, rubric or Rubric(), exact, counted).cells()
        unread += sheet.unread
        notes += [f"line {one.line}: {one.why}" for one in sheet.repairs]
    cells = _once(cells, notes)
    cells += _missing(cells, key, rubric) if rubric else []
    unread = list(dict.fromkeys(unread))
    return _scaled(Grade(sheets[0].name, key.network.name, tuple(cells), tuple(unread), tuple(notes)), rubric)


def _once(cells: Sequence[GradedCell], notes: list[str]) -> list[GradedCell]:
    """Every question worth its points once: of several answers the one that is worth least counts, and that is told."""
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        if cell.max_points:
            places.setdefault(cell.name, []).append(place)
    once = list(cells)
    for name, several in places.items():
        if len(several) == 1:
            continue
        answered = [place for place in several if cells[place].verdict != "missing"]
        counts = min(answered or several, key=lambda place: cells[place].points)
        for place in several:
            if place != counts:
                once[place] = cells[place]._replace(points=Fraction(0), max_points=Fraction(0))
        if len({(cells[place].verdict, cells[place].given) for place in answered}) > 1:
            lines = ", ".join(str(cells[place].line) for place in answered[:MOST_LINES])
            more = ", ..." if len(answered) > MOST_LINES else ""
            notes.append(
                f"{name} is answered {len(answered)} times (lines {lines}{more}): the worst answer counts"
            )
    return once


# --- which layer an answer is about -------------------------------------------------------------------


LIKE_ENOUGH = Fraction(3, 4)
"""A table that is less like the key than this share of the one that is most like it is of another network."""


def _like_the_key(sheets: Sequence[AnswerSheet], key: Key, notes: list[str]) -> list[AnswerSheet]:
    """The sheets that are about the key's network: of a file with many tables those most like it.

    Of several columns of one table it is one.
    """
    scores = {place: _score(sheet, key) for place, sheet in enumerate(sheets) if sheet.rows}
    most = max((*scores.values(), Fraction(0)))  # of tables that are all unlike it, none is left out here
    columns: dict[int, int] = {}
    for place, score in scores.items():
        line = sheets[place].line
        if sheets[place].title and (line not in columns or score > scores[columns[line]]):
            columns[line] = place
    kept, left = [], []
    for place, sheet in enumerate(sheets):
        beaten = sheet.title and columns.get(sheet.line, place) != place
        if place in scores and (beaten or (most and scores[place] < LIKE_ENOUGH * most)):
            left.append(f"{sheet.title or 'table'} from line {sheet.line} on")
        else:
            kept.append(sheet)
    if left:
        notes.append(f"left out, as another table is more like {key.network.name}: {', '.join(left)}")
    return kept


def _score(sheet: AnswerSheet, key: Key) -> Fraction:
    """What speaks for a sheet's rows being the key's layers, for each row; one that is left over speaks against it."""
    rows = [row for row in sheet.rows if row.op != INPUT_ROW]
    said = Fraction(0)
    met = 0
    for row, layer in zip(rows, align(rows, key.analysis.layers), strict=True):
        met += layer is not None
        said += likeness(row, layer) - _contradicts(row, layer.output) if layer else -ALIKE
    for row in sheet.rows:
        if row.op == INPUT_ROW:
            said -= _contradicts(row, key.network.input.dims)
    own = sum(bool(layer.slide_activations) for layer in key.analysis.layers)
    # Of two columns that fit as far as they go, the one that leaves fewer layers over comes first.
    return said / max(1, len(rows)) + Fraction(met, 1000 * max(1, own))


def _contradicts(row: AnswerRow, output: Shape) -> int:
    """What a volume that a row states and that is not the layer's speaks against it."""
    given = next((answer.given for answer in row.answers if answer.quantity == "output"), None)
    return SAME_OUTPUT if given is not None and figure_agreement(given, output) == "disagrees" else 0


def _placed(
    sheet: AnswerSheet, key: Key, unread: list[tuple[int, str, str]], notes: list[str]
) -> list[Placed] | None:
    """Every answer at its layer; None for a table of another network."""
    placed: list[Placed] = []
    rows = [row for row in sheet.rows if row.op != INPUT_ROW]
    for row in sheet.rows:
        if row.op == INPUT_ROW:
            placed += [Placed(INPUT_ROW, answer.quantity, answer) for answer in row.answers]
    layers = align(rows, key.analysis.layers)
    if rows and not _about(rows, layers):
        title = f" {sheet.title}" if sheet.title else ""
        notes.append(f"the table{title} from line {sheet.line} on is of another network: it is left out")
        return None
    for row, layer in zip(rows, layers, strict=True):
        if layer is None:
            unread.append((row.line, short(row.name), f"{key.network.name} has no such layer here"))
        else:
            placed += [
                Placed(layer.path, answer.quantity, answer) for answer in (*row.answers, *_declared(row))
            ]
    for answer in sheet.answers:
        try:
            placed.append(Placed(key.find(answer.layer) if answer.layer else "", answer.quantity, answer))
        except ArchcalcError as error:
            unread.append((answer.line, short(answer.layer), str(error)))
    return [one for one in placed if not _nothing_of_input(one)]


def _nothing_of_input(placed: Placed) -> bool:
    """Whether a field of the input's row is empty that can only be: it has no weights and costs nothing."""
    empty = placed.answer.given is None and not placed.answer.text
    return empty and placed.path == INPUT_ROW and placed.quantity not in OF_INPUT


def _about(rows: Sequence[AnswerRow], layers: Sequence[Layer | None]) -> bool:
    """Whether most rows found a layer, and some of them by more than its kind."""
    met = [likeness(row, layer) for row, layer in zip(rows, layers, strict=True) if layer is not None]
    return 2 * len(met) > len(rows) and 3 * sum(one > ALIKE for one in met) > len(rows)


def _declared(row: AnswerRow) -> Iterable[Answer]:
    """What a row says of its layer, as answers."""
    for name, value in row.options.items():
        if name in DECLARED:
            given: Figure | Shape
            given = tuple(value) if isinstance(value, tuple) else Figure(Fraction(value))
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield Answer(row.name, name, text, row.line, given)


# --- what is missing, and points ----------------------------------------------------------------------


def _missing(cells: Sequence[GradedCell], key: Key, rubric: Rubric) -> list[GradedCell]:
    """What the rubric asks and nobody answered."""
    answered = {(cell.layer, cell.quantity) for cell in cells}
    layers = rubric.layers or [layer.path for layer in key.analysis.layers if layer.slide_activations]
    asked = [(layer, quantity) for layer in layers for quantity in rubric.asked]
    asked += [("", quantity) for quantity in rubric.totals] + list(rubric.cells)
    return [
        GradedCell(layer, quantity, 0, "", rights[0], "missing", Fraction(0), rubric.worth(layer, quantity))
        for layer, quantity in dict.fromkeys(asked)
        if (layer, quantity) not in answered and (rights := key.rights(layer, quantity))
    ]


def resolved(rubric: Rubric, key: Key) -> Rubric:
    """A rubric with the key's own names of layers. Raises ArchcalcError for one that the key has not."""
    cells = {
        (key.find(layer) if layer else "", quantity): worth
        for (layer, quantity), worth in rubric.cells.items()
    }
    return rubric._replace(cells=cells, layers=tuple(map(key.find, rubric.layers)))


def joined(grades: Sequence[Grade]) -> Grade:
    """Several tables of one submission as one grade."""
    keys = dict.fromkeys(grade.key for grade in grades if grade.key)
    return Grade(
        grades[0].name,
        ", ".join(keys),
        tuple(cell for grade in grades for cell in grade.cells),
        tuple(sorted({line for grade in grades for line in grade.unread})),
        tuple(dict.fromkeys(note for grade in grades for note in grade.notes)),
        workings=tuple(dict.fromkeys(note for grade in grades for note in grade.workings)),
    )


def _scaled(graded: Grade, rubric: Rubric | None) -> Grade:
    """The grade with its points scaled to what the rubric makes of everything right."""
    if rubric is None or rubric.scale is None or not graded.max_score:
        return graded
    factor = rubric.scale / graded.max_score
    cells = tuple(
        cell._replace(points=cell.points * factor, max_points=cell.max_points * factor)
        for cell in graded.cells
    )
    return graded._replace(cells=cells)
