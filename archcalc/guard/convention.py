"""The convention of a lock: our own, and that of a tool whose count the lock holds, too."""

from __future__ import annotations

from archcalc.conventions import ARCHCALC
from archcalc.conventions.tool import ToolConvention
from archcalc.studies.reconcile import tool_named


def text_for(tool: ToolConvention | None) -> str:
    """What a lock says about its convention.

    >>> from archcalc.conventions.tools import tool_convention
    >>> text_for(None), text_for(tool_convention("torch"))
    ('archcalc/1', 'archcalc/1, torch 2.13.0')
    """
    return f"{ARCHCALC.id}, {tool.name} {tool.version}" if tool else ARCHCALC.id


def tool_in(text: str) -> ToolConvention | None:
    """The tool that a lock names, in the version that archcalc knows; None if it names none that is known."""
    from archcalc.conventions.tools import tool_convention, tool_names

    name = text.partition(", ")[2].partition(" ")[0]
    return tool_convention(name) if name in tool_names() else None


def chosen_tool(option: str | None, project: str, lock: str | None) -> ToolConvention | None:
    """The tool of an option, else of the project, else of a lock. Raises ArchcalcError for an unknown one."""
    if option or project:
        return tool_named(option or project)
    return tool_in(lock) if lock else None
