"""The verdict of every answer of a sheet: right as printed, carried on from an earlier error, or wrong, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from archcalc.classroom.answer_key import INPUT_ROW, Key
from archcalc.classroom.calculation import (
    BYTES_OF,
    LAYER_QUANTITIES,
    Calculation,
    Impossible,
    LayerTerm,
    output_of,
)
from archcalc.classroom.mistakes import Wrong
from archcalc.classroom.submission import Answer, Rubric
from archcalc.engine.walk import Step
from archcalc.language.printed import Agreement, Figure, Shape, figure_agreement
from archcalc.ops.base import Volume
from archcalc.results.grade import RIGHT, Diagnosis, GradedCell, Verdict

SLIPS = {
    "arithmetic-slip": "The working beside it is right, but it comes to something else.",
    "arithmetic-differs": "The working beside it comes to something else.",
    "wrong-unit": "The number is right, but not its unit.",
    "rounded": "The figure is right as far as it is printed; asked for is every digit.",
}
"""What can be wrong with a figure besides the way to it."""

VERDICTS: Mapping[Agreement, Verdict] = {
    "exact": "right",
    "rounded": "rounded",
    "truncated": "truncated",
    "disagrees": "wrong",
}


class Placed(NamedTuple):
    """An answer and the layer of the key that it is about (empty: the whole network)."""

    path: str
    quantity: str
    answer: Answer


class Biases(NamedTuple):
    """Whether params count biases; None: either way."""

    layers: bool | None
    total: bool | None


class Grader:
    """The answers of one sheet, in the world as the student sees it."""

    def __init__(
        self, key: Key, placed: Sequence[Placed], rubric: Rubric, exact: bool, biases: Biases
    ) -> None:
        self.key = key
        self.placed = placed
        self.rubric = rubric
        self.exact = exact
        self.biases = biases
        self.written = {(one.path, one.quantity): one.answer for one in placed}
        self.volumes = self._student_volumes()
        self.suspects: set[str] = set()

    def _counts(self, path: str, quantity: str) -> tuple[str, ...]:
        """What a figure of a layer, or in total, may be a count of."""
        return _counts(quantity, self.biases.layers if path else self.biases.total)

    def _rights(self, path: str, quantity: str) -> Sequence[Any]:
        return [right for counted in self._counts(path, quantity) for right in self.key.rights(path, counted)]

    def cells(self) -> list[GradedCell]:
        return [self._cell(one) for one in self.placed]

    def _student_volumes(self) -> dict[int, Volume]:
        """The output of every layer as the student has it: as written, else as it follows from what is written."""
        written = self._written_outputs()
        found = {0: _written_volume(written.get(0), self.key.network.input)}
        numbers = {step.number: step for step in self.key.steps.values()}
        for number, step in numbers.items():
            xs = tuple(found[source] for source in step.node.inputs)
            try:
                follows = step.y if xs == step.xs else output_of(step.node.op, xs)
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
            if (
                quantity == "output"
                and number is not None
                and (number not in found or path in self.key.steps)
            ):
                found[number] = answer
        return found

    def _cell(self, placed: Placed) -> GradedCell:
        path, quantity, answer = placed
        asked = _in_unit(quantity, answer.unit)
        rights = self._rights(path, asked)
        verdict, diagnosis = self._verdict(path, asked, answer, rights)
        worth = self.rubric.worth(path, quantity)
        share = self.rubric.share(verdict, [one.mistake for one in diagnosis])
        steps = self.key.derivation(path, self._counts(path, asked)[0]) if verdict == "wrong" else ()
        expected = rights[0] if rights else None
        points = share * worth
        return GradedCell(
            path,
            quantity,
            answer.line,
            answer.text,
            expected,
            verdict,
            points,
            worth,
            diagnosis,
            steps,
            answer.why,
        )

    def _verdict(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        if given is None:
            return ("unreadable" if answer.text else "missing"), ()
        best = _best(given, rights)
        carried = best == "wrong" and _best(given, list(self._carried(path, quantity)))
        if carried == "wrong":
            return self._wrong(path, quantity, answer, rights)
        if _other_unit(quantity, answer.unit):
            return "wrong", (_slip("wrong-unit"),)
        if self.exact and (carried or best) != "right":
            return "wrong", (_slip("rounded"),)
        if carried:
            return "carried", ()
        differs = answer.worked is not None and _best(Figure(answer.worked), rights) != "right"
        return best, ((_slip("arithmetic-differs"),) if differs and quantity not in BYTES_OF else ())

    def _wrong(
        self, path: str, quantity: str, answer: Answer, rights: Sequence[Any]
    ) -> tuple[Verdict, tuple[Diagnosis, ...]]:
        given = answer.given
        assert given is not None
        if answer.worked is not None and _best(Figure(answer.worked), rights) == "right":
            return "wrong", (_slip("arithmetic-slip"),)
        found = self._explained(path, quantity, given)
        if len(found) == 1:
            self.suspects.update(mistake.id for mistake in found[0].mistakes)
        diagnosis = tuple(dict.fromkeys(Diagnosis(wrong.id, " ".join(wrong.says)) for wrong in found))
        differs = answer.worked is not None and figure_agreement(given, answer.worked) == "disagrees"
        return "wrong", (*diagnosis, _slip("arithmetic-differs")) if differs else diagnosis

    def _explained(self, path: str, quantity: str, given: Figure | Shape) -> list[Wrong]:
        """The mistakes that lead to a figure; of what it may be a count of, those with the fewest."""
        searches = [self.key.search(path, counted) for counted in self._counts(path, quantity)]
        found = [search.explain(given, self.suspects) for search in searches if search]
        return min(filter(None, found), key=lambda wrongs: len(wrongs[0].mistakes), default=[])

    # --- errors carried forward ---------------------------------------------------------------------

    def _carried(self, path: str, quantity: str) -> Iterable[Any]:
        """What follows from what the student has before it, where that is wrong."""
        return self._carried_figures(path, quantity) if path else self._carried_totals(quantity)

    def _carried_figures(self, path: str, quantity: str) -> Iterable[Any]:
        if quantity not in LAYER_QUANTITIES:
            return
        for way, counted in product(self.key.ways(path, quantity), self._counts(path, quantity)):
            for as_written in (False,) if quantity == "output" else (False, True):
                parts = [self._student_part(step, as_written) for step in way]
                if all(
                    part.xs == step.xs and part.y in (None, step.y)
                    for part, step in zip(parts, way, strict=True)
                ):
                    continue
                try:
                    yield Calculation(counted, tuple(parts), 0, self.key.batch, self.key.value_bytes).result()
                except (Impossible, ValueError):
                    continue

    def _student_part(self, step: Step, as_written: bool) -> LayerTerm:
        """A layer on the input that the student has; ``as_written``: with the output that the student has, too."""
        xs = tuple(self.volumes[source] for source in step.node.inputs)
        return LayerTerm(step.node.op, xs, self.volumes[step.number] if as_written else None)

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
        for of_all, of_row in product(
            _counts(counted, self.biases.total), _counts(counted, self.biases.layers)
        ):
            own = Fraction(self.key.rights("", of_all)[0])
            for path, answer in rows.items():
                value = self._number(path, counted)
                rights = self.key.rights(path, of_row)
                if value is not None and rights and self._is_wrong(path, counted, answer):
                    own += value - rights[0]
            yield own * (self.key.value_bytes if quantity in BYTES_OF else 1)

    def _is_wrong(self, path: str, quantity: str, answer: Answer) -> bool:
        return answer.given is not None and _best(answer.given, self._rights(path, quantity)) == "wrong"

    def _number(self, path: str, quantity: str) -> Fraction | None:
        answer = self.written.get((path, quantity))
        return answer.given.value if answer and isinstance(answer.given, Figure) else None


def _counts(quantity: str, biases: bool | None) -> tuple[str, ...]:
    """What a figure may be a count of: params that do not count biases are weights.

    >>> _counts("params", True), _counts("params", None), _counts("macs", False)
    (('params',), ('weights', 'params'), ('macs',))
    """
    if quantity != "params" or biases is True:
        return (quantity,)
    return ("weights",) if biases is False else ("weights", "params")


def _written_volume(answer: Answer | None, otherwise: Volume) -> Volume:
    """The volume of an answer; the other one where it says the same, or is none."""
    given = answer.given if answer else None
    if isinstance(given, Figure) or given is None or figure_agreement(given, otherwise.dims) != "disagrees":
        return otherwise
    if len(given) != otherwise.rank + 1 or min(given) < 1 or max(given) > 10**9:
        return otherwise
    return Volume(given[:-1], given[-1])


def _best(given: Figure | Shape, rights: Sequence[Any]) -> Verdict:
    """The best verdict among several right figures."""
    found = [VERDICTS[figure_agreement(given, right)] for right in rights]
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
