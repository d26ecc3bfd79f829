"""Numbers in documents: which convention gives them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from archcalc.language.settings import Settings

if TYPE_CHECKING:
    from archcalc.language.find import FilePath
    from archcalc.results.conventions import JudgedDocument


def reconcile_file(
    path: FilePath, target: str | None = None, settings: Settings | None = None
) -> JudgedDocument:
    """Which convention gives each number of a README's table of models, or of what a tool has printed.

    Parameters:
        path: a file with a table whose first column names networks, or with the print of a tool; ``-`` for
            standard input.
        target: the network that all numbers are about. None: as the table says; for a print, the network with
            its params.
        settings: settings to change in all networks, as for ``load``.

    Raises:
        ArchcalcError: the file cannot be read, or has no such numbers; or it is not clear which network a
            print is about.

    >>> reconcile_file("tests/classroom/prints/resnet18-torchinfo.txt").ok
    True
    """
    from archcalc.classroom.judge_numbers import judge_document

    return judge_document(os.fspath(path), target or "", settings)
