"""Building a module without memory for its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

MOST_VALUES = 100_000
"""Larger arrays have a shape and no values. Programs look at small ones: rates of dropout, places."""

_FACTORIES = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}


class without_large_arrays(TorchFunctionMode):  # type: ignore[misc]
    """A context in which large new arrays are of the meta device, and take no memory."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        if func in _FACTORIES and _count(args, named) > MOST_VALUES:
            return func(*args, **named | {"device": "meta"})
        try:
            return func(*args, **named)
        except (RuntimeError, NotImplementedError):
            # Arrays with values and without have met: none has values then.
            leaves = tree_leaves((args, named))
            if not any(isinstance(leaf, torch.Tensor) and leaf.is_meta for leaf in leaves):
                raise
            args, named = tree_map(_meta, (args, named))
            return func(*args, **named)


def _count(args: tuple[Any, ...], named: Mapping[str, Any]) -> int:
    sizes = args[0] if args and isinstance(args[0], list | tuple) else named.get("size", args)
    sizes = [sizes] if isinstance(sizes, int) else sizes
    return math.prod(size for size in sizes if isinstance(size, int))


def _meta(item: Any) -> Any:
    return item.to("meta") if isinstance(item, torch.Tensor) and not item.is_meta else item
