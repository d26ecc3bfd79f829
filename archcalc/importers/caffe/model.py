"""The records of a prototxt file: its layers in the test phase, and what feeds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.errors import ArchcalcError, Source, closest, printable, short
from archcalc.importers.caffe.fields import CaffeProblem, Options, ProblemList, scalar
from archcalc.importers.caffe.text_format import CaffeField, CaffeMessage
from archcalc.importers.caffe.types import DATA, FIELDS, JUDGES, plain_type

MOST_LAYERS = 150_000

_NET_FIELDS = ("name", "input", "input_shape", "input_dim", "state", "layer", "layers", "force_backward",
               "debug_info")  # fmt: skip
_LAYER_FIELDS = ("name", "type", "bottom", "top", "phase", "loss_weight", "param", "blobs", "propagate_down",
                 "include", "exclude", "blobs_lr", "weight_decay", "blob_share_mode")  # fmt: skip
_SOLVER_FIELDS = ("base_lr", "max_iter", "net", "train_net", "solver_mode", "lr_policy")


class CaffeLayer(NamedTuple):
    """A layer of the file; ``message`` has its fields."""

    name: str
    type: str  # in small letters: the old and the new spelling are one
    bottoms: Sequence[CaffeField]
    tops: Sequence[CaffeField]
    message: CaffeMessage
    written_type: CaffeField

    def options(self, *names: str) -> Options:
        """The options in its message of one of these names, which may be left out. Raises CaffeProblem."""
        found = [field for name in names for field in self.message.all(name)]
        if len(found) > 1:
            raise CaffeProblem(f"has two messages '{found[1].name}'", found[1].place)
        if found and isinstance(found[0].value, str):
            raise CaffeProblem(f"'{found[0].name}' must be a message in braces", found[0].value_place)
        if not found:
            return Options(CaffeMessage(self.message.place), names[0], self.written_type.place)
        message = found[0].value
        assert isinstance(message, CaffeMessage)
        return Options(message, names[0], found[0].place)

    @property
    def weights(self) -> Sequence[str]:
        """The names of its arrays, where it gives them: layers with the same names share them."""
        names = []
        for field in self.message.all("param"):
            inner = field.value.all("name") if isinstance(field.value, CaffeMessage) else [field]
            names += [one.value for one in inner if isinstance(one.value, str) and one.value]
        return names


class Feed(NamedTuple):
    """Values that come from outside: an input of the net, or what a data layer gives.

    ``dims`` is the shape, the batch first; None if the file does not say it. ``crop`` is the side to which
    images are cut, or 0.
    """

    name: str
    dims: tuple[int, ...] | None
    place: int
    crop: int = 0


class CaffeNet(NamedTuple):
    """What a file says about its network in the test phase."""

    name: str
    feeds: Sequence[Feed]
    layers: Sequence[CaffeLayer]


def net_in(source: Source, message: CaffeMessage, problems: ProblemList) -> CaffeNet:
    """The net that a file describes. Raises ArchcalcError if it is a file of another kind."""
    written = [field for field in message.fields if field.name in ("layer", "layers")]
    name = printable(source.name)
    if not written:
        names = {field.name for field in message.fields}
        if names.intersection(_SOLVER_FIELDS):
            nets = [scalar(field) for field in message.fields if field.name in ("net", "train_net")]
            named = printable(f": {nets[0]}") if nets else ""
            says = f"this file says how a net is trained; the net is in another file{short(named, 200)}"
            raise ArchcalcError(f"{name}: {says}")
        raise ArchcalcError(f"{name}: the file has no layer")
    if len(written) > MOST_LAYERS:
        raise ArchcalcError(f"{name}: the file has more than {MOST_LAYERS:,} layers")
    problems.check_names(message, _NET_FIELDS)
    net_name = ""
    feeds: list[Feed] = []
    layers: list[CaffeLayer] = []
    stages: Sequence[str] = ()
    with problems.noted("the file"):
        net_name = Options(message, "", 0).text("name", "")
        stages = _stages(message)
        feeds += _inputs(message)
    for field in written:
        layer: CaffeLayer | None = None
        with problems.noted("a layer", field.place):
            layer = _layer(field, problems)
        if layer is None:
            continue
        with problems.noted(layer.name, field.place):
            if _runs(layer, stages):
                (feeds.extend(_fed(layer)) if layer.type in DATA else layers.append(layer))
    return CaffeNet(net_name, feeds, layers)


def _layer(field: CaffeField, problems: ProblemList) -> CaffeLayer:
    message = field.value
    if isinstance(message, str):
        raise CaffeProblem(f"'{field.name}' must be a message in braces", field.value_place)
    if message.all("layer"):
        says = "this is the oldest spelling, a layer inside of 'layers'"
        raise CaffeProblem(says, field.place, "Caffe's tool upgrade_net_proto_text writes it anew")
    problems.check_names(message, _LAYER_FIELDS, tolerates="_param")
    for inner in message.fields:
        if inner.name in FIELDS and isinstance(inner.value, CaffeMessage):
            problems.check_names(inner.value, FIELDS[inner.name])
    types = message.all("type")
    if not types:
        raise CaffeProblem("the layer has no type", field.place)
    name = Options(message, "", field.place).text("name", "")
    bottoms, tops = message.all("bottom"), message.all("top")
    for one in (*bottoms, *tops):
        scalar(one)
    return CaffeLayer(name, plain_type(scalar(types[0])), bottoms, tops, message, types[0])


# --- phases -------------------------------------------------------------------------------------------------


def _stages(message: CaffeMessage) -> list[str]:
    states = [field.value for field in message.all("state") if isinstance(field.value, CaffeMessage)]
    return [scalar(field) for state in states for field in state.all("stage")]


def _runs(layer: CaffeLayer, stages: Sequence[str]) -> bool:
    """Whether a layer belongs to the net in the test phase, as Caffe decides it (net.cpp, StateMeetsRule)."""
    includes, excludes = layer.message.all("include"), layer.message.all("exclude")
    if includes:
        return any(_meets(rule, stages) for rule in includes)
    return not any(_meets(rule, stages) for rule in excludes)


def _meets(field: CaffeField, stages: Sequence[str]) -> bool:
    if not isinstance(field.value, CaffeMessage):
        raise CaffeProblem(f"'{field.name}' must be a message in braces", field.value_place)
    rule = Options(field.value, field.name, field.place)
    level = 0
    return (
        rule.word("phase", {"TRAIN": False, "TEST": True, "0": False, "1": True}, True)
        and rule.number("min_level", level) <= level <= rule.number("max_level", level)
        and all(scalar(one) in stages for one in field.value.all("stage"))
        and not any(scalar(one) in stages for one in field.value.all("not_stage"))
    )


# --- what comes from outside --------------------------------------------------------------------------------


def _inputs(message: CaffeMessage) -> list[Feed]:
    """The inputs in the old spelling: ``input`` with ``input_shape``, or with four ``input_dim``."""
    names, shapes = message.all("input"), message.all("input_shape")
    dims = Options(message, "", 0).counts("input_dim", least=-1)
    if dims and len(dims) != 4 * len(names):
        raise CaffeProblem("every input has four 'input_dim'", message.all("input_dim")[0].place)
    feeds = []
    for place, field in enumerate(names):
        shape: tuple[int, ...] | None = tuple(dims[4 * place : 4 * place + 4]) or None
        if place < len(shapes):
            shape = _shape(shapes[place])
        feeds.append(Feed(scalar(field), shape, field.value_place))
    return feeds


def _shape(field: CaffeField) -> tuple[int, ...] | None:
    if isinstance(field.value, str):
        raise CaffeProblem(f"'{field.name}' must be a message in braces", field.value_place)
    return tuple(Options(field.value, field.name, field.place).counts("dim", least=-1)) or None


def _fed(layer: CaffeLayer) -> list[Feed]:
    """What a data layer gives: the images come first, labels and the like behind them."""
    options = layer.options(*DATA[layer.type])
    shapes = [_shape(field) for field in options.message.all("shape")]
    if layer.type == "memorydata":
        sizes = [options.count(name, 1) for name in ("batch_size", "channels", "height", "width")]
        shapes = [tuple(sizes), None]
    elif layer.type == "dummydata" and not shapes:
        columns = [options.counts(name) for name in ("num", "channels", "height", "width")]
        shapes = [tuple(sizes) for sizes in zip(*columns, strict=False)]
    crop = layer.options("transform_param").count("crop_size", 0, least=0)
    crop = crop or options.count("crop_size", 0, least=0)
    feeds = []
    for place, top in enumerate(layer.tops):
        # One shape may stand for all tops.
        shape = shapes[min(place, len(shapes) - 1)] if shapes else None
        feeds.append(Feed(scalar(top), shape, top.value_place, 0 if place else crop))
    return feeds


def reader_counts(layers: Sequence[CaffeLayer]) -> Counter[tuple[int, str]]:
    """How many layers read each top; a top is known by the place of its layer and its name.

    Layers that only judge the output do not count.
    """
    last: dict[str, int] = {}
    counts: Counter[tuple[int, str]] = Counter()
    for place, layer in enumerate(layers):
        if layer.type not in JUDGES:
            counts.update((last[name], name) for name in map(scalar, layer.bottoms) if name in last)
        last |= dict.fromkeys(map(scalar, layer.tops), place)
    return counts


def similar_blob(name: str, known: Sequence[str]) -> str:
    """A hint for a bottom that no layer gives."""
    close = closest(name, known[-1000:])
    return f"did you mean '{close}'?" if close else ""
