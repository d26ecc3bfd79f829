"""The specs that archcalc ships, read once for all tests."""

from __future__ import annotations

from archcalc.language.family import Spec
from archcalc.language.find import all_specs

SPECS: list[Spec] = all_specs()
