"""Hypothesis profiles: ``dev`` looks for new examples, ``ci`` (where CI is set) draws the same ones every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# What a machine says of itself changes what archcalc, rich and pytest answer: tests say it themselves.
SAID_BY_MACHINES = (
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
for _name in SAID_BY_MACHINES:
    os.environ.pop(_name, None)

# No deadline: the machine is shared, and a first SymPy or torch call takes seconds. The first inputs of an
# op with many options are large for the same reason that they are thorough.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("dev", **_COMMON, print_blob=True)
settings.register_profile("ci", **_COMMON, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
