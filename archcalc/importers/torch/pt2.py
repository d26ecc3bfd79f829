"""Files of ``torch.export.save``: their graph is JSON, read without PyTorch and without unpickling."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archcalc.errors import ArchcalcError, printable
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.input_channels import ChannelAxes, with_channels
from archcalc.importers.as_calls.values import BROKEN, Call, ModulePlace, Stored, Value
from archcalc.importers.as_input import given_shapes, masks_among, same_batch, warn_unused
from archcalc.importers.as_network import problem_list, spelled
from archcalc.importers.torch.reading import Reading, values_in
from archcalc.importers.torch.vocabulary import bound, other_name
from archcalc.network import Network

MOST_BYTES = 256 * 1024 * 1024
"""A larger graph is refused: it would have more than a million nodes."""

_SPLITS = ("chunk", "split", "split_with_sizes", "unbind")
"""Functions whose outputs are together what they read."""

_NOT_ONE = "this is not a file of torch.export.save, or it is cut off; export the model again"


def network_in(path: str, input: str = "", *, opaque: bool = False) -> Network:
    """The network in a ``.pt2`` file. Raises ArchcalcError."""
    name = printable(path)
    try:
        return _network(name, _graph_of(path), input, opaque)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise ArchcalcError(f"{name}: {_NOT_ONE}") from None


def _graph_of(path: str) -> Mapping[str, Any]:
    """The exported program in a file. Raises ArchcalcError."""
    name = printable(path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = [
                entry
                for entry in archive.infolist()
                if entry.filename.endswith(("models/model.json", "/serialized_exported_program.json"))
                or entry.filename == "serialized_exported_program.json"
            ]
            if not found:
                raise ArchcalcError(f"{name}: {_NOT_ONE}")
            if found[0].file_size > MOST_BYTES:
                raise ArchcalcError(f"{name}: its graph has {found[0].file_size:,} bytes, which is too large")
            with archive.open(found[0]) as file:
                text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{name}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, zlib.error):
        raise ArchcalcError(f"{name}: {_NOT_ONE}") from None
    try:
        program: Mapping[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise ArchcalcError(f"{name}: {_NOT_ONE}") from None
    return program


def _network(name: str, program: Mapping[str, Any], input: str, opaque: bool) -> Network:
    module = program["graph_module"]
    graph, signature = module["graph"], module["signature"]
    values = graph["tensor_values"]
    shapes = _shapes(name, signature, values, input)
    params = {
        entry["parameter"]["arg"]["name"]: entry["parameter"]["parameter_name"]
        for entry in signature["input_specs"]
        if "parameter" in entry
    }

    def read(channels: ChannelAxes) -> _ExportedGraph:
        reader = _ExportedGraph(values, params, shapes, opaque, channels)
        for node in graph["nodes"]:
            reader.read(node)
        return reader

    reader = with_channels(read)
    if reader.reading.problems:
        way_out = "The way out: --opaque keeps such layers with unknown cost, or describe them in a spec."
        raise ArchcalcError(problem_list(name, reader.reading.problems, "node", way_out))
    outputs = [entry["as_tensor"]["name"] for entry in graph["outputs"] if "as_tensor" in entry]
    layers = reader.graph.layers
    numbers = [reader.graph.signal(reader.value(one)).number for one in outputs]
    numbers = [number for number in dict.fromkeys(numbers) if not layers.is_input(number)]
    if not numbers:
        raise ArchcalcError(f"{name}: no layer leads to an output of the graph")
    warn_unused(name, layers, numbers)
    stem = os.path.splitext(os.path.basename(name))[0]
    return layers.network(
        spelled(stem) or "model",
        numbers,
        f"{os.path.basename(name)}: exported by torch.export",
    )


def _shapes(
    name: str, signature: Mapping[str, Any], values: Mapping[str, Any], input: str
) -> dict[str, list[int]]:
    """The shape of each input of the graph, by its name. Raises ArchcalcError."""
    names = [
        entry["user_input"]["arg"]["as_tensor"]["name"]
        for entry in signature["input_specs"]
        if "as_tensor" in entry.get("user_input", {}).get("arg", {})
    ]
    declared = {one: [_size(size) for size in values[one]["sizes"]] for one in names}
    if not names:
        raise ArchcalcError(f"{name}: the graph has no input")
    examples = {one: "x".join(map(str, dims)) for one, dims in declared.items()}
    for one, dims in given_shapes(name, input, names, order="batch first", examples=examples).items():
        wanted = declared[one]
        if dims[1:] != wanted[1:] or len(dims) != len(wanted):
            says = f"the file is for an input of {'x'.join(map(str, wanted))}"
            raise ArchcalcError(f"{name}: {says}: export it again for another one")
    same_batch(name, declared)
    return declared


def _size(size: Mapping[str, Any]) -> int:
    """A size of a tensor; 1 for a size that was left open, such as the batch."""
    value = size.get("as_int")
    return 1 if value is None else int(value)


class _ExportedGraph:
    """The nodes of a graph, and what their tensors are."""

    def __init__(
        self,
        tensors: Mapping[str, Any],
        params: Mapping[str, str],
        inputs: Mapping[str, Sequence[int]],
        opaque: bool,
        channels: ChannelAxes,
    ) -> None:
        self.tensors = tensors
        self.params = params
        sizes = {param: self._count(name) for name, param in params.items()}
        self.graph = CallReader(inputs, sizes, channels)
        masks = masks_among(inputs)
        self.values: dict[str, Value] = {
            name: Stored(self._dims(name)) if name in masks else self.graph.input_signal(number)
            for number, name in enumerate(inputs)
        }
        self.reading = Reading(self.graph, opaque=opaque)

    def _dims(self, name: str) -> tuple[int, ...]:
        return tuple(_size(size) for size in self.tensors[name]["sizes"])

    def _count(self, name: str) -> int:
        count = 1
        for size in self._dims(name):
            count *= size
        return count

    def value(self, name: str) -> Value:
        """What a tensor of the graph is."""
        if name not in self.values:
            param = self.params.get(name)
            names = frozenset([param]) if param else frozenset[str]()
            self.values[name] = Stored(self._dims(name), names, param is not None)
        return self.values[name]

    def read(self, node: Mapping[str, Any]) -> None:
        """Give the outputs of a node their values, or note why they have none."""
        outputs = [name for entry in node["outputs"] for name in _tensor_names(entry)]
        target = str(node["target"])
        name = other_name(
            target.removeprefix("torch.ops.").split(".")[1] if target.count(".") > 2 else target
        )
        args = {item["name"]: self._argument(item["arg"]) for item in node["inputs"]}
        used = list(values_in(args))
        if all(isinstance(value, Stored) and value is not BROKEN for value in used):
            self._store(name, [value for value in used if isinstance(value, Stored)], outputs)
            return
        metadata = node.get("metadata") or {}
        place = _place(str(metadata.get("nn_module_stack", "")))
        call = Call(name, bound((), (), args), [self._dims(output) for output in outputs], place)
        made_by = self.reading.outputs(call, lambda: _last_line(str(metadata.get("stack_trace", ""))))
        self.values.update(zip(outputs, made_by, strict=False))

    def _store(self, function: str, used: Sequence[Stored], outputs: Sequence[str]) -> None:
        """Note what a function gives that reads no computed values."""
        names = frozenset(param for value in used for param in value.params)
        only = used[0] if len(used) == 1 else Stored(())
        shapes = [self._dims(output) for output in outputs]
        for place, (output, dims) in enumerate(zip(outputs, shapes, strict=True)):
            stored = Stored(dims, names)
            if stored.size == only.size:
                stored = stored._replace(plain=only.plain, part=only.part)
            elif only.plain and function in _SPLITS:
                stored = stored._replace(part=f"{place} of {shapes}")
            self.values[output] = stored

    def _argument(self, arg: Mapping[str, Any]) -> Any:
        """An argument of a node: a tensor as its value, the rest as Python has it."""
        ((kind, given),) = arg.items()
        if kind == "as_tensor":
            return self.value(given["name"])
        if kind == "as_tensors":
            return [self.value(one["name"]) for one in given]
        if kind == "as_optional_tensors":
            return [self.value(one["as_tensor"]["name"]) if "as_tensor" in one else None for one in given]
        if kind == "as_none":
            return None
        if kind in ("as_sym_int", "as_int"):
            return given if isinstance(given, int) else given.get("as_int")
        if kind == "as_sym_ints":
            return [one.get("as_int") for one in given]
        return given


def _tensor_names(entry: Mapping[str, Any]) -> Iterator[str]:
    if "as_tensor" in entry:
        yield entry["as_tensor"]["name"]
    for one in entry.get("as_tensors", ()):
        yield one["name"]


def _place(stack: str) -> ModulePlace:
    """The module of a node, from ``L__self__,,Net;L__self__conv,conv,torch.nn.modules.conv.Conv2d``."""
    parts = stack.rpartition(";")[2].split(",")
    path, kind = (parts[1], parts[2]) if len(parts) > 2 else ("", "")
    from_torch = kind.startswith("torch.nn.modules.") and not kind.startswith("torch.nn.modules.container")
    return ModulePlace(tuple(path.split(".")) if path else (), from_torch, from_torch, from_torch)


def _last_line(trace: str) -> str:
    """The innermost line of the model in a stack trace."""
    lines = [line.strip() for line in trace.splitlines() if line.strip().startswith("File ")]
    own = [line for line in lines if "/torch/nn/" not in line] or lines
    if not own:
        return ""
    parts = own[-1].split('"')
    number = own[-1].partition(" line ")[2].partition(",")[0]
    return f"{parts[1]}:{number}" if len(parts) > 2 else ""
