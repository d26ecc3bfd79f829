"""Marks for families of tests of which most are slow: a few members stay in the quick run."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any

import pytest


def slow_except(fast: Container[str], values: Iterable[Any], name: Callable[[Any], str] = str) -> list[Any]:
    """Values for ``parametrize``: all are marked slow, except those whose name is in ``fast``."""
    return [value if name(value) in fast else pytest.param(value, marks=pytest.mark.slow) for value in values]
