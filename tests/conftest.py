"""What all tests share: the environment, the option ``--quick``, and the profile of Hypothesis.

Profiles: ``dev`` looks for new examples; ``ci`` (where CI is set) draws the same ones every time;
``quick`` draws a few of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite("helpers.laws")  # a law that fails shows its two sides

from helpers.examples import load  # noqa: E402

# These variables change what archcalc, rich and pytest print. A test that needs one sets it itself.
VARIABLES = (
    "ARCHCALC_FORMAT",
    "ARCHCALC_MAX",
    "ARCHCALC_SPECS",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_STEP_SUMMARY",
    "NO_COLOR",
    "PYTEST_ADDOPTS",
    "PY_COLORS",
)
for _name in VARIABLES:
    os.environ.pop(_name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out slow tests and draw few examples")


def pytest_configure(config: pytest.Config) -> None:
    # Before the tests are collected: a decorator of theirs reads the profile.
    quick = config.getoption("--quick")
    usual = "ci" if os.environ.get("CI") else "dev"
    load("quick" if quick else os.environ.get("HYPOTHESIS_PROFILE", usual))
    if quick and not config.option.markexpr:
        config.option.markexpr = "not slow"


# Their import of PyTorch or ONNX takes seconds in every worker. Without them the tests are skipped anyway.
NEED_A_FRAMEWORK = (
    "backends/test_torchvision.py",
    "backends/test_verify.py",
    "ops/test_onnx.py",
    "ops/test_torch.py",
    "specs/test_torchvision_models.py",
    "timing/test_measure.py",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # None leaves the decision to pytest.
    is_slow = collection_path.as_posix().endswith(NEED_A_FRAMEWORK)
    return True if config.getoption("--quick") and is_slow else None
