"""A call of PyTorch -> its values; and every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import BROKEN, UNSEEN, Call, Computed, Stored, Value
from archcalc.importers.as_network import DoesNotFit, ImportProblem
from archcalc.importers.torch.vocabulary import VOCABULARY


def values_in(item: Any) -> Iterator[Value]:
    """The values among arguments; they are tuples themselves, so they are not searched.

    >>> len(list(values_in([Stored((1,)), (2, {"other": Stored((3,))})])))
    2
    """
    if isinstance(item, Computed | Stored | Pending):
        yield item
    elif isinstance(item, Mapping):
        for one in item.values():
            yield from values_in(one)
    elif isinstance(item, list | tuple):
        for one in item:
            yield from values_in(one)


class Reading:
    """Calls one after the other, and every mistake at once."""

    def __init__(self, graph: CallReader, *, opaque: bool) -> None:
        self.graph = graph
        self.opaque = opaque
        self.problems: dict[str, str] = {}

    def outputs(self, call: Call, where: Callable[[], str]) -> list[Value]:
        """The values of the outputs of a call, or why it has none; ``where`` gives the line of its source."""
        used = list(values_in(call.args))
        if any(value is BROKEN for value in used):
            return [BROKEN] * len(call.shapes)
        try:
            return self._translated(call, used)
        except (ImportProblem, DoesNotFit) as error:
            if self.opaque:
                return self.graph.opaque_outputs(call, used)
            self.refuse(call, str(error), where)
            return [BROKEN] * len(call.shapes)

    def refuse(self, call: Call, says: str, where: Callable[[], str]) -> None:
        """Note why a call cannot be read."""
        self.problems.setdefault(replace(call, where=where()).label, says)

    def _translated(self, call: Call, used: Sequence[Value]) -> list[Value]:
        self.graph.call = call
        if any(value is UNSEEN for value in used):
            raise ImportProblem("it reads a tensor that is made outside of PyTorch's functions")
        if all(0 in shape for shape in call.shapes):
            return [Stored(shape) for shape in call.shapes]  # no values at all
        if call.name not in VOCABULARY:
            raise ImportProblem("archcalc has no layer for this function")
        made_by = VOCABULARY[call.name][1](call, self.graph)
        values = list(made_by) if isinstance(made_by, list) else [made_by]
        for value, shape in zip(values, call.shapes, strict=False):
            if isinstance(value, Computed) and value.dims != shape:
                raise ImportProblem(f"its output is {list(value.dims)}, but PyTorch says {list(shape)}")
        return values
