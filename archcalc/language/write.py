"""Network -> YAML: a flat spec with one line for each layer, which reads back to the same layers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError, short
from archcalc.language.input_sizes import other_reading
from archcalc.network import INPUT, Input, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.options import options_of

MOST_LETTERS = 80
"""Characters of a name."""

_WORD = re.compile(r"[A-Za-z_][\w.+-]*\Z", re.ASCII)
# YAML 1.1 reads these words as true, false or nothing.
_NO_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def write(network: Network, *, settings: bool = False) -> str:
    """A network as a spec without blocks and repeats; ``flat`` describes the names.

    With ``settings``, the side of a square input and the units of the last layer become the settings size and
    classes. Auxiliary heads are left out: they are in no total. Raises ArchcalcError if a flat spec cannot
    express it.

    >>> from archcalc import load
    >>> print(write(load("resnet18")).partition("layers:")[2].splitlines()[3])
      - {conv: 64, kernel: 3, pad: 1, bias: false, name: conv2_x_conv2_1_residual_conv1, then: [bn, relu]}
    """
    plain = flat(network)
    free = free_sizes(plain) if settings else {}
    lines = head_lines(network, free)
    items = list(_items(plain))
    if "classes" in free:
        last = _last_weighted(items)
        items[last][next(iter(items[last]))] = "classes"
    layers = [f"  - {_item(parts)}" for parts in items]
    return "\n".join([*lines, "layers:", *layers] if layers else [*lines, "layers: []"]) + "\n"


def head_lines(network: Network, free: Mapping[str, int]) -> list[str]:
    """What stands above the layers of a spec; the sizes in ``free`` are its settings."""
    head = {
        "name": network.name,
        "family": network.family if network.family != network.name else "",
        "title": network.title,
        "source": network.source,
    }
    lines = [f"{key}: {_text(text)}" for key, text in head.items() if text]
    if network.year is not None:
        lines.append(f"year: {network.year}")
    if free:
        lines.append(f"settings: {{{', '.join(f'{name}: {value}' for name, value in free.items())}}}")
    if named := network.named_inputs:
        sizes = [f"{_text(name)}: {value_text(_input_sizes(x, free))}" for name, x in named.items()]
        lines.append(f"inputs: {{{', '.join(sizes)}}}")
    else:
        lines.append(f"input: {value_text(_input_sizes(network.input, free))}")
    if any(other_reading(x.dims) for x in (network.input, *named.values())):
        lines.append("layout: hwc")  # else who reads it is asked whether the channels are first
    return lines


def _input_sizes(x: Volume, free: Mapping[str, int]) -> list[Any]:
    """The sizes of an input. Images of the same sides change together, such as the two of a pair."""
    is_free = bool(x.spatial) and set(x.spatial) == {free.get("size")}
    return [*(["size"] * x.rank if is_free else x.spatial), x.channels]


def free_sizes(network: Network) -> dict[str, int]:
    """The values of the settings size and classes, each if the network has it."""
    free = {}
    sides = network.input.spatial
    if sides and all(side == sides[0] for side in sides):
        free["size"] = sides[0]
    items = list(_items(network))
    last = _last_weighted(items)
    # What follows the last units must not depend on their number, nor may another layer have their weights.
    if (
        items
        and "same_as" not in items[last]
        and all(set(item) <= _AFTER_UNITS for item in items[last + 1 :])
    ):
        if "fc" in items[last]:
            free["classes"] = items[last]["fc"]
        # Maps of classes, which a global pool makes scores of (Network in Network, SqueezeNet).
        elif type(items[last].get("conv")) is int and {"avgpool": "global"}.items() <= items[-1].items():
            free["classes"] = items[last]["conv"]
    return free


_AFTER_UNITS = {"softmax", "logsoftmax", "sigmoid", "dropout", "avgpool", "name"}


def _last_weighted(items: Sequence[Mapping[str, Any]]) -> int:
    """The place of the last layer with weights; 0 if there is none."""
    places = [place for place, item in enumerate(items) if OPS[next(iter(item))].weighted]
    return places[-1] if places else 0


def flat(network: Network) -> Network:
    """The network without scopes, settings and auxiliary heads: the layer ``a/b`` is called ``a_b``.

    Raises ArchcalcError if a flat spec cannot express the network.
    """
    numbers, names, taken = {INPUT: INPUT}, {"": ""}, {network.input_name}
    layers: list[Node] = []
    apart = _tied_apart(network)
    for number, node in enumerate(network.layers, 1):
        if node.aux:
            continue
        _check_expressible(network, node)
        scope, _, last = node.path.rpartition("/")
        follows = node.follower and number not in apart
        # A follower stays inside the row of its layer, so it keeps its own last name.
        if follows:
            path = f"{names[scope]}/{last}"
        else:
            path = names[node.path] = _free(node.path.replace("/", "_"), taken)
            if node.follower:
                names[scope] = path  # what follows it stands in its row
        inputs = tuple(numbers[source] for source in node.inputs)
        shared = numbers.get(node.same_as, 0)
        layers.append(Node(path, node.op, inputs, follows, same_as=shared))
        numbers[number] = len(layers)  # without the auxiliary heads, the later layers move up
    if numbers.get(network.output or INPUT) != len(layers):
        raise ArchcalcError(
            f"{network.name} cannot be written as a flat spec: it does not end with its last layer"
        )
    ties = {node.path: layers[node.same_as - 1].path for node in layers if node.same_as}
    return replace(network, layers=layers, settings={}, output=len(layers), shared=ties)


def _tied_apart(network: Network) -> set[int]:
    """The followers that cannot stand in a ``then``: one is tied to the other, and their rows are not.

    ``same_as`` of a row is that of its first layer, and all that follows it goes with it.
    """
    apart: set[int] = set()
    head = 0
    for number, node in enumerate(network.layers, 1):
        head = head if node.follower else number
        other = network.layers[head - 1].same_as
        is_tied = node.follower and node.same_as and type(node.op).weights is not Op.weights
        if is_tied and not (other and type(network.layers[head - 1].op).weights is not Op.weights):
            apart |= {number, node.same_as} if network.layers[node.same_as - 1].follower else {number}
    return apart


def _check_expressible(network: Network, node: Node) -> None:
    if node.gates:
        reason = f"'{short(node.path)}' has a survival probability, which only a branch can have"
        raise ArchcalcError(f"{network.name} cannot be written as a flat spec: {reason}")
    if node.op.many and len(node.inputs) < 2:
        reason = f"'{short(node.path)}' joins one input only; leave it out"
        raise ArchcalcError(f"{network.name} cannot be written as a flat spec: {reason}")


def _free(name: str, taken: set[str]) -> str:
    """The name, or the name with a number if it is taken."""
    # The end of a path tells more than its start; six characters are left for a number.
    name = name if len(name) <= MOST_LETTERS else name[-MOST_LETTERS + 6 :].lstrip("_")
    free, copies = name, 1
    while free in taken:
        copies += 1
        free = f"{name}_{copies}"
    taken.add(free)
    return free


def _items(network: Network) -> Iterator[dict[str, Any]]:
    """The keys and values that are written for every layer."""
    nodes, further = list(enumerate(network.layers, 1)), network.further_inputs
    for place, (number, node) in enumerate(nodes):
        if node.follower or isinstance(node.op, Input):
            continue
        parts = _options(node.op)
        parts["name"] = node.path
        # A layer reads the layer above it, unless it says otherwise. The first layer reads the first input.
        above = INPUT if number - 1 in further else number - 1
        if node.inputs != (above,):
            named = [_name(network, source) for source in node.inputs]
            parts["from"] = named if len(named) > 1 or node.op.many else named[0]
        if node.same_as and type(node.op).weights is not Op.weights:
            parts["same_as"] = _name(network, node.same_as)
        then = [after.op for _, after in _followers(nodes[place + 1 :])]
        if then:
            parts["then"] = [_options(op) for op in then]
        yield parts


def _followers(nodes: Sequence[tuple[int, Node]]) -> Iterator[tuple[int, Node]]:
    for number, node in nodes:
        if not node.follower:
            return
        yield number, node


def _name(network: Network, number: int) -> str:
    """The name by which other layers read a node; a follower is read by the name of its layer."""
    if number == INPUT:
        return network.input_name
    node = network.layers[number - 1]
    return node.path.rpartition("/")[0] if node.follower else node.path


def _options(op: Op) -> dict[str, Any]:
    """The op with its main option, and the other options that differ from their defaults."""
    values = {
        name: getattr(op, name)
        for name, item in options_of(type(op)).items()
        if item.required or getattr(op, name) != item.default_among(vars(op))
    }
    main = next((name for name, item in options_of(type(op)).items() if item.main), "")
    return {op.name: values.pop(main, None), **values}


# --- as text ----------------------------------------------------------------------------------------------


def _item(parts: Mapping[str, Any]) -> str:
    """One layer in braces; an op without options is one word.

    >>> _item({"maxpool": 3, "stride": 2}), _item({"relu": None}), _item({"relu": None, "name": "a"})
    ('{maxpool: 3, stride: 2}', 'relu', '{relu: , name: a}')
    """
    (op, main), *others = parts.items()
    if main is None and not others:
        return op
    first = f"{op}: " if main is None else f"{op}: {value_text(main)}"
    return f"{{{', '.join([first, *(f'{key}: {value_text(value)}' for key, value in others)])}}}"


def value_text(value: Any) -> str:
    """A value in the spec language.

    >>> value_text((1, 2)), value_text(False), value_text("same"), value_text("1x1")
    ('[1, 2]', 'false', 'same', '"1x1"')
    >>> value_text(Fraction(1, 2)), value_text(Fraction(1, 3))
    ('0.5', '1/3')
    """
    if isinstance(value, dict):
        return _item(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return _decimal(value)
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """A word as it is, other text in quotes."""
    bare = _WORD.match(text) and text.lower() not in _NO_WORDS
    return text if bare else json.dumps(text, ensure_ascii=False)


def _decimal(value: Fraction) -> str:
    """A fraction as a decimal if that is exact, else as a quotient."""
    # Twelve decimals are more than a spec writes; a third has no exact decimal at all.
    places = next((places for places in range(13) if (value * 10**places).denominator == 1), None)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    point = f".{digits[-places:]}" if places else ""
    return f"{'-' if value < 0 else ''}{digits[: len(digits) - places]}{point}"
