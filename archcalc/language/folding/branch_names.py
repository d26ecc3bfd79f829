"""The names of the branches of a merge: from the modules of their layers, else from what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archcalc.language.folding.items import Path, SpecItem, SpecItems, inside, shared_scope, words
from archcalc.ops import OPS

SHORTCUT = "shortcut"


def branch_names(merge: SpecItem, lists: Sequence[SpecItems], depth: int) -> tuple[list[str], list[int]]:
    """The name of each branch, and how many parts of the paths of its items the name stands for.

    ``depth`` is the number of modules around the merge.
    """
    names, prefixes = [], []
    is_residual = merge.kind == "add" and len(lists) == 2
    lengths = [len(list(inside(items))) for items in lists]
    shortcut = (1 if lengths[1] <= lengths[0] else 0) if is_residual else -1
    for place, items in enumerate(lists):
        scope = shared_scope([item.path[:-1] for item in items])
        module = _module(items, scope, depth)
        if place == shortcut:
            names.append(SHORTCUT)
            prefixes.append(len(scope) if scope[depth:] == (SHORTCUT,) else depth)
        elif is_residual:
            names.append(module or "main")
            prefixes.append(len(scope))
        else:
            names.append(module or _made_up(merge.kind, place, items))
            prefixes.append(len(scope))
    return _different(names), prefixes


def _module(items: SpecItems, scope: Path, depth: int) -> str:
    """The module that has the items of a branch, or what the names of these have in common."""
    inner = words(scope[depth:])
    if inner:
        return "" if inner[-1] in OPS and inner[-1] != "attention" else inner[-1]
    firsts = [words(item.path[len(scope) :])[:1] for item in items]
    letters = shared_scope([tuple(first[0]) for first in firsts]) if all(firsts) else ()
    # A few letters that two names share by chance are no name.
    alike = "".join(letters).rstrip("_.-")
    is_name = len(items) > 1 and len(alike) > 4 and alike.rstrip("_.-0123456789") not in OPS
    return alike if is_name else ""


def _made_up(kind: str, place: int, items: SpecItems) -> str:
    if kind == "multiply":
        return "gate" if place else "x"
    if kind == "matmul":
        return "ab"[place]
    if not items:
        return "skip" if place else "before"
    if items[0].kind.endswith("pool"):
        return "pool"
    kernels = [item.options["kernel"] for item in inside(items) if item.kind == "conv"]
    sizes = [kernel for kernel in kernels if isinstance(kernel, int)]
    return f"{max(sizes)}x{max(sizes)}" if sizes and len(sizes) == len(kernels) else "branch"


def _different(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that are taken."""
    taken: Counter[str] = Counter()
    different: list[str] = []
    for name in names:
        taken[name] += 1
        free = name if taken[name] == 1 else f"{name}_{taken[name]}"
        while free in different:
            taken[name] += 1
            free = f"{name}_{taken[name]}"
        different.append(free)
    return different
