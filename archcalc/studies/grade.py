"""A submission held against a network, figure by figure; an error carried forward costs points once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine.walk import Step as Walked
from archcalc.errors import ArchcalcError
from archcalc.ops.base import Volume
from archcalc.printed import Figure, Judgement, Shape, judge_figure
from archcalc.results import Layer
from archcalc.results.grade import RIGHT, Cell, Diagnosis, Grade, Verdict
from archcalc.sheet import DECLARED, Answer, Row, Rubric, Sheet
from archcalc.studies.align import ALIKE, align, likeness
from archcalc.studies.key import INPUT_ROW, Key
from archcalc.studies.working import BYTES_OF, LAYER_QUANTITIES, Impossible, Part, Working, output_of

SLIPS = {
    "arithmetic-slip": "What stands before the equals sign is right, but it comes to something else.",
    "arithmetic-differs": "What stands before the equals sign comes to something else than what stands behind it.",
    "wrong-unit": "The number is right, but not its unit.",
    "rounded": "The figure is right as far as it is printed; asked for is every digit.",
}
"""What can be wrong with a figure besides the way to it."""

VERDICTS: Mapping[Judgement, Verdict] = {
    "exact": "right",
    "rounded": "rounded",
    "truncated": "truncated",
    "disagrees": "wrong",
}


MOST_LINES = 5
"""Lines of several answers to one question that are told."""


class Placed(NamedTuple):
    """An answer and the layer of the key that it is about (empty: the whole network)."""

    path: str
    quantity: str
    answer: Answer


def grade(
    sheets: Sequence[Sheet], key: Key, rubric: Rubric | None = None, *, exact: bool = False, biases: bool | None = None
) -> Grade:
    """Grade a submission. ``exact``: a rounded figure is wrong. ``biases``: whether params count them.

    Unless it is given, what a sheet says of biases holds for its layers; else lecture notation may do either, as it
    may in its totals. Tables in lecture notation that are of another network are left out with a note.
    """
    cells: list[Cell] = []
    unread: list[tuple[int, str, str]] = []
    notes: list[str] = []
    for sheet in sheets:
        placed = _placed(sheet, key, unread, notes)
        if placed is None:
            continue
        counted = _Biases(biases, biases)
        if biases is None:
            either = None if sheet.rows else sheet.biases
            counted = _Biases(either if sheet.biases else False, either)
        if not sheet.biases and counted.layers is False:
            notes.append(f"params of layers are weights: the table from line {sheet.line} on does not count biases")
        cells += _Grader(key, placed, rubric or Rubric(), exact, counted).cells()
        unread += [(one.line, one.text, one.why) for one in sheet.unread]
        notes += [f"line {one.line}: {one.why}" for one in sheet.repairs]
    cells = _once(cells, notes)
    cells += _missing(cells, key, rubric) if rubric else []
    unread = list(dict.fromkeys(unread))
    return _scaled(Grade(sheets[0].name, key.network.name, tuple(cells), tuple(unread), tuple(notes)), rubric)


def _once(cells: Sequence[Cell], notes: list[str]) -> list[Cell]:
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
        if len(answered) > 1:
            lines = ", ".join(str(cells[place].line) for place in answered[:MOST_LINES])
            more = ", ..." if len(answered) > MOST_LINES else ""
            notes.append(f"{name} is answered {len(answered)} times (lines {lines}{more}): the worst answer counts")
    return once


class _Biases(NamedTuple):
    """Whether params count biases; None: either way."""

    layers: bool | None
    total: bool | None


# --- which layer an answer is about -------------------------------------------------------------------


def _placed(sheet: Sheet, key: Key, unread: list[tuple[int, str, str]], notes: list[str]) -> list[Placed] | None:
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
            unread.append((row.line, row.name, f"{key.network.name} has no such layer here"))
        else:
            placed += [Placed(layer.path, answer.quantity, answer) for answer in (*row.answers, *_declared(row))]
    for answer in sheet.answers:
        try:
            placed.append(Placed(key.find(answer.layer) if answer.layer else "", answer.quantity, answer))
        except ArchcalcError as error:
            unread.append((answer.line, answer.layer, str(error)))
    return placed


def _about(rows: Sequence[Row], layers: Sequence[Layer | None]) -> bool:
    """Whether most rows found a layer, and some of them by more than its kind."""
    met = [likeness(row, layer) for row, layer in zip(rows, layers, strict=True) if layer is not None]
    return 2 * len(met) > len(rows) and 3 * sum(one > ALIKE for one in met) > len(rows)


def _declared(row: Row) -> Iterable[Answer]:
    """What a row says of its layer, as answers."""
    for name, value in row.options.items():
        if name in DECLARED:
            given: Figure | Shape
            given = tuple(value) if isinstance(value, tuple) else Figure(Fraction(value), (Fraction(1),))
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield Answer(row.name, name, text, row.line, given)


# --- the verdict of every answer ----------------------------------------------------------------------


class _Grader:
    """The answers of one sheet, in the world as the student sees it."""

    def __init__(self, key: Key, placed: Sequence[Placed], rubric: Rubric, exact: bool, biases: _Biases) -> None:
        self.key = key
        self.placed = placed
        self.rubric = rubric
        self.exact = exact
        self.biases = biases
        self.written = {(one.path, one.quantity): one.answer for one in placed}
        self.volumes = self._student_volumes()
        self.suspects: set[str] = set()

    def _derived(self, path: str, quantity: str) -> str:
        """What a derivation is of: params that do not count biases are weights."""
        counted = self.biases.layers if path else self.biases.total
        return "weights" if quantity == "params" and counted is not True else quantity

    def _rights(self, path: str, quantity: str) -> Sequence[Any]:
        return self.key.rights(path, quantity, self.biases.layers if path else self.biases.total)

    def cells(self) -> list[Cell]:
        return [self._cell(one) for one in self.placed]

    def _student_volumes(self) -> dict[int, Volume]:
        """The output of every layer as the student has it: as written, else as it follows from what is written."""
        written = self._written_outputs()
        found = {0: _written_volume(written.get(0), self.key.network.input)}
        numbers = {step.number: step for step in self.key.steps.values()}
        for number, step in numbers.items():
            xs = tuple(found[source] for source in step.node.inputs)
            x = xs if step.node.op.many else xs[0]
            try:
                follows = step.y if x == step.x else output_of(step.node.op, x)
            except (Impossible, ValueError):
                follows = step.y
            found[number] = _written_volume(written.get(number), follows)
        return found

    def _written_outputs(self) -> dict[int, Answer]:
        """The outputs that are written, by the number of the step; a layer's own comes before that of its scope."""
        found: dict[int, Answer] = {}
        for (path, quantity), answer in self.written.items():
            step = self.key.last(path)
            number = 0 if path == INPUT_ROW else step.number if step else None
            if quantity == "output" and number is not None and (number not in found or path in self.key.steps):
                found[number] = answer
        return found

    def _cell(self, placed: Placed) -> Cell:
        path, quantity, answer = placed
        asked = _in_unit(quantity, answer.unit)
        rights = self._rights(path, asked)
        verdict, diagnosis = self._verdict(path, asked, answer, rights)
        worth = self.rubric.worth(path, quantity)
        share = self.rubric.share(verdict, [one.mistake for one in diagnosis])
        steps = self.key.derivation(path, self._derived(path, asked)) if verdict == "wrong" else ()
        expected = rights[0] if rights else None
        return Cell(path, quantity, answer.line, answer.text, expected, verdict, share * worth, worth, diagnosis, steps)

    def _verdict(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        if given is None:
            return ("unreadable" if answer.text else "missing"), ()
        best = _best(given, rights)
        if best == "wrong":
            return self._wrong(path, quantity, answer, rights)
        if _other_unit(quantity, answer.unit):
            return "wrong", (_slip("wrong-unit"),)
        if self.exact and best != "right":
            return "wrong", (_slip("rounded"),)
        differs = answer.worked is not None and _best(Figure(answer.worked, (Fraction(1),)), rights) != "right"
        return best, ((_slip("arithmetic-differs"),) if differs and quantity not in BYTES_OF else ())

    def _wrong(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        assert given is not None
        if self._carried(path, quantity, given):
            return "carried", ()
        if answer.worked is not None and _best(Figure(answer.worked, (Fraction(1),)), rights) == "right":
            return "wrong", (_slip("arithmetic-slip"),)
        search = self.key.search(path, quantity)
        found = search.explain(given, self.suspects) if search else []
        if len(found) == 1:
            self.suspects.update(mistake.id for mistake in found[0].mistakes)
        diagnosis = tuple(Diagnosis(wrong.id, " ".join(wrong.says)) for wrong in found)
        differs = answer.worked is not None and judge_figure(given, answer.worked) == "disagrees"
        return "wrong", (*diagnosis, _slip("arithmetic-differs")) if differs else diagnosis

    # --- errors carried forward ---------------------------------------------------------------------

    def _carried(self, path: str, quantity: str, given: Figure | Shape) -> bool:
        """Whether a figure follows from what the student has before it."""
        ways = self._carried_totals(quantity) if not path else self._carried_figures(path, quantity)
        return any(judge_figure(given, result) != "disagrees" for result in ways)

    def _carried_figures(self, path: str, quantity: str) -> Iterable[Any]:
        if quantity not in LAYER_QUANTITIES:
            return
        for way in self.key.ways(path, quantity):
            for as_written in (False,) if quantity == "output" else (False, True):
                parts = [self._student_part(step, as_written) for step in way]
                if all(part.x == step.x and part.y in (None, step.y) for part, step in zip(parts, way, strict=True)):
                    continue
                try:
                    yield Working(quantity, tuple(parts), 0, self.key.batch, self.key.value_bytes).result()
                except (Impossible, ValueError):
                    continue

    def _student_part(self, step: Walked, as_written: bool) -> Part:
        """A layer on the input that the student has; ``as_written``: with the output that the student has, too."""
        xs = tuple(self.volumes[source] for source in step.node.inputs)
        return Part(step.node.op, xs if step.node.op.many else xs[0], self.volumes[step.number] if as_written else None)

    def _carried_totals(self, quantity: str) -> Iterable[Any]:
        """The sums of the student's own figures, the key's where there is none; and bytes of the student's values."""
        counted = BYTES_OF.get(quantity, quantity)
        if quantity in BYTES_OF and isinstance(total := self._number("", counted), Fraction):
            yield self.key.value_bytes * total
        rows = {one.path: one.answer for one in self.placed if one.path and one.quantity == counted}
        if not any(self._is_wrong(path, counted, answer) for path, answer in rows.items()):
            return
        right = self._rights("", counted)
        if not right or isinstance(right[0], tuple):
            return
        own = Fraction(right[0])
        for path, answer in rows.items():
            value = self._number(path, counted)
            rights = self._rights(path, counted)
            if value is not None and rights and self._is_wrong(path, counted, answer):
                own += value - rights[0]
        yield own * (self.key.value_bytes if quantity in BYTES_OF else 1)

    def _is_wrong(self, path: str, quantity: str, answer: Answer) -> bool:
        return answer.given is not None and _best(answer.given, self._rights(path, quantity)) == "wrong"

    def _number(self, path: str, quantity: str) -> Fraction | None:
        answer = self.written.get((path, quantity))
        return answer.given.value if answer and isinstance(answer.given, Figure) else None


def _written_volume(answer: Answer | None, otherwise: Volume) -> Volume:
    """The volume of an answer; the other one where it says the same, or is none."""
    given = answer.given if answer else None
    if isinstance(given, Figure) or given is None or judge_figure(given, otherwise.dims) != "disagrees":
        return otherwise
    if len(given) != otherwise.rank + 1 or min(given) < 1 or max(given) > 10**9:
        return otherwise
    return Volume(given[:-1], given[-1])


def _best(given: Figure | Shape, rights: Sequence[Any]) -> Verdict:
    """The best verdict among several right figures."""
    found = [VERDICTS[judge_figure(given, right)] for right in rights]
    return min(found, key=(*RIGHT, "wrong").index, default="wrong")


def _slip(name: str) -> Diagnosis:
    return Diagnosis(name, SLIPS[name])


def _in_unit(quantity: str, unit: str) -> str:
    """What is asked, where the unit says that it is answered in bytes: memory may be told in either."""
    if unit == "bytes":
        return next((name for name, counted in BYTES_OF.items() if counted == quantity), quantity)
    return quantity


UNITS = {"macs": ("macs", "ops"), "flops": ("flops", "ops"), "output": ()}
"""The units that a quantity may be written with, where others would be another quantity."""


def _other_unit(quantity: str, unit: str) -> bool:
    """Whether a unit is that of another quantity.

    >>> _other_unit("macs", "flops"), _other_unit("params", "params"), _other_unit("params", "bytes")
    (True, False, True)
    """
    if not unit or quantity in BYTES_OF:
        return unit not in ("", "bytes")
    return unit not in UNITS.get(quantity, (quantity, "params", "weights", "values", "neurons", "units"))


# --- what is missing, and points ----------------------------------------------------------------------


def _missing(cells: Sequence[Cell], key: Key, rubric: Rubric) -> list[Cell]:
    """What the rubric asks and nobody answered."""
    answered = {(cell.layer, cell.quantity) for cell in cells}
    layers = rubric.layers or [layer.path for layer in key.analysis.layers if layer.slide_activations]
    asked = [(layer, quantity) for layer in layers for quantity in rubric.asked]
    asked += [("", quantity) for quantity in rubric.totals] + list(rubric.cells)
    return [
        Cell(layer, quantity, 0, "", rights[0], "missing", Fraction(0), rubric.worth(layer, quantity))
        for layer, quantity in dict.fromkeys(asked)
        if (layer, quantity) not in answered and (rights := key.rights(layer, quantity))
    ]


def resolved(rubric: Rubric, key: Key) -> Rubric:
    """A rubric with the key's own names of layers. Raises ArchcalcError for one that the key has not."""
    cells = {(key.find(layer) if layer else "", quantity): worth for (layer, quantity), worth in rubric.cells.items()}
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
        cell._replace(points=cell.points * factor, max_points=cell.max_points * factor) for cell in graded.cells
    )
    return graded._replace(cells=cells)
