"""Rows as the CS231n lectures write them, down to their rounding: two significant digits of memory."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.errors import ArchcalcError
from archcalc.ops import OPS, lecture_name
from archcalc.render import units
from archcalc.results import Analysis, Layer, Shape

ENDINGS: tuple[str, ...] = ()
ACCEPTS = (Analysis,)

NEEDED = ("params", "weights", "norm_params", "slide_activations", "slide_activation_bytes")
"""The quantities that the rows and the totals print."""


def render(analysis: Analysis) -> str:
    """One line for every row that the lectures give one, and the totals.

    ``CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728``: memory counts values,
    params leave the biases out. Raises ArchcalcError if a figure was not computed.
    """
    for key in NEEDED:
        if not analysis.has(key):
            raise ArchcalcError(f"the analysis was not asked for '{key}'")
    rows = [("INPUT:", _volume(analysis.input), _memory(analysis.input), "0 (not counting biases)")]
    for layer in analysis.layers:
        if layer.slide_activations:
            rows.append((f"{_label(layer)}:", _volume(layer.output), _memory(layer.output), _params(layer)))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [
        f"{name:{widths[0]}} {volume:{widths[1]}}  memory: {memory:{widths[2]}}  params: {params}"
        for name, volume, memory, params in rows
    ]
    return "\n".join([*lines, *_totals(analysis)]) + "\n"


def _totals(analysis: Analysis) -> list[str]:
    totals = analysis.totals
    # The lectures print the memory of one image, whatever the batch is.
    size = totals.slide_activation_bytes // analysis.batch
    values = totals.slide_activations // analysis.batch
    product = f"{_short(values)} * {analysis.value_bytes} bytes"
    return [
        "",
        f"TOTAL memory: {product} = {size / 10**6:.1f}MB / image (only forward)",
        f"TOTAL params: {_short(totals.params)} parameters ({_short(totals.weights)} not counting biases)",
    ]


def _short(value: int) -> str:
    return units.count(value, "auto")


def _label(layer: Layer) -> str:
    """The kind of row with its kernel and filters: CONV3-64, POOL2, FC-4096, NORM."""
    options = layer.options
    kernel = units.square(options["kernel"]) if isinstance(options.get("kernel"), list) else ""
    name = lecture_name(layer.op).upper()
    if layer.weighted and (written := OPS[layer.op].notation(kernel, layer.output[-1])):
        # Slides write the VGG paper's conv3-64 with a large CONV.
        return written.replace(layer.op, name)
    return f"{name}{kernel}" if name == "POOL" else name


def _volume(shape: Shape) -> str:
    return f"[{units.shape(shape if len(shape) > 1 else (1, 1, *shape))}]"


def _memory(shape: Shape) -> str:
    size = 1
    for side in shape:
        size *= side
    return str(size) if len(shape) == 1 else f"{'*'.join(map(str, shape))}={two_digits(size)}"


def two_digits(value: int) -> str:
    """Two significant digits with K, M or G, as the slides print memory; whole below 10,000.

    >>> [two_digits(n) for n in (150528, 3211264, 802816, 25088, 4096)]
    ['150K', '3.2M', '800K', '25K', '4096']
    """
    if value < 10_000:
        return str(value)
    # Truncated and not rounded: the slides print 150,528 as 150K.
    step = 10 ** (len(str(value)) - 2)
    kept = value // step * step
    name, scale = next((name, scale) for name, scale in reversed(units.SCALES.items()) if kept >= scale)
    whole, rest = divmod(kept, scale)
    return f"{whole}.{rest * 10 // scale}{name}" if whole < 10 else f"{whole}{name}"


def _params(layer: Layer) -> str:
    """The weights as a product: filters times what one of them reads."""
    if not layer.weights:
        return f"{layer.norm_params:,}" if layer.norm_params else "0"
    # PyTorch's order of axes: filters, channels, then the sides of the kernel.
    shape = layer.weight_shapes.get("weight", ())
    if layer.op == "conv" and len(shape) > 2:
        return f"({_product([*shape[2:], shape[1]])})*{shape[0]} = {layer.weights:,}"
    if layer.op == "fc":
        return f"{_product(layer.input[0])}*{shape[0]} = {layer.weights:,}"
    return f"{layer.weights:,}"


def _product(factors: Sequence[int]) -> str:
    return "*".join(map(str, factors))
