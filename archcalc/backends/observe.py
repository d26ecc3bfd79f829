"""What PyTorch does with a network: shapes, stored arrays, MACs, what autograd keeps, and what is alive."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from archcalc.backends.modules import CountedOtherwise
from archcalc.backends.pytorch import Built, build, free_memory, out_of_memory, tensor_of
from archcalc.conventions import DTYPES
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, TooLarge
from archcalc.network import INPUT, Network

VALUE = DTYPES["float32"]


class Array(NamedTuple):
    """An array that autograd keeps for a layer: the output of node ``of``, or one of the layer's own (None)."""

    of: int | None
    bytes: int


class Stored(NamedTuple):
    """An array of a layer's ``state_dict``."""

    shape: tuple[int, ...]
    trained: bool

    @property
    def size(self) -> int:
        """How many values it holds."""
        return prod(self.shape)


class Seen(NamedTuple):
    """One layer, as PyTorch ran it.

    ``outputs`` is the shape of its tensor, N first. ``macs`` are what PyTorch's counter sees, ``beside`` how many of
    them, for one image, are of something that the layer's cost leaves out, and of what; ``uncounted`` is why the
    counter sees none. ``padded`` is the shape of the copy that a module of ours made, as PyTorch's own cannot pad so;
    ``reserved`` the bytes that cuDNN reserves for the backward pass.
    """

    outputs: tuple[int, ...]
    stored: Mapping[str, Stored]
    macs: int
    beside: tuple[tuple[int, str], ...]
    uncounted: str
    kept: tuple[Array, ...]
    padded: tuple[int, ...] | None
    reserved: int


class Refused(ArchcalcError):
    """A layer that PyTorch refuses; ``outputs`` are the shapes of the layers before it, by their numbers, N first."""

    def __init__(self, says: str, layer: int, outputs: Mapping[int, tuple[int, ...]]) -> None:
        self.layer, self.outputs = layer, outputs
        super().__init__(says)


class Observed(NamedTuple):
    """Every layer by its number, and the whole: ``kept_bytes`` are those of unique arrays.

    ``alive`` are the bytes held when each layer ends, ``peak_bytes`` the most that a GPU's allocator handed out.
    """

    layers: Mapping[int, Seen]
    trained: int
    buffers: int
    kept_bytes: int
    alive: Mapping[int, int]
    peak_bytes: int | None


