"""The two layers of Fukushima's Neocognitron."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Kept,
    Op,
    Reach,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.option_types import Count, PerAxis, Sizes
from archcalc.ops.options import option
from archcalc.ops.window import WindowOp, torch_window


@operation
class SCells(WindowOp):
    """S-cells: feature extraction with trained weights shared in a plane and one inhibition per plane.

    Each plane has F·F·K excitatory weights ``a`` and one inhibitory coefficient ``b``; the inhibitory cells
    average their area with fixed weights ``c``, stored once per layer. The cost is that of the excitatory
    sums.

    >>> from archcalc.ops.base import Volume
    >>> us1 = SCells(planes=24, kernel=5, pad=2)
    >>> x = Volume((16, 16), 1)
    >>> us1.cost((x,), us1.shape((x,)))
    {'macs': 153600}
    """

    name = "s_cells"
    width_option = "planes"
    source = "Fukushima 1980, section 3 and equations 1 to 4"
    weighted = True
    keeps = ("input", "output")

    planes: Dim = option(Count(), "number of cell-planes", main=True)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.windows(x), self.planes)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        # The weights c of the inhibitory cells are fixed, and all planes share them.
        kernel = per_axis(self.kernel, x.rank)
        yield Weight("a", (self.planes, x.channels, *kernel))
        yield Weight("b", (self.planes,), "bias")
        yield Weight("c", kernel, "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"macs": y.size * (prod(per_axis(self.kernel, x.rank)) * x.channels)}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # One inhibitory cell for each position: all planes share it.
        yield Kept("inhibition of the area", prod(y.spatial))
        yield Kept("excess", y.size)
        yield Kept("shunt", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        kernel, stride = per_axis(self.kernel, x.rank), per_axis(self.stride, x.rank)
        return torch_window(
            nn,
            self,
            x,
            lambda padding, _: nn.SCells(
                self.planes, x.channels, kernel, x.rank, {"stride": stride, "padding": padding}
            ),
        )


@operation
class CCells(Op):
    """C-cells: a fixed blur of every S-plane, thinned out to a stated size.

    The paper gives the number of cells, not a stride: its 16x16 to 10x10 has no whole (W - F + 2P)/S + 1.
    So the output size is an option; ``stride`` is a reading of the spacing and enters the receptive field
    only. One fixed kernel ``d`` per layer; its weights are not trained.

    >>> from archcalc.ops.base import Volume
    >>> uc1 = CCells(output=10, kernel=5, stride=2)
    >>> x = Volume((16, 16), 24)
    >>> uc1.shape((x,)).dims, uc1.cost((x,), uc1.shape((x,)))
    ((10, 10, 24), {'macs': 60000})
    """

    name = "c_cells"
    source = "Fukushima 1980, section 3 and the sizes of section 5"
    weighted = True

    output: Sizes = option(PerAxis(), "cells along every axis, or along each", main=True)
    kernel: Sizes = option(PerAxis(), "side F of the area that a cell blurs")
    stride: Sizes = option(PerAxis(), "spacing of the cells, for the receptive field only", default=1)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        # The cells are thinned out, so there are at most as many as before.
        for size, cells in zip(x.spatial, per_axis(self.output, x.rank), strict=False):
            yield _no_more(cells, size)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(per_axis(self.output, x.rank), x.channels)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("d", per_axis(self.kernel, x.rank), "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"macs": y.size * prod(per_axis(self.kernel, x.rank))}

    def reach(self, xs: Inputs) -> list[Reach]:
        (x,) = xs
        pairs: Iterable[tuple[Dim, Dim]] = zip(
            per_axis(self.kernel, x.rank), per_axis(self.stride, x.rank), strict=False
        )
        return [Reach(extent, step) for extent, step in pairs]

    def depth(self) -> int:
        return 0  # nothing in it is trained

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # The blur is fixed, so only what saturates is needed: u / (1 + u).
        yield Kept("blur", y.size)
        yield Kept("divisor", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.CCells(self.shape(xs).spatial, per_axis(self.kernel, x.rank), x.spatial)


def _no_more(cells: Dim, size: Dim) -> Claim:
    return Claim(
        dims.at_least,
        size,
        cells,
        lambda: f"the output size {cells} is larger than the {size} S-cells of the input",
        "output",
    )
