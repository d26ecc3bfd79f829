"""Window shapes against the shape inference of ONNX, on a few hundred random cases, the same every time."""

from __future__ import annotations

import random
from typing import Any

import pytest

from archcalc.ops import OPS
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.window import WindowOp

onnx = pytest.importorskip("onnx")

OPSET = 22  # the first whose pools clip the last window of ceil_mode
CASES = 200


def inferred(
    kind: str, x: Volume, weight: tuple[int, ...] | None, attributes: dict[str, Any]
) -> tuple[int, ...]:
    """The output sizes that ONNX infers, in its order N, C, H, W."""
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("x", number, (1, x.channels, *x.spatial))]
    if weight is not None:
        inputs.append(helper.make_tensor_value_info("w", number, weight))
    node = helper.make_node(kind, [item.name for item in inputs], ["y"], **attributes)
    answer = helper.make_tensor_value_info("y", number, None)
    graph = helper.make_graph([node], "one", inputs, [answer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    known = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return tuple(dim.dim_value for dim in known.graph.output[0].type.tensor_type.shape.dim)


def padding(pad: Any, rank: int) -> dict[str, Any]:
    """Our padding as ONNX writes it: all the zeros before, then all those after."""
    if isinstance(pad, str):
        return {"auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[pad]}
    sides = [side if isinstance(side, tuple) else (side, side) for side in per_axis(pad, rank)]
    return {"pads": [before for before, _ in sides] + [after for _, after in sides]}


def fits(op: WindowOp, x: Volume) -> bool:
    return all(claim.note or claim.relation(claim.left, claim.right) for claim in op.claims((x,)))


def fitting(seed: str, draw: Any) -> list[tuple[Any, Volume]]:
    """CASES random ops that fit their inputs."""
    rng = random.Random(seed)
    found: list[tuple[Any, Volume]] = []
    while len(found) < CASES:
        rank = rng.randint(1, 3)
        options = {
            "kernel": tuple(rng.randint(1, 5) for _ in range(rank)),
            "stride": tuple(rng.randint(1, 4) for _ in range(rank)),
            "pad": rng.choice(
                [
                    "same",
                    "valid",
                    rng.randint(0, 2),
                    tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank)),
                ]
            ),
        }
        op, channels = draw(rng, options, rank)
        x = Volume(tuple(rng.randint(1, 20) for _ in range(rank)), channels)
        if fits(op, x):
            found.append((op, x))
    return found


def _conv(rng: random.Random, options: dict[str, Any], rank: int) -> tuple[Any, int]:
    groups = rng.randint(1, 3)
    dilation = tuple(rng.randint(1, 3) for _ in range(rank))
    op = OPS["conv"](filters=groups * rng.randint(1, 3), groups=groups, dilation=dilation, **options)
    return op, groups * rng.randint(1, 3)


def test_conv():
    for op, x in fitting("conv", _conv):
        y = op.shape((x,))
        (weight,) = (weight.shape for weight in op.weights((x,), y) if weight.name == "weight")
        attributes = {
            "strides": op.stride,
            "dilations": op.dilation,
            "group": op.groups,
            **padding(op.pad, x.rank),
        }
        assert inferred("Conv", x, weight, attributes) == (1, y.channels, *y.spatial), (op, x)


def _pool(name: str) -> Any:
    def draw(rng: random.Random, options: dict[str, Any], rank: int) -> tuple[Any, int]:
        return OPS[name](**options, rounding=rng.choice(["floor", "ceil"])), rng.randint(1, 3)

    return draw


@pytest.mark.parametrize("name", ["maxpool", "avgpool", "l2pool"])
def test_pools(name):
    kind = {"maxpool": "MaxPool", "avgpool": "AveragePool", "l2pool": "LpPool"}[name]
    roundings = set()
    for op, x in fitting(name, _pool(name)):
        y = op.shape((x,))
        ceil_mode = op.rounding == "ceil" and op.pad != "same"
        # ONNX rounds VALID down whatever ceil_mode says; ours is no padding, rounded as asked.
        pad = 0 if ceil_mode and op.pad == "valid" else op.pad
        attributes = {"kernel_shape": op.kernel, "strides": op.stride, **padding(pad, x.rank)}
        assert inferred(kind, x, None, attributes | {"ceil_mode": int(ceil_mode)}) == (
            1,
            y.channels,
            *y.spatial,
        ), (
            op,
            x,
        )
        roundings.add(ceil_mode)
    assert roundings == {True, False}


def _deconv(rng: random.Random, options: dict[str, Any], rank: int) -> tuple[Any, int]:
    groups = rng.randint(1, 3)
    pad = options["pad"] if isinstance(options["pad"], int) else 0
    # ONNX allows as much output padding as PyTorch: less than a step.
    extra = tuple(rng.randint(0, stride - 1) for stride in options["stride"])
    op = OPS["deconv"](**options | {"pad": pad}, filters=groups * 2, groups=groups, output_pad=extra)
    return op, groups * rng.randint(1, 3)


def test_deconv():
    for op, x in fitting("deconv", _deconv):
        y = op.shape((x,))
        (weight,) = (weight.shape for weight in op.weights((x,), y) if weight.name == "weight")
        attributes = {"strides": op.stride, "group": op.groups, "output_padding": op.output_pad}
        answer = inferred("ConvTranspose", x, weight, attributes | padding(op.pad, x.rank))
        assert answer == (1, y.channels, *y.spatial), (op, x)


def test_global_pools():
    for name, kind in (
        ("maxpool", "GlobalMaxPool"),
        ("avgpool", "GlobalAveragePool"),
        ("l2pool", "GlobalLpPool"),
    ):
        y = OPS[name](kernel="global").shape((Volume((7, 5), 3),))
        # ONNX leaves axes of one value; ours are gone, the values are the same
        assert inferred(kind, Volume((7, 5), 3), None, {}) == (1, y.channels, 1, 1)
