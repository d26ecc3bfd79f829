"""Results print themselves: as a table, as records, and as HTML in a notebook.

Results know no layout. ``render`` does, and it stands above them. So this file has the only link that runs
upwards: ``_renderer`` loads ``archcalc.render`` when a result is printed, and not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

MAX_REPR = 380
"""Characters of a result's repr: one result is a few lines of a prompt, and not a page."""

MAX_TEXT = 40
"""Characters of one text or number in a repr."""


class Renderer(Protocol):
    """What prints results: the functions of ``archcalc.render``."""

    def text_of(self, result: Any, format: str, **options: Any) -> str | bytes: ...
    def rows_of(self, result: Any, **options: Any) -> list[dict[str, Any]]: ...
    def html_of(self, result: Any) -> str: ...


def _renderer() -> Renderer:
    # The link is here, so a result prints itself wherever it comes from, for example from a pickle.
    return cast(Renderer, import_module("archcalc.render"))


class Printable:
    """A result that prints itself; a base class of frozen dataclasses."""

    __slots__ = ()  # else the slots of the dataclasses below would save nothing

    def render(self, format: str = "plain", **options: Any) -> Any:
        """The result as text in a format of the command line (``markdown``, ``csv``, ``json``, ...).

        ``options`` are options of the result's command (``depth``, ``columns``, ``units``, ...). Only the
        format ``parquet`` gives bytes. Raises ArchcalcError for a format that the result does not have.
        """
        return _renderer().text_of(self, format, **options)

    def rows(self, **options: Any) -> list[dict[str, Any]]:
        """The rows of the CSV as plain dicts, ready for ``DataFrame(rows)``.

        If the CSV has several tables, these are the rows of the first. The rows ``input`` and ``total`` of a
        table of layers are left out: its columns can be added up.

        The values are numbers, texts, lists and None, so that ``json`` can write them too.
        """
        return _renderer().rows_of(self, **options)

    def __str__(self) -> str:
        text: str = self.render("plain")
        return text.rstrip("\n")

    def __repr__(self) -> str:
        names: dict[str, Any] = getattr(self, "__dataclass_fields__", {})
        return brief_repr(type(self).__name__, {name: getattr(self, name) for name in names})

    def _repr_html_(self) -> str:
        return _renderer().html_of(self)


def brief_repr(kind: str, values: Mapping[str, Any]) -> str:
    """The repr of a record: as many of its values as a prompt has room for."""
    # The repr of a dataclass would print every layer: pages for one line of a prompt.
    shown = ", ".join(f"{name}={_brief(value)}" for name, value in values.items())
    if len(shown) > MAX_REPR - 20:  # room for the name of the class
        shown = f"{shown[: MAX_REPR - 24]} ..."
    return f"{kind}({shown})"


def _brief(value: Any) -> str:
    """A field in a repr; a large one by its size only.

    >>> _brief("vgg16"), _brief((224, 224, 3)), _brief(list(range(99))), _brief({"a": object()})
    ("'vgg16'", '(224, 224, 3)', '<99 items>', '<1 item>')
    """
    if value is None or isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
    # A record is a tuple too, but its fields are not items.
    if not isinstance(value, tuple | list | dict) or hasattr(value, "_fields"):
        return f"<{type(value).__name__}>"
    if len(value) <= 4 and all(isinstance(item, int) for item in value) and not isinstance(value, dict):
        return repr(value)
    return f"<{len(value)} item{'' if len(value) == 1 else 's'}>"
