"""The layers of a network as the tools of PyTorch see them, for any kind of dimension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from archcalc.conventions.models import AS_LAYERS, Written, written
from archcalc.conventions.tool import (
    ABSORBED,
    ADAPTIVE,
    FOLDED,
    FORMS,
    GLOBAL,
    IN_GRID,
    LAST_SOFTMAX,
    OVER_VOLUMES,
    TOKENS_FC,
    WINDOWED,
    WINDOWED_COSINE,
)
from archcalc.dims import Truth, at_least, divides, prod, same
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.engine.worked import Worked
from archcalc.errors import ArchcalcError
from archcalc.network import Input, Network
from archcalc.ops.pool import AdaptiveAvgPool

OTHER_ATTENTION = "attention of windows or grouped queries"
"""Attention in a form of which the counts of tools are not known."""

CROSS_ATTENTION = "attention of one input to another"
"""What the tools count of it is not known."""

NORMS = ("bn", "layernorm", "groupnorm", "instancenorm")


class ToolLayer(NamedTuple):
    """A layer as tools see it, and how often an equal one stands in the network.

    ``functional``: the model calls a function for it. ``reused``: it is a call of a module before the last.
    ``only_torch``: the network does not have it, and its model in PyTorch does.
    """

    op: str
    worked: Worked
    functional: bool = False
    reused: bool = False
    times: int = 1
    only_torch: bool = False


def tool_layers(network: Network, how: Written = AS_LAYERS, *, aux: bool = False) -> list[ToolLayer]:
    """The layers of a network as tools see them, if its model is written so; auxiliary heads only if ``aux``.

    Raises SpecError for a network that does not fit.
    """
    return layers_of(walk_or_raise(network, aux=aux)[0], how)


def layers_of(steps: Iterable[Step], how: Written) -> list[ToolLayer]:
    """The same of a network that has been walked."""
    times = Counter(layer for _, layer in layers_by_path(steps, how))
    layers = [layer._replace(times=count) for layer, count in times.items()]
    return [*layers, *pool_before_fc(layers)] if how.pools_before_fc else layers


def as_written(network: Network) -> Written:
    """How the model of a network is written: as torchvision does, else with every layer a module."""
    return written(network.name)


def layers_by_path(steps: Iterable[Step], how: Written) -> list[tuple[str, ToolLayer]]:
    """Every layer by its path, as tools see it; the inputs of the network are no layers."""
    steps = [step for step in steps if not isinstance(step.op, Input)]
    readers = Counter(source for step in steps for source in step.node.inputs)
    # An exporter folds a normalization into the convolution that only it reads.
    alone = {step.number: step for step in steps if step.op.name == "conv" and readers[step.number] == 1}
    return [(step.node.path, _seen(step, how, alone)) for step in steps]


def _seen(step: Step, how: Written, convolutions: Mapping[int, Step]) -> ToolLayer:
    own = op_as_tools_see(step.worked)
    if own == "bn" and step.node.inputs[0] in convolutions:
        before = convolutions[step.node.inputs[0]].worked
        own = ABSORBED if any(weight.role == "bias" for weight in before.weights) else FOLDED
    op = next((other for pattern, other in how.instead.items() if _is_among([pattern], own, step)), own)
    return ToolLayer(op, step.worked, _is_among(how.functional, op, step), _is_among(how.reused, op, step))


def _is_among(patterns: Sequence[str], op: str, step: Step) -> bool:
    path = step.node.path
    return any(pattern in (op, FORMS.get(op), path) or fnmatchcase(path, pattern) for pattern in patterns)


def op_as_tools_see(worked: Worked) -> str:
    """The op of a layer, or the form of it that tools count in another way (``conventions.tool``)."""
    op: Any = worked.op
    x, y, name = worked.xs[0], worked.y, op.name
    if name == "adaptive_maxpool":
        return "adaptive maxpool"
    if name == "parameter" and op.how != "prepend":
        return "added parameter" if op.how == "add" else "multiplied parameter"
    if name == "attention" and len(worked.xs) > 1:
        return CROSS_ATTENTION
    if name == "attention" and not _is_multihead(worked):
        return _other_attention(op)
    whole = OVER_VOLUMES if x.rank == 3 else GLOBAL
    if name in ("maxpool", "avgpool") and op.window == "global":
        return whole if name == "avgpool" else "adaptive maxpool"
    if name == "adaptive_avgpool":
        if all(_decided(same(side, 1), name) for side in y.spatial):
            return whole
        if x.rank == 3:
            return "adaptive avgpool of volumes"
        parts = zip(x.spatial, y.spatial, strict=False)
        even = all(_decided(divides(part, size), name) for size, part in parts)
        return ADAPTIVE if even else "uneven avgpool"
    if name in NORMS and not any(weight.role == "norm" for weight in worked.weights):
        return f"plain {name}"
    if name == "add" and getattr(op, "scale", 1) != 1:
        return "scaled add"
    if name == "upsample":
        return _upsample(op)
    if name == "conv" and op.standardize:
        return "conv with standardised weights"
    if name == "fc" and y.spatial:
        return TOKENS_FC
    # The softmax of a classifier is a part of the loss in PyTorch, and not of the model.
    is_last = name == "softmax" and all(_decided(same(side, 1), name) for side in y.spatial)
    return LAST_SOFTMAX if is_last else name


def _is_multihead(worked: Worked) -> bool:
    """Whether an attention is PyTorch's ``MultiheadAttention`` of a sequence with itself."""
    op: Any = worked.op
    has_more = (op.kv_heads, op.head_width, op.windows) != (None, None, None) or op.relative_bias != "none"
    return len(worked.xs) == 1 and not has_more and op.bias is True and op.out_bias is True


