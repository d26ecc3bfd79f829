"""Hypothesis profiles: ``dev`` looks for new examples, ``ci`` (where CI is set) draws the same ones every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline: the machine is shared, and a first SymPy or torch call takes seconds. The first inputs of an
# op with many options are large for the same reason that they are thorough.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("dev", **_COMMON, print_blob=True)
settings.register_profile("ci", **_COMMON, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
