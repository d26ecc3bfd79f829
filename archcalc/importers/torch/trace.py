"""A module run once without values; every call of PyTorch on the way becomes a layer, or none.

The module runs on tensors of the meta device: they have shapes and no values, so a model of any size needs
no memory. Tensors that the program makes itself and that depend on nothing, such as the numbers of
positions, have values, so that the program can look at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules import module as module_hooks
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as tree

from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.input_channels import ChannelAxes, with_channels
from archcalc.importers.as_calls.values import (
    BROKEN,
    Call,
    ModulePlace,
    Stored,
    Value,
)
from archcalc.importers.as_input import masks_among
from archcalc.importers.as_network import LayerList
from archcalc.importers.torch.arguments import Arguments
from archcalc.importers.torch.reading import Reading
from archcalc.importers.torch.running import (
    ACTIVATIONS,
    MOST_VALUES,
    QUIET,
    SAME_SHAPE,
    macs_of,
    name_of,
    source_line,
    without_values,
)
from archcalc.importers.torch.vocabulary import VOCABULARY, bound

_FACTORIES = {
    *(f"new_{kind}" for kind in ("zeros", "ones", "full", "empty", "tensor")),
    *(f"{kind}_like" for kind in ("zeros", "ones", "full", "empty", "rand", "randn")),
}


class Tracer(TorchFunctionMode):  # type: ignore[misc]
    """Reads every call of PyTorch while a module runs."""

    def __init__(self, graph: CallReader, opaque: bool = False) -> None:
        super().__init__()
        self.graph = graph
        self.reading = Reading(graph, opaque=opaque)
        self.values: dict[int, tuple[Tensor, Value]] = {}
        self.places: list[ModulePlace] = [ModulePlace()]

    def note(self, tensor: Tensor, value: Value) -> None:
        """Say what a tensor is. The tensor is kept, so that no other one gets its place in memory."""
        self.values[id(tensor)] = tensor, value

    def value_of(self, item: Any) -> Any:
        """What an argument is."""
        if isinstance(item, Tensor):
            known = self.values.get(id(item))
            if known is not None:
                return known[1]
            number = (
                float(item)
                if item.numel() == 1 and not item.is_meta and item.dtype.is_floating_point
                else None
            )
            return Stored(tuple(item.shape), number=number)
        if isinstance(item, tuple) and hasattr(item, "_fields"):
            return item
        if isinstance(item, list | tuple):
            return (
                type(item)(self.value_of(one) for one in item) if not isinstance(item, torch.Size) else item
            )
        return item

    # --- one call ---------------------------------------------------------------------------------------

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        name = name_of(func)
        if name in QUIET:
            return func(*args, **named)
        tensors = [item for item in tree.tree_leaves((args, named)) if isinstance(item, Tensor)]
        values = [self.value_of(tensor) for tensor in tensors]
        if name in _FACTORIES:
            return self._new(func, args, named)
        in_place = _in_place(func, name, args, named)
        if name == "__setitem__" or (in_place and _is_part(tensors[0])):
            return self._written(func, args, named, values)
        if all(isinstance(value, Stored) and value is not BROKEN for value in values):
            return self._apart(func, args, named, tensors, values)
        if not all(tensor.is_meta for tensor in tensors):
            args, named = tree.tree_map(self._without_values, (args, named))
        given = self.value_of(args), {key: self.value_of(item) for key, item in named.items()}
        if name == "embedding" and args[0].dtype.is_floating_point:
            args = (torch.empty_like(args[0], dtype=torch.long), *args[1:])
        if name in SAME_SHAPE and args and isinstance(args[0], Tensor):
            # PyTorch takes most of the time of a run to find out the shape of these, which is known.
            result = args[0] if in_place else torch.empty_like(args[0])
        else:
            result = func(*args, **named)
        outputs = [item for item in tree.tree_leaves(result) if isinstance(item, Tensor)]
        if outputs:
            made_of = self._read(name, *given, outputs)
            for tensor, value in zip(outputs, made_of, strict=False):
                self.note(tensor, value)
        return result

    def _without_values(self, item: Any) -> Any:
        """Tensors with values and without cannot meet."""
        if isinstance(item, Tensor) and not item.is_meta:
            twin = torch.empty_like(item, device="meta")
            self.note(twin, self.value_of(item))
            return twin
        return item

    def _new(self, func: Any, args: Any, named: dict[str, Any]) -> Any:
        """A tensor that has the shape or the type of another one, and none of its values."""
        result = func(*args, **named)
        if result.is_meta and result.numel() <= MOST_VALUES:
            result = func(*args, **named | {"device": "cpu"})
        elif result.is_meta:
            self.note(result, Stored(tuple(result.shape)))
        return result

    def _written(self, func: Any, args: Any, named: dict[str, Any], values: Sequence[Value]) -> Any:
        """A call that writes into a part of a tensor."""
        if all(isinstance(value, Stored) and value is not BROKEN for value in values):
            if any(tensor.is_meta for tensor in tree.tree_leaves(args) if isinstance(tensor, Tensor)):
                self.note(args[0], Stored(tuple(args[0].shape), _params_of(values)))
                return None
            return func(*args, **named)
        says = "archcalc has no layer that writes into a part of a tensor"
        self.reading.refuse(Call("=", {}, (), self.places[-1]), says, source_line)
        for item in (args[0], args[0]._base):
            if isinstance(item, Tensor):
                self.note(item, BROKEN)
        return args[0]

    def _apart(
        self, func: Any, args: Any, named: dict[str, Any], tensors: Sequence[Tensor], values: Sequence[Stored]
    ) -> Any:
        """A call that does not depend on the input: it is computed, if its tensors have values."""
        params = _params_of(values)
        if any(tensor.is_meta for tensor in tensors):
            args, named = tree.tree_map(self._without_values, (args, named))
        elif str(named.get("device", "")).startswith("meta"):
            named["device"] = "cpu"
        result = func(*args, **named)
        for tensor in tree.tree_leaves(result):
            if isinstance(tensor, Tensor) and (params or tensor.is_meta):
                plain = len(values) == 1 and values[0].plain and tensor.numel() == values[0].size
                work = sum(value.macs for value in values) + macs_of(name_of(func), args, tensor)
                self.note(tensor, Stored(tuple(tensor.shape), params, plain, macs=work))
        return result

    def _read(self, name: str, args: Any, named: Mapping[str, Any], outputs: Sequence[Tensor]) -> list[Value]:
        """The values of the outputs of a call."""
        arguments = bound(VOCABULARY[name][0], args, named) if name in VOCABULARY else {"args": args, **named}
        shapes = [tuple(tensor.shape) for tensor in outputs]
        return self.reading.outputs(Call(name, arguments, shapes, self.places[-1]), source_line)

    # --- modules ----------------------------------------------------------------------------------------

    @contextmanager
    def following(self, root: nn.Module) -> Iterator[None]:
        """Know which module runs."""
        places = {module: _place(path, module) for path, module in root.named_modules()}

        def enter(module: nn.Module, _: Any) -> None:
            self.places.append(places.get(module, self.places[-1]))

        def leave(module: nn.Module, _: Any, __: Any) -> None:
            self.places.pop()

        handles = [
            module_hooks.register_module_forward_pre_hook(enter),
            module_hooks.register_module_forward_hook(leave),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _params_of(values: Sequence[Any]) -> frozenset[str]:
    return frozenset(name for value in values for name in value.params)


def _in_place(func: Any, name: str, args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Whether a call overwrites its first argument."""
    own = str(getattr(func, "__name__", ""))
    if (own.endswith("_") and not own.endswith("__")) or own in ("__iadd__", "__imul__", "__isub__"):
        return True
    return name in ACTIVATIONS and (named.get("inplace") is True or any(item is True for item in args[1:]))


