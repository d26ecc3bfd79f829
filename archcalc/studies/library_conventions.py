"""Conventions: how other tools count, and which of them gives a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.language.find import network_of
from archcalc.language.settings import Settings

if TYPE_CHECKING:
    from archcalc.language.find import Target
    from archcalc.network import Network
    from archcalc.results.conventions import (
        ConventionList,
        CountTable,
        ExplainedConvention,
        Reconciliation,
    )

EXAMPLE = "resnet50-v1.5"
"""The network that explains a convention: everybody knows it, and every tool has counted it."""


def list_conventions(*, tools: bool = True) -> ConventionList:
    """The conventions of archcalc and of other tools.

    Parameters:
        tools: False: only our own.

    >>> [convention.name for convention in list_conventions().tools][:3]
    ['calflops', 'chainer-cc', 'convnet-burden']
    """
    from archcalc.conventions import ARCHCALC
    from archcalc.conventions.tools import tool_convention, tool_names
    from archcalc.results.conventions import ConventionList

    return ConventionList(ARCHCALC, tuple(map(tool_convention, tool_names() if tools else ())))


def explain_convention(name: str) -> ExplainedConvention:
    """How a tool counts: its formulas, its oddities, and how its number for ResNet-50 comes about.

    Parameters:
        name: a name of ``list_conventions``, in any spelling.

    Raises:
        ArchcalcError: the convention does not exist.

    >>> explain_convention("fvcore").example.total
    4111512576
    """
    from archcalc.conventions.models import written
    from archcalc.results.conventions import ExplainedConvention
    from archcalc.studies.reconcile import convention_named, count_of
    from archcalc.studies.tool_layers import tool_layers

    convention = convention_named(name)
    layers = tool_layers(network_of(EXAMPLE), written(EXAMPLE))
    return ExplainedConvention(convention, count_of(convention, layers), EXAMPLE)


def count_by_conventions(target: Target | Network, settings: Settings | None = None) -> CountTable:
    """A network counted by every convention, the smallest number first.

    Parameters:
        target: a name, a path to a spec, or a network.
        settings: settings to change, as for ``load``; of a target that is text.

    Raises:
        SpecError: the spec has mistakes, or a layer does not fit.
        ArchcalcError: the network or the file does not exist.

    >>> [count.total for count in count_by_conventions("resnet50-v1.5").counts if count.convention == "thop"]
    [4133742592]
    """
    from archcalc.studies.reconcile import count_table

    return count_table(network_of(target, settings))


def reconcile(
    target: str,
    numbers: Sequence[str | int] | str | int,
    settings: Settings | None = None,
    *,
    counts: str = "",
) -> Reconciliation:
    """Which conventions give a number for a network, and with which input size, variant or batch.

    Parameters:
        target: a name or a path to a spec.
        numbers: one number or several, as people write them: ``4111512576``, ``"4.11G"``, ``"25.6M params"``.
        settings: settings to change, as for ``load``.
        counts: what the numbers count: ``macs``, ``flops``, ``params`` or ``bytes``; empty: as they say.

    Raises:
        SpecError: the spec has mistakes, or a layer does not fit.
        ArchcalcError: the network does not exist, or a number cannot be read.

    >>> [part.term for part in reconcile("resnet50-v1.5", 4111512576).numbers[0].explanations[0].counted.gap]
    ['batch norm outputs', 'average pool inputs']
    """
    from archcalc.studies.number_search import reconcile as explained
    from archcalc.studies.written_number import written_count

    texts = [numbers] if isinstance(numbers, str | int) else numbers
    return explained(target, settings, [written_count(str(text)) for text in texts], counts)