def _upsample(op: Any) -> str:
    """The form of an interpolation; of other modes than nearest and linear no count of a tool is known."""
    if op.mode not in ("nearest", "linear"):
        return f"upsample of mode {op.mode}"
    form = "upsample" if op.mode == "nearest" else "linear upsample"
    return form if op.factor else f"sized {form}"


def _other_attention(op: Any) -> str:
    """The form of an attention that is not PyTorch's ``MultiheadAttention``."""
    is_plain = (op.kv_heads, op.out_width, op.bias, op.out_bias) == (None, None, True, True)
    if not is_plain or op.windows is None:
        return OTHER_ATTENTION
    forms = {
        ("dot", "table", False): WINDOWED,
        ("cosine", "mlp", False): WINDOWED_COSINE,
        ("dot", "table", True): IN_GRID,
    }
    return forms.get((op.similarity, op.relative_bias, op.grid), OTHER_ATTENTION)


def pool_before_fc(layers: Sequence[ToolLayer]) -> Iterator[ToolLayer]:
    """The pooling that torchvision puts before the first fully connected layer, if that sees a map."""
    for layer in layers:
        (x, *_) = layer.worked.xs
        if layer.op == "fc" and x.spatial and _decided(at_least(prod(x.spatial), 2), "fc"):
            pool = Worked(AdaptiveAvgPool(output=x.spatial), (x,), x)
            yield ToolLayer(ADAPTIVE, pool, only_torch=True)
            return


def _decided(truth: Truth, op: str) -> bool:
    """A comparison of sizes that must come out alike for all networks of a sweep. Raises ArchcalcError."""
    try:
        return bool(truth if isinstance(truth, bool) else _alike(truth))
    except (TypeError, ValueError):
        raise ArchcalcError(
            f"some of these networks have another form of {op}, which tools count in another way: "
            "sweep fewer sizes, or leave --convention out"
        ) from None


def _alike(truth: Truth) -> Truth:
    """A mask that is the same everywhere, as one truth; else it stays, and has none."""
    numbers: Any = getattr(truth, "numbers", truth)
    if hasattr(numbers, "all") and numbers.all():
        return True
    return False if hasattr(numbers, "any") and not numbers.any() else truth
