"""Finds the layers of rows whose names are not those of the key: by kind and order.

Rows of a kind keep their order, and each takes one layer. If there are as many rows as layers, that is all.
Else something must tell which layer a row means: its number, its options, or its figures. A row that may mean
several layers is not matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.chart import FIGURE, Chart, NamedRow, agreeing, evidence, fits
from archcalc.classroom.key_names import INPUT_ROW
from archcalc.classroom.names import LayerName, layer_name
from archcalc.classroom.submission import Answer
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, short
from archcalc.language.printed import Figure

GROUPS = {
    "conv": ("conv", "locally_connected", "c_cells", "s_cells"),
    "deconv": ("deconv",),
    "pool": ("maxpool", "avgpool", "l2pool", "adaptive_avgpool", "subsample"),
    "fc": ("fc", "rbf"),
    "bn": ("bn",),
    "lrn": ("lrn", "bn"),
    "softmax": ("softmax",),
    "relu": ("relu", "tanh", "sigmoid"),
    "dropout": ("dropout",),
    "flatten": ("flatten",),
}
"""The ops that a word for a kind can mean."""

GROUP_OF = {"depthwise": "conv", "maxpool": "pool", "avgpool": "pool"}
WEIGHTED = ("params", "weights", "biases", "macs", "param_bytes")
OF_CLASSES = "the last fully connected layer"
HOLD_NOTHING = ("flatten", "dropout", "relu")
"""Kinds that have no weights: the key may do without their layers."""

MOST_NAMED = 3


class FoundRow(NamedTuple):
    """A row and the path of its layer; ``why`` is the reason if there is none.

    ``left_out`` says that the row is about a layer that the key does without.
    """

    row: NamedRow
    path: str | None
    why: str = ""
    left_out: bool = False


def rows_of(answers: Sequence[Answer], names: Mapping[str, str] = MappingProxyType({})) -> list[NamedRow]:
    """The answers by rows; ``names`` are names of students and the layers that they mean."""
    rows: dict[tuple[str, int, int], list[Answer]] = {}
    for answer in answers:
        # A table on one line of HTML has many rows on it; a transposed one has a line for each quantity.
        rows.setdefault((answer.layer, answer.row, 0 if answer.row else answer.line), []).append(answer)
    return [
        NamedRow(meant, found[0].line, tuple(found), _name_of(meant, found[0].kind))
        for (text, _, _), found in rows.items()
        for meant in [names.get(" ".join(text.lower().split()), text)]
    ]


def _name_of(text: str, kind: str) -> LayerName:
    """What a name says; if it says no kind, the column of kinds does."""
    name = layer_name(text)
    return name if name.kind or not kind else name._replace(kind=layer_name(kind).kind)


class RowFinder:
    """Finds the layers of all rows of one sheet."""

    def __init__(self, rows: Sequence[NamedRow], key: AnswerKey) -> None:
        self.key = key
        self.rows = rows if self._has_last(rows) else [_with_weights(row) for row in rows]

    def find(self) -> list[FoundRow]:
        """Every row with its layer, in their order."""
        found: dict[int, FoundRow] = {}
        refused: dict[int, str] = {}
        for place, row in enumerate(self.rows):
            try:
                found[place] = self._named(row)
            except ArchcalcError as error:
                refused[place] = str(error)
        for group in dict.fromkeys(map(_group, self.rows)):
            places = [place for place, row in enumerate(self.rows) if _group(row) == group]
            if group in GROUPS and any(self._is_unsure(place, found) for place in places):
                found.update(self._by_order(group, places, found, refused))
        for place, why in refused.items():
            found.setdefault(place, self._by_index(self.rows[place]) or FoundRow(self.rows[place], None, why))
        return [found[place] for place in range(len(self.rows))]

    def _has_last(self, rows: Sequence[NamedRow]) -> bool:
        """Whether the last fully connected layer has a row; then a softmax is only a softmax."""
        layers = self._layers("fc")
        names = {layers[-1].node.name, layers[-1].node.path} if layers else set()
        return sum(row.name.kind == "fc" for row in rows) >= len(layers) or any(
            row.text in names for row in rows
        )

    # --- by name ------------------------------------------------------------------------------------

    def _named(self, row: NamedRow) -> FoundRow:
        """The layer that a name means by itself. Raises ArchcalcError."""
        if row.name.bare == OF_CLASSES:
            return FoundRow(row, self._layers("fc")[-1].node.path)
        try:
            # What is in the name of the key states nothing: inception_3a/3x3/conv1.
            return FoundRow(row._replace(name=LayerName(row.text)), self.key.find(row.text))
        except ArchcalcError:
            if row.name.kind == INPUT_ROW and row.name.number is None:
                if row.name.others:
                    raise ArchcalcError(f"'{short(row.text)}' names the input and another layer") from None
                return FoundRow(row, INPUT_ROW)  # in any language: Eingabe
            if row.name.bare == row.text or not row.name.bare:
                raise
            return FoundRow(row, self.key.find(row.name.bare))

    def _is_unsure(self, place: int, found: Mapping[int, FoundRow]) -> bool:
        return place not in found or not self._is_sure(place, found)

    def _is_sure(self, place: int, found: Mapping[int, FoundRow]) -> bool:
        """Whether a row has the very name of its layer: conv11 is not surely conv1_1."""
        path, digits = found[place].path or "", _digits(self.rows[place].name.bare)
        # The bare name of Inception-A/a1/Branch_1/conv2/bn ends before /Branch_1.
        is_own = path not in self.key.steps or self.rows[place].text == path
        return is_own or not digits or _digits(path)[-len(digits) :] == digits

    # --- by kind and order --------------------------------------------------------------------------

    def _by_order(
        self, group: str, places: Sequence[int], found: Mapping[int, FoundRow], refused: Mapping[int, str]
    ) -> Iterator[tuple[int, FoundRow]]:
        """The layers of all rows of a kind."""
        layers = self._layers(group)
        rows = [self.rows[place] for place in places]
        sure = {
            at: found[place].path
            for at, place in enumerate(places)
            if place in found and self._is_sure(place, found)
        }
        # conv0, conv1, ...: the names of the key are others, though some are spelled the same.
        if len(rows) == len(layers) and (order := _counted_order(rows)):
            for at, row in enumerate(rows):
                if agreeing(row.name, layers[order[at]]) is not None:
                    sure[at] = layers[order[at]].node.path
            yield from ((places[at], FoundRow(rows[at], path)) for at, path in sure.items())
        for at, row in enumerate(rows):
            possible = [step for step in layers if at not in sure and agreeing(row.name, step) is not None]
            right = [step for step in possible if fits(self.key, step, row.answers)]
            if len(right) == 1:
                sure[at] = right[0].node.path
                yield places[at], FoundRow(row, right[0].node.path)
        chart = Chart(rows, layers, sure, self.key)
        for at, place in enumerate(places):
            if at in sure:
                continue
            choices, is_left_out = chart.choices(at)
            if len(choices) == 1 and not is_left_out:
                yield place, FoundRow(self.rows[place], layers[choices[0]].node.path)
            elif rows[at].name.number is None or place not in refused or not self._fits(group, rows[at]):
                yield place, self._not_found(group, rows[at], [layers[j] for j in choices])

    def _not_found(self, group: str, row: NamedRow, layers: Sequence[Step]) -> FoundRow:
        name = self.key.network.name
        if layers:
            paths = [step.node.path for step in layers[:MOST_NAMED]]
            more = ", ..." if len(layers) > MOST_NAMED else ""
            return FoundRow(row, None, f"'{short(row.text)}' may be {', '.join(paths)}{more}")
        if not self._layers(group):
            why = f"{name} has no layer of this kind"
            return FoundRow(row, None, why, left_out=group in HOLD_NOTHING and _holds_nothing(row))
        if not self._fits(group, row):
            return FoundRow(row, None, f"no layer of {name} has the sizes of '{short(row.text)}'")
        return FoundRow(row, None, f"all layers of {name} that '{short(row.text)}' can mean have other rows")

    def _fits(self, group: str, row: NamedRow) -> bool:
        """Whether some layer of the kind has the options that the name states."""
        return any(agreeing(row.name, step) is not None for step in self._layers(group))

    def _layers(self, group: str) -> list[Step]:
        return [step for step in self.key.steps.values() if step.op.name in GROUPS[group]]

    # --- by a place in a list of modules ------------------------------------------------------------

    def _by_index(self, row: NamedRow) -> FoundRow | None:
        """The layer of features.0, if a figure of the row is right there."""
        if row.name.place is None:
            return None
        part, index = row.name.place
        steps = list(self.key.steps.values())
        begin = (
            next((at for at, step in enumerate(steps) if step.op.name == "fc"), 0) if "class" in part else 0
        )
        near = steps[max(0, begin + index - 1) : begin + index + 2]
        points = [evidence(self.key, step, row.answers) for step in near]
        best = max(points, default=0)
        is_sure = best >= FIGURE and points.count(best) == 1
        return FoundRow(row, near[points.index(best)].node.path) if is_sure else None


def _with_weights(row: NamedRow) -> NamedRow:
    """A row called softmax that has weights is the fully connected layer before it, as in many tables."""
    counts = [answer.given for answer in row.answers if answer.quantity in WEIGHTED]
    if row.name.kind == "softmax" and any(isinstance(given, Figure) and given.value for given in counts):
        return row._replace(name=row.name._replace(bare=OF_CLASSES, kind="fc", number=None, others=()))
    return row


def _group(row: NamedRow) -> str:
    return GROUP_OF.get(row.name.kind, row.name.kind)


def _digits(text: str) -> list[str]:
    return re.findall("[0-9]+", re.sub(r"[123]d\b", "", text, flags=re.IGNORECASE))


def _counted_order(rows: Sequence[NamedRow]) -> list[int]:
    """The places that the numbers of all rows give, from 0 or 1 on; empty if they do not count.

    Keras leaves out the first 0. If one name stands in several rows, its number says nothing.
    """
    numbers = [row.name.number for row in rows]
    if numbers.count(None) == 1 and len(rows) > 1:
        bare = rows[numbers.index(None)].name.bare
        if not all(row.name.bare.startswith(bare) for row in rows):
            return []  # dense and dense_1 count, Conv2D and conv1 do not
        numbers[numbers.index(None)] = 0
    first = min((number for number in numbers if number is not None), default=0)
    places = [number - first for number in numbers if number is not None]
    return places if first < 2 and sorted(places) == list(range(len(rows))) else []


def _holds_nothing(row: NamedRow) -> bool:
    """Whether all counts of a row are 0 or missing."""
    return all(
        not answer.given.value
        for answer in row.answers
        if isinstance(answer.given, Figure) and answer.quantity != "output"
    )
