"""Ops of dense prediction and video: what they refuse, and what PyTorch's own functions give."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.ops import OPS
from archcalc.ops.base import Volume

SPEC = "name: net\ninput: {input}\nlayers:\n  - {layer}\n"


def outputs(input: str, *layers: str) -> list[tuple[int, ...]]:
    text = SPEC.format(input=input, layer="\n  - ".join(layers))
    return [tuple(row.output) for row in archcalc.analyze(parse(Source("net", text)).bind()).layers]


@pytest.mark.parametrize(
    ("input", "layer", "says"),
    [
        ("[8]", "{hardtanh: , low: 1, high: 1}", "the upper limit is not above the lower limit"),
        ("[8]", "{hardtanh: , low: 2}", "the upper limit is not above the lower limit"),
        ("[8]", "{celu: 0}", "must be a number above 0, not 0"),
        ("[1, 1, 8]", "instancenorm", "needs more than one value per channel"),
        ("[8, 8, 8]", "{upsample: , size: 4, mode: unpool}", "unpool of 8 to 4 has no place for each value"),
        ("[8, 8]", "{mean: height}", "8x8 has no height"),
        ("[8, 8, 8]", "{max: depth}", "8x8x8 has no depth"),
        ("[8]", "{mean: width}", "needs a spatial input"),
        ("[4, 4, 4, 2]", "{stack: , from: [input, input]}", "a fourth is not possible"),
        ("[4, 4, 2]", "{stack: {a: [], b: [{conv: 2, kernel: 3}]}}", "their maps differ"),
        ("[4, 4, 2]", "{stack: {a: [], b: [{conv: 3, kernel: 1}]}}", "their channels differ"),
    ],
)
def test_what_does_not_fit_is_refused(input: str, layer: str, says: str) -> None:
    with pytest.raises(ArchcalcError, match=says):
        outputs(input, layer)


@pytest.mark.parametrize(
    ("input", "layer", "output"),
    [
        ("[4, 6, 5, 3]", "{mean: depth}", (1, 6, 5, 3)),
        ("[4, 6, 5, 3]", "{max: height}", (4, 1, 5, 3)),
        ("[4, 6, 5, 3]", "{mean: width}", (4, 6, 1, 3)),
        ("[6, 5, 3]", "{mean: height}", (1, 5, 3)),
        ("[5, 3]", "{max: width}", (1, 3)),
        ("[6, 5, 3]", "{mean: positions}", (1, 1, 3)),
        ("[6, 5, 3]", "{max: channels}", (6, 5, 1)),
        ("[3]", "{stack: , from: [input, input]}", (2, 3)),
        ("[6, 5, 3]", "{stack: {a: [], b: [], c: []}}", (3, 6, 5, 3)),
    ],
)
def test_the_output(input: str, layer: str, output: tuple[int, ...]) -> None:
    assert outputs(input, layer)[-1] == output


def test_l2norm_is_the_one_of_ssd() -> None:
    """torchvision's ``scale_weight.view(1, -1, 1, 1) * F.normalize(x)``."""
    torch = pytest.importorskip("torch")
    from archcalc.backends.modules import Modules

    x = torch.randn(2, 6, 3, 5)
    layer = OPS["l2norm"]().torch(Modules(), (Volume((3, 5), 6),))
    layer.gamma.data = torch.rand(6)
    expected = layer.gamma.view(1, -1, 1, 1) * torch.nn.functional.normalize(x)
    torch.testing.assert_close(layer(x), expected)


def test_unpool_puts_each_value_where_max_unpooling_may() -> None:
    """PyTorch's MaxUnpool2d, told that each maximum was the first value of its window."""
    torch = pytest.importorskip("torch")
    from archcalc.backends.modules import Modules

    x = torch.rand(1, 2, 3, 4)
    places = 16 * torch.arange(3)[:, None] + 2 * torch.arange(4)
    indices = places.expand(1, 2, 3, 4).contiguous()
    layer = OPS["upsample"](factor=2, mode="unpool").torch(Modules(), (Volume((3, 4), 2),))
    torch.testing.assert_close(layer(x), torch.nn.MaxUnpool2d(2)(x, indices))


def test_bytes_of_an_8_bit_network() -> None:
    text = SPEC.format(input="[8, 8, 3]", layer="{conv: 4, kernel: 3, then: [bn, relu]}\n  - {fc: 10}")
    found = archcalc.analyze(parse(Source("net", text)).bind())
    conv, bn, relu, fc = found.layers
    assert [row.quantised_param_bytes for row in found.layers] == [108 + 4 * 4, 4 * 8, 0, 1440 + 4 * 10]
    assert found.totals.quantised_param_bytes == 108 + 1440 + 4 * (4 + 8 + 10)
    assert (conv.accumulator_bytes, fc.accumulator_bytes) == (4 * 6 * 6 * 4, 40)
    assert (bn.accumulator_bytes, relu.accumulator_bytes) == (0, 0)
