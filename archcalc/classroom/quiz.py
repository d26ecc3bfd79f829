"""Worksheets: which fields of a network's table become blanks, and the steps to each figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

from archcalc.classroom.calculation import made_of
from archcalc.classroom.draw import Draw
from archcalc.classroom.submission import DECLARED, quantity_of
from archcalc.classroom.vary import RANGES
from archcalc.classroom.vary import vary as varied
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.language.write import flat as flattened
from archcalc.language.write import write
from archcalc.network import Network
from archcalc.results import Analysis, Layer
from archcalc.results.explain import Derivation, DerivationStep, LayerDerivation
from archcalc.results.folding import fold, row_path
from archcalc.results.quiz import Quiz, QuizField, QuizLine, QuizStep
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import LECTURES, explain, total_steps
from archcalc.studies.explain.op import LEADS, leading

OF_LAST = tuple(quantity.key for quantity in QUANTITIES if quantity.asked and quantity.by_place)
"""Quantities of a row that belong to its last layer.

They are asked if the output has a height and a width.
"""

SHAPED = ("output", *made_of("activations"))
"""Quantities of a row that belong to the layer that made its volume."""


def quiz(
    network: Network,
    blank: Sequence[str],
    *,
    seed: int = 0,
    student: str = "",
    share: Fraction | int = 1,
    cells: int | None = None,
) -> Quiz:
    """Make a worksheet: the table of a network, in the rows of ``archcalc table``, with blanks.

    The columns are the ``blank`` quantities. ``share`` of their fields (or the number ``cells``) become
    blanks, drawn by seed and student; the other fields are given. Raises ArchcalcError for a quantity that
    cannot be asked, and for an impossible share or number.

    >>> from archcalc import load
    >>> made = quiz(load("alexnet"), ["number of parameters"], cells=2, seed=1)
    >>> [(row, field.value) for row, field in made.blanks()]
    [('conv2', 614656), ('conv3', 885120)]
    """
    quantities = asked(blank)
    analysis = analyze(_of_one_input(network), _needed(quantities))
    rows = _lines(analysis, quantities)
    fields = [field for line in rows for field in line.fields] + _totals(analysis, rows, quantities)
    places = [place for place, field in enumerate(fields) if field.value is not None]
    if not places:
        raise ArchcalcError(f"{network.name} has nothing to ask about {', '.join(quantities)}")
    names = [line.layer.path for line in rows for _ in line.fields] + [""] * len(quantities)
    steps = _StepsByRow(explain(network))
    for place in Draw("blanks", seed, student).some(places, _count(len(places), share, cells)):
        field = fields[place]
        fields[place] = field._replace(blank=True, steps=tuple(steps.of(names[place], field)))
    # All fields stood in one list, so that one draw chooses among rows and totals alike.
    width = len(quantities)
    fields_of_rows = [tuple(fields[start : start + width]) for start in range(0, width * len(rows), width)]
    return Quiz(
        network=network.name,
        title=network.title,
        input=network.input.dims,
        student=student,
        seed=seed,
        rounded=bool(analysis.assumptions),
        quantities=quantities,
        lines=tuple(
            line._replace(fields=fields_of_row)
            for line, fields_of_row in zip(rows, fields_of_rows, strict=True)
        ),
        totals=tuple(fields[-width:]),
        key=network.name,
    )


def with_spec(
    network: Network, blank: Sequence[str], *, vary: bool, seed: int, student: str, **how: Any
) -> Quiz:
    """A worksheet that carries the spec of its network, or of a similar one (``vary``).

    ``how`` are more options of ``quiz``. A drawn network has no name that ``grade --key`` could take, so the
    spec is its key.
    """
    if vary:
        network = varied(_of_one_input(network), Draw("vary", seed, student))
    made = quiz(flattened(network), blank, seed=seed, student=student, **how)
    return replace(made, key="", spec=write(network), varied=RANGES if vary else ())


def asked(words: Sequence[str]) -> tuple[str, ...]:
    """The quantities that words mean, without repetition. Raises ArchcalcError.

    >>> asked(["output volume", "params", "parameters"])
    ('output', 'params')
    """
    quantities = {quantity_of(word) or word.strip(): word.strip() for word in words if word.strip()}
    if not quantities:
        raise ArchcalcError(f"no quantity to ask (possible: {', '.join(LEADS)})")
    for quantity, word in quantities.items():
        if quantity in DECLARED:
            raise ArchcalcError(
                f"'{short(word)}' is always given in a worksheet (possible: {', '.join(LEADS)})"
            )
        if quantity not in LEADS:
            hint = did_you_mean(word, LEADS)
            hint = hint if hint.startswith("did") else f"possible: {', '.join(LEADS)}"
            raise ArchcalcError(f"'{short(word)}' cannot be asked ({hint})")
    return tuple(quantities)


def _of_one_input(network: Network) -> Network:
    """The network. Raises ArchcalcError if it has several inputs."""
    if network.further_inputs:
        raise ArchcalcError(f"{network.name} has several inputs, and a worksheet can show one only")
    return network


def _count(most: int, share: Fraction | int, cells: int | None) -> int:
    """The number of blanks. Raises ArchcalcError."""
    if cells is not None:
        if not 1 <= cells <= most:
            raise ArchcalcError(f"cannot make {cells:,} blanks: the table has {most} fields to ask")
        return cells
    if not 0 < share <= 1:
        raise ArchcalcError(
            f"the share of blanks must be above 0% and at most 100%, not {float(100 * share):g}%"
        )
    return max(1, round(share * most))


def _needed(quantities: Sequence[str]) -> set[str]:
    """The quantities that the figures of a worksheet are made from."""
    values = {BY_KEY[key].values or key for key in quantities}
    lectures = {LECTURES.get(key, key) for key in quantities}
    # The lectures' count decides which rows have values to ask.
    return {*quantities, *values, *lectures, "slide_activations"}


# --- the fields -----------------------------------------------------------------------------------------


def _lines(analysis: Analysis, quantities: Sequence[str]) -> list[QuizLine]:
    rows = {layer.path: row_path(layer.path, layer.follower) for layer in analysis.layers}
    lines: list[QuizLine] = []
    for row in fold(analysis.layers, None):
        # A worksheet shows folded rows, so a layer reads the row in which its input is hidden.
        reads = tuple(dict.fromkeys(rows.get(path, path) for path in row.inputs))
        above = lines[-1].layer.path if lines else "input"
        fields = tuple(
            QuizField(quantity, figure(row, quantity, analysis.value_bytes)) for quantity in quantities
        )
        lines.append(QuizLine(row, () if reads == (above,) else reads, fields))
    return lines


def figure(row: Layer, quantity: str, value_bytes: int = 4) -> Any:
    """The figure that a worksheet asks of a row; None if it asks none.

    The values of the output are asked if the lectures count them. They count once per row: followers work in
    place.
    """
    if quantity in OF_LAST:
        sides = getattr(row, quantity)
        return sides if len(row.output) > 1 and all(type(side) is int for side in sides) else None
    counted = BY_KEY[quantity].values
    if counted:
        values = figure(row, counted)
        return None if values is None else value_bytes * values
    if quantity == "activations":
        return prod(row.output) if row.slide_activations else None
    return getattr(row, quantity)


def _totals(analysis: Analysis, lines: Sequence[QuizLine], quantities: Sequence[str]) -> list[QuizField]:
    return [
        QuizField(quantity, _total(analysis, [line.layer for line in lines], quantity))
        for quantity in quantities
    ]


def _total(analysis: Analysis, rows: Sequence[Layer], quantity: str) -> Any:
    """A total; the total of values is asked only if it is the sum of the column and the input."""
    if not BY_KEY[quantity].additive:
        return None
    total = analysis.totals.figures[LECTURES.get(quantity, quantity)]
    if quantity in LECTURES:
        counted = [prod(analysis.input), *(figure(row, "activations") or 0 for row in rows)]
        # Else a student who adds up the column would get a figure that the key calls wrong.
        if sum(counted) != analysis.totals.slide_activations:
            return None
    return total


# --- steps to the figures ---------------------------------------------------------------------------------


class _StepsByRow:
    """The derivations of a network, by row of the table."""

    def __init__(self, derivation: Derivation) -> None:
        followers = {layer.path for layer in derivation.layers}
        self.totals = derivation.totals
        self.rows: dict[str, list[LayerDerivation]] = {}
        for layer in derivation.layers:
            above = layer.path.rpartition("/")[0]
            self.rows.setdefault(above if above in followers else layer.path, []).append(layer)

    def of(self, row: str, field: QuizField) -> Iterable[QuizStep]:
        """The steps to a field; an empty ``row`` means the totals."""
        if not row:
            return [QuizStep("total", step) for step in total_steps(self.totals, field.quantity)]
        layers, quantity = self.rows[row], field.quantity
        if quantity in SHAPED:
            # A follower that keeps its input volume, such as relu, adds no step.
            shaping = [layer for layer in layers[1:] if layer.input != (layer.output,)]
            shown = [layers[0], *shaping] if quantity == "output" else [layers[0], *shaping][-1:]
            return [step for layer in shown for step in _steps(layer, quantity)]
        if quantity in OF_LAST:
            by_layer = [steps for layer in layers if (steps := _steps(layer, quantity))]
            return by_layer[-1] if by_layer else []
        return _summed(layers, field)


def _steps(layer: LayerDerivation, quantity: str) -> list[QuizStep]:
    return [QuizStep(layer.path, step) for step in leading(layer.steps, quantity)]


def _summed(layers: Sequence[LayerDerivation], field: QuizField) -> list[QuizStep]:
    """The steps of every layer of a row that adds to a figure, and their sum if several layers do."""
    adding = [(layer, step) for layer in layers if (step := layer.step(field.quantity)) and step.value]
    if not adding:
        return []
    steps = [item for layer, _ in adding for item in _steps(layer, field.quantity) if item.step.value]
    if len(adding) > 1:
        formula = " + ".join(layer.op for layer, _ in adding)
        substituted = " + ".join(str(step.value) for _, step in adding)
        steps.append(
            QuizStep(
                "", DerivationStep(field.quantity, formula, substituted, field.value, "the layers of the row")
            )
        )
    return steps