def _is_part(tensor: Tensor) -> bool:
    """Whether it shows some of the values of another tensor."""
    return tensor._base is not None and tensor._base.numel() != tensor.numel()


def _place(path: str, module: nn.Module) -> ModulePlace:
    own = type(module).__module__.startswith("torch.nn")
    extends = any(
        one.__module__.startswith("torch.nn.modules") and one is not nn.Module for one in type(module).__mro__
    )
    leaf = next(module.children(), None) is None
    is_layer = own and (leaf or isinstance(module, nn.MultiheadAttention))
    return ModulePlace(tuple(path.split(".")) if path else (), is_layer, extends, leaf)


class ForwardPass(NamedTuple):
    """A forward pass: its layers, the numbers of those that give the outputs, and what went wrong."""

    layers: LayerList
    outputs: Sequence[int]
    problems: Mapping[str, str]
    idle: Mapping[str, int] = {}
    frozen: Mapping[str, int] = {}
    heads: bool = False

    @property
    def warnings(self) -> list[str]:
        """What the figures of the network leave out, or count in another way than people expect."""
        says = "{:,} parameters are in no layer, because the forward pass does not use them: {}"
        texts = [says.format(sum(self.idle.values()), _some(self.idle))] if self.idle else []
        says = "{:,} of the parameters are frozen (requires_grad is False): {}"
        return texts + ([says.format(sum(self.frozen.values()), _some(self.frozen))] if self.frozen else [])


