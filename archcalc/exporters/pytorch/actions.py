"""What each op is in PyTorch: modules, and expressions that use them. Tensors are N, C, then space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.pytorch.joins import OWN, Action, parameter
from archcalc.exporters.pytorch.record import Made, ModuleCall, Recorder, call_of, needed

MOST_CHUNKS = 8
"""The most equal parts of which a slice may be one."""

PLAIN: Mapping[str, str] = {
    "nn.Flatten": "torch.flatten({0}, 1)",
    "nn.ReLU": "F.relu({0})",
    "nn.ReLU6": "F.relu6({0})",
    "nn.SiLU": "F.silu({0})",
    "nn.GELU": "F.gelu({0})",
    "nn.Hardswish": "F.hardswish({0})",
    "nn.Hardsigmoid": "F.hardsigmoid({0})",
    "nn.Mish": "F.mish({0})",
    "nn.SELU": "F.selu({0})",
    "nn.Softplus": "F.softplus({0})",
    "nn.Sigmoid": "torch.sigmoid({0})",
    "nn.Tanh": "torch.tanh({0})",
    "nn.Softmax": "torch.softmax({0}, 1)",
    "nn.LogSoftmax": "torch.log_softmax({0}, 1)",
    "nn.GLU": "F.glu({0}, 1)",
}
"""Functions for modules that store nothing."""


def actions_of(layer: Placed) -> tuple[Action, ...]:
    """The steps of a layer. Raises NotInFormat."""
    own = OWN.get(layer.op.name)
    if own is not None:
        return tuple(own(layer))
    try:
        made = layer.op.torch(Recorder(), layer.xs)
    except NotImplementedError:
        raise NotInFormat(f"archcalc writes no module for {layer.op.name}") from None
    return tuple(_steps(made, layer))


def _steps(made: Made, layer: Placed) -> list[Action]:
    """The steps of a recorded module."""
    if made.name == "Sequential":
        return _joined_pads([step for part in made.args for step in _steps(part, layer)])
    special = SPECIAL.get(made.name)
    if special is not None:
        return special(made, layer)
    if made.name == "Hardtanh" and made.args[0] >= made.args[1]:
        raise NotInFormat("PyTorch's Hardtanh has a lower limit below the higher one")
    if made.name.startswith(("GroupNorm", "InstanceNorm")) and layer.op.sets(layer.y) == layer.y.size:
        raise NotInFormat("PyTorch normalises sets of several values only")
    call = call_of(made)
    if call is None or call.name in ("nn.Owned",):
        raise NotInFormat(f"archcalc writes no module for {layer.op.name}")
    if made.without:
        call = _without(call, made.without)
    plain = PLAIN.get(call.name, "") if all(value == default for _, value, default in call.args[1:]) else ""
    if call.name == "nn.GELU" and call.args[0][1] != "none":
        plain = 'F.gelu({0}, approximate="tanh")'
    return [Action(call, plain=plain)]


def _without(call: ModuleCall, names: Sequence[str]) -> ModuleCall:
    """The same norm without its scale or its shift."""
    if set(names) == {"weight", "bias"}:
        args = [(name, False if name == "affine" else value, default) for name, value, default in call.args]
        return ModuleCall(call.name, tuple(args))
    missing = {"weight": "Scale", "bias": "Shift"}[names[0]]
    return ModuleCall(f"{call.name.removeprefix('nn.')}Without{missing}", call.args)


# --- padding ------------------------------------------------------------------------------------------------


def _pad(made: Made, layer: Placed) -> list[Action]:
    amounts, value = made.args
    amounts = tuple(amounts)
    while len(amounts) > 2 and not any(amounts[-2:]) and len(amounts) > 2 * layer.xs[0].rank:
        amounts = amounts[:-2]
    if not any(amounts):
        return []
    if len(amounts) > 6:  # the channels of a volume
        return [Action(use=f"F.pad({{0}}, {amounts}, value={value})")]
    call = ModuleCall(f"nn.ConstantPad{len(amounts) // 2}d", needed(padding=amounts, value=value))
    return [Action(call)]


def _joined_pads(actions: list[Action]) -> list[Action]:
    """Two paddings behind each other as one, where nothing is cut off."""
    if len(actions) < 2 or not all(_is_pad(action) for action in actions[:2]):
        return actions
    (first, value), (second, _) = ([one for _, one, _ in _module(action).args] for action in actions[:2])
    if min(*first, *second) < 0 or len(first) != len(second):
        return actions
    both = tuple(a + b for a, b in zip(first, second, strict=True))
    call = ModuleCall(_module(actions[0]).name, needed(padding=both, value=value))
    return [Action(call), *actions[2:]]


def _is_pad(action: Action) -> bool:
    return action.module is not None and action.module.name.startswith("nn.ConstantPad")


def _module(action: Action) -> ModuleCall:
    assert action.module is not None
    return action.module


# --- modules that torch does not have -----------------------------------------------------------------------


def _pointwise(made: Made, layer: Placed) -> list[Action]:
    """Linear over the channels of every position: a convolution of width 1."""
    channels, units, bias = made.args
    conv = Made(f"Conv{layer.xs[0].rank}d", channels, units, 1, bias=bias)
    return [Action(call_of(conv))]


def _over_channels(made: Made, layer: Placed) -> list[Action]:
    (norm,) = made.args
    if norm.without:
        raise NotInFormat("archcalc writes no layer norm with a shift and without a scale")
    if norm.name == "RMSScale":
        channels, scale, shift = norm.args
        if shift:
            raise NotInFormat("archcalc writes no RMS norm with a shift")
        args = (*needed(normalized_shape=channels), ("elementwise_affine", scale, True))
        return [Action(ModuleCall("ChannelRMSNorm", (args[0], ("eps", None, None), args[1])))]
    call = call_of(norm)
    assert call is not None
    return [Action(ModuleCall("ChannelNorm", call.args) if layer.xs[0].rank else call)]


def _position_bias(made: Made, layer: Placed) -> list[Action]:
    inner, shape = made.args
    return [*_steps(inner, layer), Action(parameter(shape), "{0} + {m}")]


def _recurrent(made: Made, layer: Placed) -> list[Action]:
    inner, last, single = made.args
    call = call_of(inner)
    if single or call is None or (last and inner.named.get("bidirectional")):
        raise NotInFormat(
            "archcalc writes recurrent layers with two biases, and the last state of one way only"
        )
    sequence = "{m}({0}.movedim(-1, 0))[0]"
    return [Action(call, f"{sequence}[-1]" if last else f"{sequence}.movedim(0, -1)")]


def _lookup(made: Made, layer: Placed) -> list[Action]:
    rows, width = made.args
    call = ModuleCall("nn.Embedding", needed(num_embeddings=rows, embedding_dim=width))
    return [Action(call, "{m}({0}[:, 0].long()).movedim(-1, 1)")]


def _scale(made: Made, layer: Placed) -> list[Action]:
    channels, shift = made.args
    shape = (channels, *(1,) * layer.xs[0].rank)
    scaled = [Action(parameter(shape), "{0} * {m}")]
    return [*scaled, Action(parameter(shape), "{0} + {m}")] if shift else scaled


def _expression(template: Callable[[Made, Placed], str]) -> Callable[[Made, Placed], list[Action]]:
    return lambda made, layer: [Action(use=template(made, layer))]


def _part(made: Made, layer: Placed) -> str:
    starts, sides = made.args
    cuts = ", ".join(f"{start}:{start + side}" for start, side in zip(starts, sides, strict=True))
    return f"{{0}}[..., {cuts}]"


def _slice(made: Made, layer: Placed) -> str:
    (start, channels), whole = made.args, layer.xs[0].channels
    # Text without numbers where possible, so that blocks of other widths have the same.
    if whole % channels == 0 and start % channels == 0 and whole // channels <= MOST_CHUNKS:
        return f"{{0}}.chunk({whole // channels}, 1)[{start // channels}]"
    end = start + channels
    return f"{{0}}[:, {start or ''}:{end if end < whole else ''}]"


def _resized(made: Made, layer: Placed) -> str:
    sides, mode = made.args
    return f'F.interpolate({{0}}, {tuple(sides)}, mode="{mode}")'


def _reduced(made: Made, layer: Placed) -> str:
    function, axes = made.args
    shown = axes[0] if len(axes) == 1 else tuple(axes)
    return f"{{0}}.{function}({shown}, keepdim=True)"


def _to(made: Made, layer: Placed) -> str:
    (shape,) = made.args
    if len(shape) == 2 and layer.xs[0].rank and shape[0] == layer.xs[0].channels:
        return "{0}.flatten(2)"
    return f"{{0}}.reshape(-1, {', '.join(map(str, shape))})"


def _unflatten(made: Made, layer: Placed) -> str:
    axis, sizes = made.args
    return f"{{0}}.unflatten({axis}, {tuple(sizes)})"


def _roll(made: Made, layer: Placed) -> str:
    (shifts,) = made.args
    return f"torch.roll({{0}}, {tuple(shifts)}, {tuple(range(2, layer.xs[0].rank + 2))})"


SPECIAL: Mapping[str, Callable[[Made, Placed], list[Action]]] = {
    "Copy": _expression(lambda made, layer: "{0}"),
    "Owned": lambda made, layer: [],
    "ConstantPad3d": _pad,
    "OverChannels": _over_channels,
    "OverSteps": _recurrent,
    "Part": _expression(_part),
    "Pointwise": _pointwise,
    "PositionBias": _position_bias,
    "Lookup": _lookup,
    "Product": _expression(lambda made, layer: "{1}.mT @ {0}" if made.args[0] else "{1} @ {0}"),
    "Reduced": _expression(_reduced),
    "Resized": _expression(_resized),
    "Roll": _expression(_roll),
    "ScaleShift": _scale,
    "Slice": _expression(_slice),
    "Swap": _expression(lambda made, layer: "{0}.mT"),
    "To": _expression(_to),
    "Unflatten": _expression(_unflatten),
}
"""Modules of archcalc that torch.nn does not have, and how to write them."""
