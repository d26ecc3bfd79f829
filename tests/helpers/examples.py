"""How many examples Hypothesis draws: the profiles, and the number for one test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

FEW = 5
"""Examples of a test in the profile ``quick``."""

SAME = 50
"""Examples of a test in CI, the same in each run; ``dev`` draws 100 new ones each time."""

# No deadline: the machine is shared, and a first call of SymPy or PyTorch takes seconds. The first inputs
# of an op with many options are large, because they are thorough: Hypothesis need not warn of them.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
_SAME = {"derandomize": True, "database": None}

settings.register_profile("dev", **_COMMON, print_blob=True)
settings.register_profile("ci", **_COMMON, **_SAME, max_examples=SAME)
settings.register_profile("quick", **_COMMON, **_SAME, max_examples=FEW)

_quick = False


def load(profile: str) -> None:
    """Use a profile for the tests that are collected from here on."""
    global _quick
    _quick = profile == "quick"
    settings.load_profile(profile)


def examples(count: int) -> settings:
    """Settings for so many examples of one test; for a few of them in the profile ``quick``."""
    return settings(max_examples=min(count, FEW) if _quick else count)
