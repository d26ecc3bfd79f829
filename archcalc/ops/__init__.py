"""The ops, one class each, one file per family; OPS is the one list of them.

A new op is a class with a ``name`` in a file of this folder; nothing else has to know it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from archcalc.ops.base import Op
from archcalc.ops.options import options_of

_FOLDER = os.path.dirname(__file__)
_NAME = re.compile(rb'^    name = "(\w+)"', re.MULTILINE)


class _Ops(Mapping[str, type[Op]]):
    """The ops by name. A file is imported when one of its ops is asked for: a network needs a few of them.

    Which file has an op is read from the files themselves, as every class says ``name = "..."``.
    """

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._ops: dict[str, type[Op]] = {}
        for file in os.listdir(_FOLDER):
            if file.endswith(".py") and file[0] != "_":
                with open(os.path.join(_FOLDER, file), "rb") as text:
                    names = _NAME.findall(text.read())
                self._files |= {name.decode(): file[:-3] for name in names}
        self._names = sorted(self._files)

    def __getitem__(self, name: str) -> type[Op]:
        if name not in self._ops:
            module = import_module(f"{__name__}.{self._files[name]}")
            classes = [value for value in vars(module).values() if isinstance(value, type)]
            self._ops |= {one.name: one for one in classes if issubclass(one, Op) and "name" in vars(one)}
        return self._ops[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


OPS: Mapping[str, type[Op]] = _Ops()
"""Every op by the name it has in a spec."""


def lecture_name(op: str) -> str:
    """The word for an op on slides. A word that names no op stays as it is.

    >>> lecture_name("avgpool"), lecture_name("lrn"), lecture_name("conv"), lecture_name("pool")
    ('pool', 'norm', 'conv', 'pool')
    """
    return (op in OPS and OPS[op].lecture_name) or op


def meant_by_others(word: str) -> str:
    """What a spec has in the place of a word for an op or option in other programs; empty for other words.

    >>> meant_by_others("Dense"), meant_by_others("kernel_size"), meant_by_others("attention")
    ('fc', 'kernel', '')
    """
    # Conv2D, conv_2d and "conv 2d" are all conv.
    return _other_names().get(re.sub(r"[\W_]|[123]d", "", word.lower()), "")


@cache
def _other_names() -> Mapping[str, str]:
    names = {}
    for op in OPS.values():
        for other in op.other_names:
            word, colon, argument = other.partition(":")
            names[word] = f"{op.name}{colon}{argument}"
        for item in options_of(op).values():
            names.update(dict.fromkeys(item.other_names, item.name))
    return names


def prose(op: type[Op]) -> str:
    """The docstring without its examples."""
    import inspect

    return (inspect.getdoc(op) or "").partition(">>>")[0].strip().replace("``", "")


def summary(op: type[Op]) -> str:
    """The first sentence of the docstring."""
    return prose(op).splitlines()[0]
