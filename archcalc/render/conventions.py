"""What stands under a table about how its figures are counted: a line, or the definitions."""

from __future__ import annotations

from archcalc.conventions import Convention

POINTER = "How it counts: archcalc conventions; or --notes."


def how_it_counts(convention: Convention, explained: bool) -> list[str]:
    """The definitions of a convention if they are to be ``explained``, else where they are.

    >>> from archcalc.conventions import ARCHCALC
    >>> how_it_counts(ARCHCALC, explained=False)
    ['How it counts: archcalc conventions; or --notes.']
    """
    return convention.says() if explained else [POINTER]
