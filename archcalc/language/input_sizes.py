"""The input of a spec: its sizes, the order in which they are written, and a warning where it looks wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.errors import Mark, Problem, did_you_mean, short
from archcalc.language.arithmetic import is_number, shown
from archcalc.language.builder import BuildContext, Builder, name_problem
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq
from archcalc.language.values import AlreadyReported, SpecProblem, Value, ValueReader
from archcalc.network import INPUT, INPUT_NAME, UNKNOWN, Input
from archcalc.ops.base import Volume
from archcalc.ops.frozen import State, state

LAYOUTS = ("hwc", "chw")

MAX_SIZES = 4

_OTHER_LAYOUTS = {
    "nhwc": "hwc",
    "channels_last": "hwc",
    "nchw": "chw",
    "channels_first": "chw",
}
"""Names of the layouts in other programs."""

SIZES = "^[0-9]+([x×][0-9]+)+$"
"""The pattern of sizes as tables print them: 32x32x3."""

_SIZES = re.compile(SIZES.replace("$", r"\Z"))
_IN_BRACKETS = re.compile(r"\((.*)\)\Z", re.DOTALL)


class OtherReading(NamedTuple):
    """What sizes probably mean, and how to write that."""

    what: str
    written: str


def other_reading(sizes: Sequence[Any]) -> OtherReading | None:
    """What sizes in the order height, width, channels probably mean instead; None if they look right.

    >>> other_reading([3, 224, 224]).written, other_reading([28, 28]).what
    ('[224, 224, 3] or layout: chw', 'an image of one channel')
    >>> other_reading([224, 224, 3]), other_reading([1, 1, 2048])
    (None, None)
    """
    if not 2 <= len(sizes) <= MAX_SIZES or not all(type(size) is int for size in sizes):
        return None
    first, *others = sizes
    if len(others) == 3 and first == 1:
        if others[-1] in (1, 3):
            return OtherReading("a batch of one image", shown(others))
        if _is_channels_first(others):
            return OtherReading("a batch of one image", shown([*others[1:], others[0]]))
    if _is_channels_first(sizes):
        return OtherReading("channels first", f"{shown([*others, first])} or layout: chw")
    if others == [first]:
        return OtherReading("an image of one channel", shown([first, first, 1]))
    return None


def _is_channels_first(sizes: Sequence[int]) -> bool:
    # A map of 1x1 or 3x3 with many channels is common: all other sizes must be larger.
    return sizes[0] in (1, 3) and min(sizes[1:]) > sizes[0]


@state
class WrittenInput(State):
    """The sizes of the input as they are written; ``layout`` is their order, empty if it is not stated."""

    sizes: list[Value] = field(default_factory=list)
    layout: str = ""
    name: str = INPUT_NAME
    name_mark: Mark | None = None
    """The place of its name, if it has one."""

    @property
    def mark(self) -> Mark:
        """The place of the first size."""
        return self.sizes[0].mark

    def volume(self, values: Mapping[str, Any]) -> Volume:
        """The input with these settings. Raises SpecProblem, and AlreadyReported for a broken size."""
        sizes = []
        for value in self.sizes:
            size = value.get(values)
            if not is_number(size) or isinstance(size, Fraction) or (isinstance(size, int) and size < 1):
                message = f"an input size must be a whole number of at least 1, not {shown(size)}"
                raise SpecProblem(Problem(message, value.mark, self.name))
            sizes.append(size)
        if self.layout == "chw":
            sizes = [*sizes[1:], sizes[0]]
        return Volume(tuple(sizes[:-1]), sizes[-1])

    def doubt(self, values: Mapping[str, Any]) -> Problem | None:
        """A warning about sizes that are probably meant in another order; None where the layout is stated.

        Only a first size that is a plain number is doubted: a setting such as ``size`` may be 1.
        """
        if self.layout or not self.sizes or not self.sizes[0].constant:
            return None
        sizes = [size.get(values) for size in self.sizes]
        other = other_reading(sizes)
        if other is None:
            return None
        message = f"warning: input {shown(sizes)} has {sizes[-1]} channels: is it {other.what}?"
        hint = f"write {other.written}; if it is right, write layout: hwc"
        return Problem(message, self.mark, "", hint)


def place_inputs(inputs: Mapping[str, WrittenInput], builder: Builder, context: BuildContext) -> None:
    """Give inputs that have names their nodes, so that layers can read them.

    The first one is the node INPUT, each further one a layer. Raises TooManyProblems.
    """
    if all(written.name_mark is None for written in inputs.values()):
        return
    naming = context.naming
    naming.entry, naming.inputs = None, tuple(inputs)
    for place, (name, written) in enumerate(inputs.items()):
        mark = written.name_mark or written.mark
        naming.taken[name] = mark
        try:
            if place == 0:
                naming.nodes[name] = INPUT  # its sizes are those of the network
                continue
            naming.nodes[name] = UNKNOWN
            x = written.volume(context.values)
            op = Input(spatial=x.spatial, channels=x.channels)
            naming.nodes[name] = builder.add(context, name, op, (), {"": mark})
        except SpecProblem as error:
            builder.fail(error.problem, name, ())
        except AlreadyReported:
            pass  # parsing has reported it


def read_inputs(
    entries: Mapping[str, Entry], names: Collection[str], reader: ValueReader
) -> dict[str, WrittenInput]:
    """The ``input`` of a spec, or its ``inputs`` by name, with the ``layout``; problems go to the reader."""
    layout = _layout(entries["layout"].value, reader) if "layout" in entries else ""
    if "inputs" not in entries:
        if "input" not in entries:
            return {INPUT_NAME: WrittenInput([], layout)}
        return {INPUT_NAME: _read_sizes(entries["input"].value, layout, names, reader)}
    key = entries["inputs"].key
    if "input" in entries:
        reader.fail("a spec has 'input' or 'inputs', not both", key.mark, "", "name all inputs in 'inputs'")
    written = reader.mapping(entries["inputs"].value, "'inputs'", _INPUTS)
    inputs: dict[str, WrittenInput] = {}
    for name, entry in (written.entries if written else {}).items():
        if invalid := name_problem(name, "input"):
            reader.fail(invalid[0], entry.key.mark, "", invalid[1])
        inputs[name] = _read_sizes(entry.value, layout, names, reader)
        inputs[name].name, inputs[name].name_mark = name, entry.key.mark
    if written and not inputs:
        reader.fail("'inputs' is empty", key.mark, "", _INPUTS)
    return inputs or {INPUT_NAME: WrittenInput([], layout)}


_INPUTS = "write inputs: {source: [64, 1], target: [64, 1]}"


def _read_sizes(node: Node, layout: str, names: Collection[str], reader: ValueReader) -> WrittenInput:
    items = _items(node)
    if not 1 <= len(items) <= MAX_SIZES:
        order = "channels first: [channels, height, width]" if layout == "chw" else _CHANNELS_LAST
        reader.fail(f"input must be a list of sizes, {order}", node.mark, "", _hint(node))
    return WrittenInput([reader.value(item, names) for item in items], layout)


_CHANNELS_LAST = "channels last: [height, width, channels]"


def _items(node: Node) -> Sequence[Node]:
    """The sizes of a list, or of a text such as ``32x32x3``, each at its place."""
    if isinstance(node, Seq):
        return _items(node.items[0]) or node.items if len(node.items) == 1 else node.items
    if not isinstance(node, Scalar) or not _SIZES.match(node.text):
        return ()
    quote = 0 if node.plain else 1
    return [
        Scalar(node.source, node.line, node.column + quote + size.start(), size.group(), True)
        for size in re.finditer("[0-9]+", node.text)
    ]


def _hint(node: Node) -> str:
    """A text that is nearly a list, as a list; for a mapping, the key of several inputs."""
    if isinstance(node, Map):
        return "several inputs stand in 'inputs'"
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if in_brackets := _IN_BRACKETS.match(text):
        text = in_brackets[1]
    sizes = [size.strip() for size in re.split(r",|\s[x×]\s|[x×](?=[0-9])|(?<=[0-9])[x×]", text)]
    has_numbers = any(size.isdigit() for size in sizes)
    if not has_numbers or len(sizes) > MAX_SIZES or not all(re.fullmatch(r"\w+", size) for size in sizes):
        return ""
    return f"write [{', '.join(map(short, sizes))}]"


def _layout(node: Node, reader: ValueReader) -> str:
    text = node.text.lower() if isinstance(node, Scalar) else ""
    if text in LAYOUTS:
        return text
    other = _OTHER_LAYOUTS.get(text.replace("-", "_"))
    hint = f"did you mean '{other}'?" if other else did_you_mean(text, LAYOUTS)
    given = f"'{short(text)}'" if text else "a list" if isinstance(node, Seq) else "nothing"
    message = f"layout must be 'hwc' (channels last) or 'chw' (channels first), not {given}"
    reader.fail(message, node.mark, "", hint)
    return LAYOUTS[0]