def observe(network: Network, steps: Sequence[Step], device: str, batch: int) -> Observed:
    """Build the network and run it twice: once as in training, and once without derivatives, in place.

    Raises ArchcalcError for a device that is not there, TooLarge for one that is too small, Refused for a layer.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ArchcalcError(
            "there is no CUDA device, or this PyTorch is built without CUDA; --device meta needs none"
        )
    free = free_memory(device)
    needed = _needed(network, steps, batch)
    if free is not None and needed > free:  # an operating system may not survive the trial
        raise _too_large(
            device, f": a pass takes {needed / 2**30:,.1f} GiB, {free / 2**30:,.1f} GiB are free"
        )
    watch: _Watch | None = None
    try:
        module = build(network, steps, device).train()
        watch = _Watch(module)
        shapes: dict[Any, Any] | None = {} if device == "meta" else None
        watch.run({INPUT: tensor_of(network.input, batch, device, grad=True)}, shapes)
        alive, peak = _alive(module, network, device, batch, shapes)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise _in_a_sentence(error, device, watch) from error
    layers = {number: watch.seen(number) for number in module.paths}
    return Observed(
        layers=layers,
        trained=sum(array.numel() for array in module.parameters()),
        buffers=sum(one.size for seen in layers.values() for one in seen.stored.values() if not one.trained),
        kept_bytes=sum(watch.kept.values()),
        alive=alive,
        peak_bytes=peak,
    )


def _needed(network: Network, steps: Sequence[Step], batch: int) -> int:
    """The bytes that a pass as in training cannot do without: what is stored, and what is kept for the way back."""
    kept = kept_for_backward(network, steps)
    arrays = sum(prod(weight.shape) for step in steps for weight in step.weights)
    return VALUE * (arrays + kept.fixed_values + batch * kept.values) + batch * kept.bytes


def _too_large(device: str, figures: str = "") -> TooLarge:
    return TooLarge(
        f"the network does not fit into the memory of {device}{figures}; --device meta needs none"
    )


def _in_a_sentence(error: Exception, device: str, watch: _Watch | None) -> ArchcalcError:
    """What PyTorch says, at the layer that was running."""
    if out_of_memory(error):
        return _too_large(device)
    says = f"PyTorch refuses it: {' '.join(str(error).split())}"
    if watch is None:
        return ArchcalcError(f"the network: {says}")
    return Refused(f"{watch.module.paths.get(watch.current, 'input')}: {says}", watch.current, watch.outputs)


# --- as in training -----------------------------------------------------------------------------------------


class _Watch:
    """What happens while each layer runs, by hooks on its module."""

    def __init__(self, module: Built) -> None:
        self.module = module
        self.current = INPUT
        self.outputs: dict[int, tuple[int, ...]] = {}
        self.padded: dict[int, tuple[int, ...]] = {}
        self.reserved: dict[int, int] = {}
        self.flops: dict[int, int] = dict.fromkeys(module.paths, 0)
        self.arrays: dict[int, dict[int, Array]] = {number: {} for number in module.paths}
        self.kept: dict[int, int] = {}
        self._held: list[
            Any
        ] = []  # storages that are kept keep their address, so that no other array gets it
        self._saved: dict[int, int] = {}  # what the current layer has had saved so far
        self._stored = {_place(array) for array in [*module.parameters(), *module.buffers()]}
        self._nodes: dict[int, int] = {}  # the node in whose buffer an address lies

    def run(self, values: dict[int, Tensor], shapes: dict[Any, Any] | None) -> None:
        self._nodes[_place(values[INPUT])] = INPUT
        handles = [handle for number in self.module.paths for handle in self._hooks(number)]
        try:
            with torch.autograd.graph.saved_tensors_hooks(self._save, _nothing), _Counting(self, shapes):
                self.module.run(values)
        finally:
            self._held.clear()
            for handle in handles:
                handle.remove()

    def _hooks(self, number: int) -> Iterator[Any]:
        layer = self.module.layers[str(number)]
        yield layer.register_forward_pre_hook(lambda *_: self._enter(number))
        yield layer.register_forward_hook(lambda _, inputs, output: self._leave(number, inputs, output))
        pad = _padding(layer)
        if pad is not None:
            yield pad.register_forward_hook(
                lambda _, __, copy: self.padded.__setitem__(number, tuple(copy.shape))
            )

    def _enter(self, number: int) -> None:
        self.current = number

    def _leave(self, number: int, inputs: Sequence[Tensor], output: Tensor) -> None:
        self.outputs[number] = tuple(output.shape)
        self.reserved[number] = _reserved(self.module.layers[str(number)], inputs[0])
        places = {_place(one): self._nodes.get(_place(one)) for one in inputs}
        place = _place(output)
        source = places.get(place)
        self._nodes[place] = places[place] = (
            number if source is None else source
        )  # a view lies in its input's buffer
        for saved, size in self._saved.items():
            self.arrays[number][saved] = Array(places.get(saved), size)
        self.kept |= self._saved
        self._saved = {}

    def _save(self, array: Tensor) -> None:
        """Take note of an array; nothing is handed back for it, as no backward pass comes and it would hold itself."""
        place = _place(array)
        if place not in self._stored:
            self._held.append(storage := array.untyped_storage())
            self._saved[place] = storage.nbytes()

    def seen(self, number: int) -> Seen:
        """What was seen of one layer."""
        layer = self.module.layers[str(number)]
        trained = {name for name, _ in layer.named_parameters()}
        known = [part for part in layer.modules() if isinstance(part, CountedOtherwise)]
        return Seen(
            outputs=self.outputs[number],
            stored={
                name.rpartition(".")[2]: Stored(tuple(array.shape), name in trained)
                for name, array in layer.state_dict().items()
                if not name.endswith("num_batches_tracked")
            },
            macs=self.flops[number] // 2,
            beside=tuple(
                (part.counted_beside(self.outputs[number]), part.counted) for part in known if part.counted
            ),
            uncounted="".join(part.uncounted for part in known),
            kept=tuple(self.arrays[number].values()),
            padded=self.padded.get(number),
            reserved=self.reserved[number],
        )


def _padding(layer: nn.Module) -> nn.Module | None:
    """The module that pads before the layer itself (ops/window.py, torch_window)."""
    for part in layer.modules():
        if isinstance(part, nn.Sequential) and isinstance(part[0], nn.ConstantPad3d):
            return part[1]
    return None


def _reserved(layer: nn.Module, x: Tensor) -> int:
    """What cuDNN says that it reserves for a batch normalisation which it does itself; 0 for every other layer."""
    if not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) or layer.weight is None:
        return 0
    if not x.is_cuda or layer.bias is None:
        return 0
    arrays = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
    by_cudnn = (
        torch._C._select_batch_norm_backend(x, *arrays, True, layer.eps) == torch._C._BatchNormBackend.Cudnn
    )
    return int(torch._C._get_cudnn_batch_norm_reserve_space_size(x, True)) if by_cudnn else 0


def _place(array: Tensor) -> int:
    """What tells storages apart; two views of one have the same."""
    return int(array.untyped_storage()._cdata)


def _nothing(packed: None) -> Tensor:
    raise AssertionError("no backward pass is run")


class _Counting(TorchDispatchMode):
    """PyTorch's flop_counter with its own formulas, layer by layer; and on the meta device, a memory for slow shapes.

    There PyTorch works out the commonest layers in Python, step by step: the same again is asked once.
    """

    def __init__(self, watch: _Watch | None, shapes: dict[Any, Any] | None) -> None:
        super().__init__()
        self.watch = watch
        self.shapes = shapes

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.shapes is not None and func in _SLOW:
            return self._remembered(func, args)
        out = func(*args, **(kwargs or {}))
        if self.watch is not None:
            formula = flop_registry.get(func._overloadpacket)
            if formula is not None:
                self.watch.flops[self.watch.current] += formula(*args, **(kwargs or {}), out_val=out)
        return out

    def _remembered(self, func: Any, args: Any) -> Tensor | tuple[Tensor, ...]:
        key = (func, *((arg.shape, arg.stride()) if isinstance(arg, Tensor) else arg for arg in args))
        assert self.shapes is not None
        if key not in self.shapes:
            self.shapes[key] = func(*args)
        like = self.shapes[key]
        return _another(like) if isinstance(like, Tensor) else tuple(map(_another, like))


def _another(like: Tensor) -> Tensor:
    return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, device=like.device)


_SLOW = {torch.ops.aten.native_batch_norm.default, torch.ops.aten.relu.default, torch.ops.aten.add.Tensor}


# --- without derivatives ------------------------------------------------------------------------------------


def _alive(
    module: Built, network: Network, device: str, batch: int, shapes: dict[Any, Any] | None
) -> tuple[dict[int, int], int | None]:
    """The bytes alive when each layer ends; on a GPU, those its allocator was asked for, and the most of them."""
    module.work_in_place()
    on_gpu = device == "cuda"
    if on_gpu:
        gc.collect()
        torch.cuda.reset_peak_memory_stats()
    before = _requested("current") if on_gpu else 0
    values = {INPUT: tensor_of(network.input, batch, device)}
    alive: dict[int, int] = {}

    def leave(number: int, output: Tensor) -> None:
        alive[number] = _requested("current") - before if on_gpu else _held({**values, number: output})

    handles = [
        module.layers[str(number)].register_forward_hook(
            lambda _, __, output, number=number: leave(number, output)
        )
        for number in module.paths
    ]
    try:
        with torch.no_grad(), nullcontext() if shapes is None else _Counting(None, shapes):
            module.run(values)
    finally:
        for handle in handles:
            handle.remove()
    return alive, _requested("peak") - before if on_gpu else None


def _held(values: Mapping[int, Tensor]) -> int:
    """The bytes of the buffers that some values lie in, each once."""
    return sum({_place(value): value.untyped_storage().nbytes() for value in values.values()}.values())


def _requested(which: str) -> int:
    """What was asked of the GPU's allocator, without its rounding."""
    return int(torch.cuda.memory_stats()[f"requested_bytes.all.{which}"])
