"""The specs that archcalc ships, read once for all tests, and the few of them that quick tests use."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.language.about import About
from archcalc.language.family import Spec
from archcalc.language.find import all_specs

SPECS: list[Spec] = all_specs()

FAST_SPECS = {"alexnet", "lenet5", "vgg"}
FAST_NETWORKS = {"alexnet", "lenet5", "vgg16", "googlenet", "resnet18", "resnet20-cifar", "densenet-40-k12"}
"""Small ones of every kind: chains, branches, additions, concatenations. A family of tests over all
networks marks the others as slow."""


def some_of(networks: Sequence[About]) -> Sequence[About]:
    """Four networks of a large family, the first and the last among them: what a slow test needs."""
    places = {0, len(networks) // 3, 2 * len(networks) // 3, len(networks) - 1}
    return [networks[place] for place in sorted(places)]
