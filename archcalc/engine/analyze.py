"""Moved: only until the tests follow."""

from archcalc.studies.analyze import analyze

__all__ = ["analyze"]
