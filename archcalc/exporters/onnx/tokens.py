"""What the ops of token networks are in ONNX: matrices, trained values, words. Their channels are last."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.graph import OnnxWriter


def product(layer: Placed, writer: OnnxWriter, x: str, name: str) -> tuple[str, str, list[str]]:
    """The last node of a product with a trained matrix and of the sum with its bias: type, name, inputs.

    ``name`` is that of one of several products of a layer, or empty.
    """
    arrays = {weight.name: weight.shape for weight in layer.op.weights(layer.xs, layer.y)}
    weight, bias = (f"{name}_{part}" if name else part for part in ("weight", "bias"))
    at = f"{name}/" if name else ""
    read = [x, writer.matrix(layer, weight, arrays[weight])]
    if bias not in arrays:
        return "MatMul", f"{at}MatMul", read
    products = writer.before(layer, "MatMul", f"{at}MatMul", read)
    return "Add", f"{at}Add", [products, writer.weight(layer, bias, arrays[bias])]


def project(layer: Placed, writer: OnnxWriter, x: str, name: str = "") -> None:
    """A product with a trained matrix that gives the values of a layer."""
    type, _, read = product(layer, writer, x, name)
    writer.add(layer, type, read, last=True)


def parameter(layer: Placed, writer: OnnxWriter) -> None:
    op, (x,) = layer.op, layer.xs
    (values,) = op.weights(layer.xs, layer.y)
    if op.prepends:
        tokens = _values(layer, writer, (1, *values.shape))
        writer.add(layer, "Concat", [tokens, *writer.inputs(layer, last=True)], last=True, axis=1)
        return
    # One value for each channel, or for all, has its place in both orders of axes.
    last = writer.is_last(layer) or (op.per in ("value", "position") and bool(x.rank))
    shape = {
        "value": values.shape,
        "position": (*values.shape, 1),
        "channel": (x.channels, *(() if last else (1,) * x.rank)),
    }.get(op.per, (1,))
    given = _values(layer, writer, shape)
    if op.rows is not None and op.rows != x.spatial[0]:
        limits = {"starts": 0, "ends": x.spatial[0], "axes": 0}
        numbers = [writer.constant(layer, name, [value]) for name, value in limits.items()]
        given = writer.before(layer, "Slice", "rows", [given, *numbers])
    type = "Add" if op.how == "add" else "Mul"
    writer.add(layer, type, [*writer.inputs(layer, last), given], last)


def _values(layer: Placed, writer: OnnxWriter, shape: tuple[int, ...]) -> str:
    """The values of a parameter. A fixed table is no stored weight, so that readers do not count it."""
    if layer.op.trained:
        return writer.weight(layer, "values", shape)
    return writer.filled(layer, "values", shape, 0.0)


def embedding(layer: Placed, writer: OnnxWriter) -> None:
    (x,), (source,) = layer.xs, layer.inputs
    ((words),) = writer.inputs(layer, last=True)
    if source not in writer.words:
        axis = writer.constant(layer, "axis", [x.rank + 1 if x.rank else 1])
        words = writer.before(layer, "Squeeze", "Squeeze", [words, axis])
        words = writer.before(layer, "Cast", "Cast", [words], to=7)
    (table,) = layer.op.weights(layer.xs, layer.y)
    writer.add(layer, "Gather", [writer.weight(layer, "weight", table.shape), words], last=True, axis=0)


def matmul(layer: Placed, writer: OnnxWriter) -> None:
    first, second = writer.inputs(layer, last=True)
    if layer.op.transpose:
        rank = layer.xs[1].rank
        perm = (*range(rank), rank + 1, rank)
        second = writer.before(layer, "Transpose", "Transpose", [second], perm=perm)
    writer.add(layer, "MatMul", [first, second], last=True)


TOKENS: Mapping[str, Callable[[Placed, OnnxWriter], None]] = {
    "parameter": parameter,
    "embedding": embedding,
    "matmul": matmul,
}
