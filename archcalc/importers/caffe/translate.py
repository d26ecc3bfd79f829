"""The layers of a file one after the other, and every mistake at once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

from archcalc.errors import ArchcalcError, ArchcalcWarning, SpecError, closest, printable, short
from archcalc.importers.as_input import ModelInput, shapes_of_inputs, warn_unused
from archcalc.importers.as_network import spelled
from archcalc.importers.as_shared import tie_layers
from archcalc.importers.caffe.fields import CaffeProblem, ProblemList, scalar
from archcalc.importers.caffe.graph import CaffeBlob, CaffeReader, LeftOut
from archcalc.importers.caffe.joins import JOINS
from archcalc.importers.caffe.layers import LAYERS, Translator
from archcalc.importers.caffe.model import CaffeLayer, CaffeNet, Feed, net_in
from archcalc.importers.caffe.pointwise import POINTWISE
from archcalc.importers.caffe.text_format import message_in, text_of
from archcalc.importers.caffe.types import JUDGES, LOSSES, SILENCE, SPELLED
from archcalc.network import Network

TRANSLATORS: Mapping[str, Translator] = {**LAYERS, **JOINS, **POINTWISE}

BROKEN = LeftOut("")


def network_in(path: str, input: str = "") -> Network:
    """The network in a prototxt file; ``input`` has the shapes of its inputs, if the user gave them.

    Raises ArchcalcError with every mistake of the file.
    """
    source = text_of(path)
    problems = ProblemList(source)
    net = net_in(source, message_in(source), problems)
    file = printable(path)
    try:
        inputs = _inputs(file, net, input)
    except ArchcalcError:
        if problems.problems:  # they may be why there is no input
            raise SpecError(problems.problems) from None
        raise
    reader = CaffeReader(net.layers, inputs)
    outside: dict[str, CaffeBlob | LeftOut] = {
        other.name: LeftOut("which is no image but comes from a data layer") for other in net.feeds
    }
    reader.blobs = outside | reader.blobs
    outputs = _Outputs()
    for place, layer in enumerate(net.layers):
        reader.place = place
        with problems.noted(layer.name, layer.written_type.value_place):
            _translate(layer, reader, outputs)
    if problems.problems:
        raise SpecError(problems.problems)
    shared = tie_layers(reader.layers)
    if shared:
        reader.notes["weights that several layers use are counted for each layer"] = len(shared)
    _warn(file, problems, reader)
    return _network(path, net, reader, outputs)


# --- the input ----------------------------------------------------------------------------------------------


def _inputs(file: str, net: CaffeNet, given: str) -> Mapping[str, Sequence[int]]:
    """The shape of each input, batch first: of what layers read and no layer gives. Raises ArchcalcError."""
    feeds = {feed.name: feed for feed in net.feeds}
    read: dict[str, Feed] = {}
    inner: set[str] = set()
    for layer in net.layers:
        if layer.type not in JUDGES and layer.type != SILENCE:
            for bottom in layer.bottoms:
                name = scalar(bottom)
                if name not in inner:
                    read.setdefault(name, feeds.get(name) or Feed(name, None, bottom.value_place))
        inner.update(map(scalar, layer.tops))
    # In a file with inputs, another name that no layer gives is a slip. It is reported where it stands.
    inputs = [feed for feed in read.values() if feed.name in feeds or not feeds]
    if not inputs:
        raise ArchcalcError(f"{file}: no layer reads an input")
    return shapes_of_inputs(file, [_declared(feed) for feed in inputs], given)


def _declared(feed: Feed) -> ModelInput:
    cropped = f"1x3x{feed.crop}x{feed.crop}" if feed.crop and not feed.dims else ""
    return ModelInput(
        feed.name, feed.dims and [size if size > 0 else str(size) for size in feed.dims], cropped
    )


# --- the layers ---------------------------------------------------------------------------------------------


class _Outputs:
    """The blobs that nothing reads but what judges them; ``losses`` are the places of those layers."""

    def __init__(self) -> None:
        self.unread: dict[str, CaffeBlob] = {}
        self.losses: dict[str, set[int]] = {}


def _translate(layer: CaffeLayer, reader: CaffeReader, outputs: _Outputs) -> None:
    """Read one layer. Raises CaffeProblem and DoesNotFit, and marks its outputs then."""
    names = [scalar(bottom) for bottom in layer.bottoms]
    tops = [scalar(top) for top in layer.tops]
    if layer.type in JUDGES:
        if layer.type in LOSSES:
            for name in names:
                outputs.losses.setdefault(name, set()).add(reader.place)
        says = f"which a layer of the type '{layer.written_type.value}' gives; it is no part of the network"
        reader.blobs |= dict.fromkeys(tops, LeftOut(says))
        return
    for name in names:
        outputs.unread.pop(name, None)
    if layer.type == SILENCE:
        return
    made: Sequence[CaffeBlob] = ()
    try:
        if not reader.is_broken(layer):
            _check_tops(layer, names, tops, reader)
            blobs = _translator(layer)(layer, reader)
            made = blobs if isinstance(blobs, list) else [blobs]
            if len(made) != len(tops):
                raise CaffeProblem(f"needs {len(made)} outputs (tops), and has {len(tops)}")
    finally:
        reader.blobs |= dict.fromkeys(tops, BROKEN)
        for top, blob in zip(tops, made, strict=False):
            reader.blobs[top] = outputs.unread[top] = blob._replace(place=reader.place, top=top)
            outputs.losses.pop(top, None)


def _check_tops(layer: CaffeLayer, names: Sequence[str], tops: Sequence[str], reader: CaffeReader) -> None:
    """A layer gives new blobs, or overwrites what it reads. Raises CaffeProblem."""
    read = set(names)
    for top, name in zip(layer.tops, tops, strict=True):
        if name in reader.blobs and name not in read:
            raise CaffeProblem(f"gives '{name}', which another layer gives, too", top.value_place)
    if len(set(tops)) < len(tops):
        raise CaffeProblem("gives the same output (top) twice", layer.tops[0].place)


def _translator(layer: CaffeLayer) -> Translator:
    if layer.type in TRANSLATORS:
        return TRANSLATORS[layer.type]
    close = closest(layer.type, SPELLED)
    hint = f"did you mean '{SPELLED[close]}'?" if close else WAY_OUT
    raise CaffeProblem(f"archcalc has no layer for the type '{scalar(layer.written_type)}'", None, hint)


WAY_OUT = "the way out: describe the network in a spec, with ops of `archcalc ops`"


# --- the network --------------------------------------------------------------------------------------------


def _network(path: str, net: CaffeNet, reader: CaffeReader, outputs: _Outputs) -> Network:
    """The network of the outputs: the last one is its own, and heads for training alone are auxiliary."""
    unread = {name: blob for name, blob in outputs.unread.items() if not reader.layers.is_input(blob.number)}
    if not unread:
        raise ArchcalcError(f"{printable(path)}: no layer of the network leads to an output")
    *others, main = sorted(unread, key=lambda name: unread[name].place)
    judged = outputs.losses
    # A head for training has a loss of its own.
    heads = {name for name in others if judged.get(name) and not judged[name] & judged.get(main, set())}
    numbers = {name: unread[name].number for name in (main, *others)}
    reader.layers.mark_heads(
        {numbers[name] for name in heads}, {number for name, number in numbers.items() if name not in heads}
    )
    stem = os.path.splitext(os.path.basename(path))[0]
    name = spelled(net.name).strip("_") or spelled(stem) or "model"
    source = printable(f"{os.path.basename(path)}: Caffe")
    made = list(dict.fromkeys(numbers.values()))
    warn_unused(printable(path), reader.layers, made)
    return reader.layers.network(name, made, source)


def _warn(file: str, problems: ProblemList, reader: CaffeReader) -> None:
    """Say what the network has not of the file."""
    notes = [f"{says} ({count})" for says, count in reader.notes.items()]
    if problems.unknown:
        names = ", ".join(sorted(problems.unknown)[:10])
        notes.append(f"fields that BVLC's Caffe does not have are ignored ({short(names, 200)})")
    for note in notes:
        warnings.warn(f"{file}: {note}", ArchcalcWarning, stacklevel=4)
