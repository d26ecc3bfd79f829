"""Identifiers made of paths: what a spec calls its layers never becomes code."""

from __future__ import annotations

import builtins
import keyword
import re

MOST_LETTERS = 60

_WORDS = """
add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches
eval extend extra_repr F float forward get_buffer get_extra_state get_parameter get_submodule half insert
ipu len load_state_dict modules mtia named_buffers named_children named_modules named_parameters nn
parameters pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
register_state_dict_pre_hook requires_grad_ self set_extra_state set_submodule share_memory state_dict
super T_destination to to_empty torch train training type xpu zero_grad
"""

RESERVED = frozenset(_WORDS.split())
"""The attributes of a module, and what the file imports or uses: no layer may have these names."""


def identifier(text: str, otherwise: str) -> str:
    """A text as an identifier in small letters; ``otherwise`` begins a name that would begin with a digit.

    >>> identifier("Conv-1/bn", "conv"), identifier("1x1", "conv"), identifier("class", "conv")
    ('conv_1_bn', 'conv_1x1', 'class_')
    >>> identifier("x = 1; import os", "conv"), identifier("__init__", "conv"), identifier("é", "conv")
    ('x_1_import_os', 'init', 'conv')
    """
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:MOST_LETTERS].strip("_")
    if not words or words[0].isdigit():
        words = f"{otherwise}_{words}".strip("_")
    is_taken = keyword.iskeyword(words) or words in RESERVED or hasattr(builtins, words)
    return f"{words}_" if is_taken else words


def class_name(text: str) -> str:
    """A text as the name of a class.

    >>> class_name("inverted_residual"), class_name("V2 1.0x"), class_name("3x3"), class_name("none")
    ('InvertedResidual', 'V2_1_0x', 'Block3x3', 'None_')
    """
    words = re.sub(r"[^A-Za-z0-9]+", " ", text).split()
    name = ""
    for word in words:
        between = "_" if name[-1:].isdigit() and word[0].isdigit() else ""
        name += between + word[0].upper() + word[1:]
    name = name[:MOST_LETTERS]
    if not name or name[0].isdigit():
        name = f"Block{name}"
    return f"{name}_" if keyword.iskeyword(name) or name == "F" else name


class FreeNames:
    """Names that are not taken yet."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self.taken = set(taken)

    def free(self, *wishes: str, before_number: str = "_") -> str:
        """The first of the wishes that is free; else the last one with a number."""
        for wish in wishes:
            if wish not in self.taken:
                self.taken.add(wish)
                return wish
        number = 2
        while f"{wishes[-1]}{before_number}{number}" in self.taken:
            number += 1
        return self.free(f"{wishes[-1]}{before_number}{number}")


def in_docstring(text: str) -> str:
    """A text that cannot end a docstring: one line, without quotes of code and backslashes.

    >>> in_docstring('a\\\\b \\"\\"\\" c\\nd')
    "a/b ''' c d"
    """
    return (
        " ".join("".join(c if c.isprintable() else " " for c in text).split())
        .replace("\\", "/")
        .replace('"', "'")
    )
