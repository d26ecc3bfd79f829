"""Grades a submission against a network, figure by figure.

An error carried forward costs points only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from archcalc.classroom.accepted import BiasCounting
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.layout import in_standard_order
from archcalc.classroom.match import match_answers, sheets_about
from archcalc.classroom.rubric import GradingOptions, Rubric
from archcalc.classroom.submission import AnswerSheet, UnreadLine
from archcalc.classroom.verdicts import Grader
from archcalc.results.grade import RIGHT, Grade, GradedCell, Verdict

MOST_LINES = 5
"""Line numbers that a note about several answers to one question lists."""

NO_OPTIONS = GradingOptions()


def grade(sheets: Sequence[AnswerSheet], key: AnswerKey, options: GradingOptions = NO_OPTIONS) -> Grade:
    """Grade a submission. Tables in lecture notation about another network are left out, with a note."""
    cells: list[GradedCell] = []
    unread: list[UnreadLine] = []
    kept, left_out = sheets_about(sheets, key)
    notes: list[str] = []
    if left_out:
        notes.append(f"left out, because another table fits {key.network.name} better: {', '.join(left_out)}")
    names = options.rubric.names if options.rubric else {}
    sheets_matched = [match_answers(sheet, key, names) for sheet in kept]
    is_whole = not any(sheet.unread for sheet in kept) and not any(one.unread for one in sheets_matched)
    ordered, said = in_standard_order(
        [item for matched in sheets_matched for item in matched.answers or ()], key, options.layout, is_whole
    )
    notes += said
    for sheet, matched in zip(kept, sheets_matched, strict=True):
        unread += matched.unread
        if matched.answers is None:
            title = f" {sheet.title}" if sheet.title else ""
            notes.append(
                f"the table{title} from line {sheet.line} on describes another network; it is left out"
            )
            continue
        biases = _counts_biases(sheet, options.biases)
        if not sheet.biases and biases.layers is False:
            notes.append(
                f"the table from line {sheet.line} on does not count biases: its params of layers are weights"
            )
        answers, ordered = ordered[: len(matched.answers)], ordered[len(matched.answers) :]
        grader = Grader(key, answers, options, biases, sheet.tool)
        cells += grader.cells()
        unread += sheet.unread
        notes += [*matched.notes, *sheet.notes, *grader.notes()]
        notes += [f"line {repair.line}: {repair.why}" for repair in sheet.repairs]
    cells, repeated = _each_question_once(cells)
    notes += repeated
    cells += _unanswered(cells, key, options.rubric, "unread" if unread else "missing")
    graded = Grade(sheets[0].name, key.network.name, tuple(cells), tuple(dict.fromkeys(unread)), tuple(notes))
    return _scaled(graded, options.rubric)


def _counts_biases(sheet: AnswerSheet, given: bool | None) -> BiasCounting:
    """Whether the params of a sheet count biases, unless the option is ``given``.

    Lecture notation may count them or not, and its totals may differ from its rows. If a sheet says that it
    counts no biases, that holds for its layers only.
    """
    if given is not None:
        return BiasCounting(given, given)
    # Rows in lecture notation often print weights, but the total may be the known number of params.
    # A tool counts them.
    total = None if sheet.rows and not sheet.tool else sheet.biases
    return BiasCounting(total if sheet.biases else False, total)


def _each_question_once(cells: Sequence[GradedCell]) -> tuple[list[GradedCell], list[str]]:
    """Give points to one answer per question, the worst one.

    And notes about questions with different answers.
    """
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        if cell.max_points:
            places.setdefault(cell.name, []).append(place)
    graded, notes = list(cells), list[str]()
    for name, several in places.items():
        answered = [place for place in several if cells[place].verdict != "missing"]
        worst = min(answered or several, key=lambda place: cells[place].points)
        # The others are worth nothing, else a repeated row would earn its points twice.
        for place in several:
            if place != worst:
                graded[place] = cells[place]._replace(points=Fraction(0), max_points=Fraction(0))
        are_right = all(cells[place].verdict in RIGHT for place in answered)
        if len({(cells[place].verdict, cells[place].given) for place in answered}) > 1 and not are_right:
            lines = ", ".join(str(cells[place].line) for place in answered[:MOST_LINES])
            more = ", ..." if len(answered) > MOST_LINES else ""
            notes.append(
                f"{name} is answered {len(answered)} times (lines {lines}{more}): the worst answer counts"
            )
    return graded, notes


# --- missing answers, and points ------------------------------------------------------------------------


def nothing_read(name: str, key: AnswerKey, options: GradingOptions, verdict: Verdict) -> Grade:
    """The grade of a submission without a single answer: no points of what the rubric asks."""
    cells = _unanswered((), key, options.rubric, verdict)
    return _scaled(Grade(name, key.network.name, tuple(cells)), options.rubric)


def _unanswered(
    cells: Sequence[GradedCell], key: AnswerKey, rubric: Rubric | None, verdict: Verdict
) -> list[GradedCell]:
    """The questions of the rubric without an answer: missing, or perhaps in a line that was not read."""
    if rubric is None:
        return []
    answered = {(cell.layer, cell.quantity) for cell in cells}
    # Without a list the rubric asks the rows of a lecture's table, which has no row for a ReLU.
    layers = rubric.layers or [layer.path for layer in key.analysis.layers if layer.slide_activations]
    asked = [(layer, quantity) for layer in layers for quantity in rubric.asked]
    asked += [("", quantity) for quantity in rubric.totals] + list(rubric.cells)
    return [
        GradedCell(layer, quantity, 0, "", rights[0], verdict, Fraction(0), rubric.worth(layer, quantity))
        for layer, quantity in dict.fromkeys(asked)
        if (layer, quantity) not in answered and (rights := key.rights(layer, quantity))
    ]


def resolved(rubric: Rubric, key: AnswerKey) -> Rubric:
    """The rubric with the names of layers that the key uses. Raises ArchcalcError for an unknown layer."""
    cells = {
        (key.find(layer) if layer else "", quantity): worth
        for (layer, quantity), worth in rubric.cells.items()
    }
    names = {word: key.find(layer) for word, layer in rubric.names.items()}
    return rubric._replace(cells=cells, layers=tuple(map(key.find, rubric.layers)), names=names)


def joined(grades: Sequence[Grade]) -> Grade:
    """The grades of several tables of one submission as one grade."""
    keys = dict.fromkeys(grade.key for grade in grades if grade.key)
    return Grade(
        grades[0].name,
        ", ".join(keys),
        tuple(cell for grade in grades for cell in grade.cells),
        tuple(sorted({line for grade in grades for line in grade.unread})),
        tuple(dict.fromkeys(note for grade in grades for note in grade.notes)),
        assumptions=tuple(dict.fromkeys(note for grade in grades for note in grade.assumptions)),
    )


def _scaled(graded: Grade, rubric: Rubric | None) -> Grade:
    """The grade with its points scaled, so that all right answers together are worth ``rubric.scale``."""
    if rubric is None or rubric.scale is None or not graded.max_score:
        return graded
    # Fractions: three questions of 100/3 points are exactly 100.
    factor = rubric.scale / graded.max_score
    cells = tuple(
        cell._replace(points=cell.points * factor, max_points=cell.max_points * factor)
        for cell in graded.cells
    )
    return replace(graded, cells=cells)
