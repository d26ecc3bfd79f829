"""A progress bar for long work, on a terminal's stderr only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.5
"""Seconds before a bar appears."""


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with ``(done, total)``; None if stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(what)
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    def __init__(self, what: str) -> None:
        self.what = what
        self.start = time.monotonic()
        self.close: Callable[[], None] = lambda: None
        self.update: Callable[[int, int], None] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.update is None and time.monotonic() - self.start > PATIENCE:
            self._open()
        if self.update is not None:
            self.update(done, total)

    def _open(self) -> None:
        # Rich is imported here: most work ends before a bar appears.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        task = bar.add_task(self.what, total=None)
        bar.start()
        self.close = bar.stop
        self.update = lambda done, total: bar.update(task, completed=done, total=total)
