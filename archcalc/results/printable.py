"""Results print themselves: as a table, as records, and as HTML in a notebook.

Results know no layout, and they may not import ``render``: it stands above them. ``archcalc/__init__.py``
stands above both, and sets ``load_renderer``. Nothing of ``render`` is loaded before a result is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

MAX_REPR = 380
"""Characters of a result's repr: one result is a few lines of a prompt, and not a page."""

MAX_TEXT = 40
"""Characters of one text or number in a repr."""


class Renderer(Protocol):
    """What prints results: the functions of ``archcalc.render``."""

    def text_of(self, result: Any, format: str, **options: Any) -> str | bytes: ...
    def rows_of(self, result: Any, **options: Any) -> list[dict[str, Any]]: ...
    def html_of(self, result: Any) -> str: ...


def _none() -> Renderer:
    raise RuntimeError("archcalc/__init__.py sets the renderer")


load_renderer: Callable[[], Renderer] = _none
"""Imports the renderer; set by ``archcalc/__init__.py``."""


class Printable:
    """A result that prints itself; a base class of frozen dataclasses."""

    __slots__ = ()  # else the slots of the dataclasses below would save nothing

    def render(self, format: str = "plain", **options: Any) -> Any:
        """The result as text in a format of the command line (``markdown``, ``csv``, ``json``, ...).

        ``options`` are options of the result's command (``depth``, ``columns``, ``units``, ...). Only the
        format ``parquet`` gives bytes. Raises ArchcalcError for a format that the result does not have.
        """
        return load_renderer().text_of(self, format, **options)

    def rows(self, **options: Any) -> list[dict[str, Any]]:
        """The rows of the CSV as plain dicts, ready for ``DataFrame(rows)``.

        If the CSV has several tables, these are the rows of the first.

        The values are numbers, texts, lists and None, so that ``json`` can write them too.
        """
        return load_renderer().rows_of(self, **options)

    def __str__(self) -> str:
        text: str = self.render("plain")
        return text.rstrip("\n")

    def __repr__(self) -> str:
        # The repr of a dataclass would print every layer: pages for one line of a prompt.
        names: dict[str, Any] = getattr(self, "__dataclass_fields__", {})
        shown = ", ".join(f"{name}={_brief(getattr(self, name))}" for name in names)
        if len(shown) > MAX_REPR - 20:  # room for the name of the class
            shown = f"{shown[: MAX_REPR - 24]} ..."
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        return load_renderer().html_of(self)


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
