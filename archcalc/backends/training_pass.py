"""A forward pass as in training: shapes, operations, and the arrays that autograd keeps, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archcalc.backends.dispatch import Dispatch, Shapes
from archcalc.backends.modules.historic import CountedOtherwise
from archcalc.backends.observed import KeptArray, ObservedLayer, StoredArray
from archcalc.backends.pytorch import Built, storage_id
from archcalc.network import INPUT


class TrainingPass:
    """Runs a module, and records by hooks what happens in each layer."""

    def __init__(self, module: Built) -> None:
        self.module = module
        self.current = INPUT
        self.outputs: dict[int, tuple[int, ...]] = {}
        self.kept: dict[int, int] = {}  # bytes by storage
        self._padded: dict[int, tuple[int, ...]] = {}
        self._reserved: dict[int, int] = {}
        self._flops: dict[int, int] = dict.fromkeys(module.paths, 0)
        self._arrays: dict[int, dict[int, KeptArray]] = {number: {} for number in module.paths}
        # References to the kept storages: without them the address of a freed storage could be used again.
        self._storages: list[Any] = []
        self._saved: dict[int, int] = {}  # bytes by storage that the current layer has saved so far
        self._parameters = {storage_id(array) for array in [*module.parameters(), *module.buffers()]}
        self._nodes: dict[int, int] = {}  # the node whose output lies in a storage

    def run(self, values: dict[int, Tensor], shapes: Shapes | None) -> None:
        """Run the module on ``values``, which has the inputs under their numbers."""
        self._nodes |= {storage_id(x): number for number, x in values.items()}
        handles = [handle for number in self.module.paths for handle in self._hooks(number)]
        saving = torch.autograd.graph.saved_tensors_hooks(self._save, _unpack)
        try:
            with saving, Dispatch(self._count, shapes):
                self.module.run(values)
        finally:
            self._storages.clear()
            for handle in handles:
                handle.remove()

    def _hooks(self, number: int) -> Iterator[Any]:
        layer = self.module.layers[str(number)]
        yield layer.register_forward_pre_hook(lambda *_: self._enter(number))
        yield layer.register_forward_hook(lambda _, inputs, output: self._leave(number, inputs, output))
        pad = _padding(layer)
        if pad is not None:
            yield pad.register_forward_hook(
                lambda _, __, copy: self._padded.__setitem__(number, tuple(copy.shape))
            )

    def _enter(self, number: int) -> None:
        self.current = number

    def _leave(self, number: int, inputs: Sequence[Tensor], output: Tensor) -> None:
        self.outputs[number] = tuple(output.shape)
        self._reserved[number] = _reserved_by_cudnn(self.module.layers[str(number)], inputs[0])
        nodes = {storage_id(x): self._nodes.get(storage_id(x)) for x in inputs}
        storage = storage_id(output)
        source = nodes.get(storage)
        # The output of a view lies in the storage of its input, and belongs to the node that wrote the input.
        self._nodes[storage] = nodes[storage] = number if source is None else source
        for saved, size in self._saved.items():
            self._arrays[number][saved] = KeptArray(nodes.get(saved), size)
        self.kept |= self._saved
        self._saved = {}

    def _save(self, array: Tensor) -> None:
        """Record an array that autograd saves.

        Autograd then keeps None in its place: no backward pass runs, and the array would keep the module
        alive.
        """
        storage = storage_id(array)
        if storage not in self._parameters:
            self._storages.append(array.untyped_storage())
            self._saved[storage] = array.untyped_storage().nbytes()

    def _count(self, flops: int) -> None:
        self._flops[self.current] += flops

    def observed(self, number: int) -> ObservedLayer:
        """The record of one layer."""
        layer = self.module.layers[str(number)]
        trained = {name for name, _ in layer.named_parameters()}
        counted = [module for module in layer.modules() if isinstance(module, CountedOtherwise)]
        outputs = self.outputs[number]
        return ObservedLayer(
            outputs=outputs,
            stored={
                name.rpartition(".")[2]: StoredArray(tuple(array.shape), name in trained)
                for name, array in layer.state_dict().items()
                # The number of training steps of a batch normalisation is not an array of the network.
                if not name.endswith("num_batches_tracked")
            },
            macs=self._flops[number] // 2,
            additional=tuple(
                (module.additional(outputs), module.counted) for module in counted if module.counted
            ),
            uncounted="".join(module.uncounted for module in counted),
            kept=tuple(self._arrays[number].values()),
            padded=self._padded.get(number),
            reserved=self._reserved[number],
        )


def _padding(layer: nn.Module) -> nn.Module | None:
    """The module that pads before the layer itself (ops/window.py, torch_window)."""
    for module in layer.modules():
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.ConstantPad3d):
            return module[1]
    return None


def _reserved_by_cudnn(layer: nn.Module, x: Tensor) -> int:
    """The bytes that cuDNN reserves for a batch normalisation; 0 for every other layer."""
    if not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) or layer.weight is None:
        return 0
    if not x.is_cuda or layer.bias is None:
        return 0
    # PyTorch chooses the library for each layer: ask which one it takes, and then cuDNN for the size.
    arrays = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
    chosen = torch._C._select_batch_norm_backend(x, *arrays, True, layer.eps)
    if chosen != torch._C._BatchNormBackend.Cudnn:
        return 0
    return int(torch._C._get_cudnn_batch_norm_reserve_space_size(x, True))


def _unpack(packed: None) -> Tensor:
    raise AssertionError("no backward pass is run")