def traced(root: nn.Module, arguments: Arguments, opaque: bool = False) -> ForwardPass:
    """One forward pass of a module as layers. Raises what the program raises.

    The pass is that of evaluation. If it leaves parameters out, the module may have auxiliary heads that run
    in training only.
    """
    found = with_channels(lambda channels: _traced(root, arguments, opaque, channels))
    if found.problems or not found.idle:
        return found
    try:
        trained = with_channels(lambda channels: _traced(root, arguments, opaque, channels, training=True))
    except Exception:  # what a program does in training may need more than an input
        return found
    if trained.problems or len(trained.outputs) <= len(found.outputs):
        return found
    return trained._replace(heads=True)


def _traced(
    root: nn.Module, arguments: Arguments, opaque: bool, channels: ChannelAxes, training: bool = False
) -> ForwardPass:
    with without_values(root, training) as (params, buffers), torch.no_grad():
        sizes = {name: tensor.numel() for name, tensor in params.items()}
        graph = CallReader(arguments.shapes, sizes, channels)
        tracer = Tracer(graph, opaque)
        for name, tensor in params.items():
            tracer.note(tensor, Stored(tuple(tensor.shape), frozenset([name]), True))
        for tensor in buffers:
            tracer.note(tensor, Stored(tuple(tensor.shape)))
        given, masks = dict[str, Tensor](), masks_among(arguments.shapes)
        for number, (name, dims) in enumerate(arguments.shapes.items()):
            if name in masks:  # all words count; programs look at its values
                given[name] = torch.ones(1, *dims[1:])
                continue
            given[name] = torch.empty(1, *dims[1:], device="meta")
            tracer.note(given[name], graph.input_signal(number))
        by_place = [given.pop(name) for name in [*given][: arguments.by_place]]
        with tracer.following(root), tracer:
            result = root(*by_place, **given)
        if tracer.reading.problems:
            return ForwardPass(graph.layers, (), tracer.reading.problems)
        outputs = [tracer.value_of(item) for item in tree.tree_leaves(result) if isinstance(item, Tensor)]
        numbers = [graph.signal(value).number for value in outputs if not isinstance(value, Stored)]
        idle = {name: tensor.numel() for name, tensor in params.items() if name not in graph.owners}
        frozen = {name: tensor.numel() for name, tensor in params.items() if not tensor.requires_grad}
        numbers = [number for number in dict.fromkeys(numbers) if not graph.layers.is_input(number)]
        return ForwardPass(graph.layers, numbers, {}, idle, frozen)


def _some(names: Mapping[str, int]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
