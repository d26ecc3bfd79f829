"""archcalc: exact shapes and costs of network architectures.

>>> import archcalc
>>> archcalc.analyze("vgg16").totals.params
138357544
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.classroom.library import autograder as autograder
    from archcalc.classroom.library import grade as grade
    from archcalc.classroom.library import grade_class as grade_class
    from archcalc.classroom.library import grade_submission as grade_submission
    from archcalc.classroom.library import grader as grader
    from archcalc.classroom.library import mistakes as mistakes
    from archcalc.classroom.library import quiz as quiz
    from archcalc.classroom.library import quiz_columns as quiz_columns
    from archcalc.classroom.library import students as students
    from archcalc.classroom.library_numbers import reconcile_file as reconcile_file
    from archcalc.guard.library import check as check
    from archcalc.guard.library import lock as lock
    from archcalc.guard.library import project as project
    from archcalc.guard.library import write_locks as write_locks
    from archcalc.pictures.library import graph as graph
    from archcalc.pictures.library import plot as plot
    from archcalc.pictures.library import plot_kinds as plot_kinds
    from archcalc.pictures.library import report as report
    from archcalc.render.library import list_columns as list_columns
    from archcalc.render.library import manual as manual
    from archcalc.render.library import table_columns as table_columns
    from archcalc.render.library import totals_columns as totals_columns
    from archcalc.studies.library import analyze as analyze
    from archcalc.studies.library import audit as audit
    from archcalc.studies.library import explain as explain
    from archcalc.studies.library import listing as listing
    from archcalc.studies.library import load as load
    from archcalc.studies.library import names as names
    from archcalc.studies.library import schema as schema
    from archcalc.studies.library import verify as verify
    from archcalc.studies.library import verify_all as verify_all
    from archcalc.studies.library_compare import compare as compare
    from archcalc.studies.library_compare import totals as totals
    from archcalc.studies.library_conventions import count_by_conventions as count_by_conventions
    from archcalc.studies.library_conventions import explain_convention as explain_convention
    from archcalc.studies.library_conventions import list_conventions as list_conventions
    from archcalc.studies.library_conventions import reconcile as reconcile
    from archcalc.studies.library_free import formula as formula
    from archcalc.studies.library_free import sweep as sweep
    from archcalc.studies.library_free import sweep_columns as sweep_columns
    from archcalc.studies.library_write import export as export
    from archcalc.studies.library_write import to_yaml as to_yaml
    from archcalc.timing.library import check_times as check_times
    from archcalc.timing.library import compare_timings as compare_timings
    from archcalc.timing.library import device as device
    from archcalc.timing.library import devices as devices
    from archcalc.timing.library import fit as fit
    from archcalc.timing.library import load_timings as load_timings
    from archcalc.timing.library_time import calibrate as calibrate
    from archcalc.timing.library_time import time as time

__version__ = "0.1.0"

_FUNCTIONS = {
    "studies.library": (
        "analyze",
        "audit",
        "explain",
        "listing",
        "load",
        "names",
        "schema",
        "verify",
        "verify_all",
    ),
    "studies.library_compare": ("compare", "totals"),
    "studies.library_conventions": (
        "count_by_conventions",
        "explain_convention",
        "list_conventions",
        "reconcile",
    ),
    "studies.library_free": ("formula", "sweep", "sweep_columns"),
    "studies.library_write": ("export", "to_yaml"),
    "classroom.library": (
        "autograder",
        "grade",
        "grade_class",
        "grade_submission",
        "grader",
        "mistakes",
        "quiz",
        "quiz_columns",
        "students",
    ),
    "classroom.library_numbers": ("reconcile_file",),
    "guard.library": ("check", "lock", "project", "write_locks"),
    "pictures.library": ("graph", "plot", "plot_kinds", "report"),
    "render.library": ("list_columns", "manual", "table_columns", "totals_columns"),
    "timing.library": ("check_times", "compare_timings", "device", "devices", "fit", "load_timings"),
    "timing.library_time": ("calibrate", "time"),
}
"""The public functions, by their file."""

_FILES = {name: file for file, names in _FUNCTIONS.items() for name in names}

__all__ = sorted(_FILES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """A public function, imported when it is first used: ``import archcalc`` loads nothing else."""
    if name not in _FILES:
        raise AttributeError(f"module 'archcalc' has no attribute '{name}'")
    function = getattr(import_module(f"archcalc.{_FILES[name]}"), name)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return [*globals(), *__all__]
