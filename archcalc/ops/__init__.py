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


def _named(base: type[Op]) -> Iterator[type[Op]]:
    for op in base.__subclasses__():
        if "name" in vars(op):
            yield op
        yield from _named(op)


# Importing a file makes its classes subclasses of Op, which is how they are found.
for _file in sorted(os.listdir(os.path.dirname(__file__))):
    if _file.endswith(".py") and _file[0] != "_":
        import_module(f"{__name__}.{_file[:-3]}")

OPS: dict[str, type[Op]] = {op.name: op for op in sorted(_named(Op), key=lambda op: op.name)}
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
