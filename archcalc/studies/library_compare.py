"""Several networks: their totals, and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.language.settings import Input, Settings, settings_of, with_input

if TYPE_CHECKING:
    from archcalc.language.find import Targets
    from archcalc.results.compare import Comparison, TotalsTable


def compare(
    targets: Targets,
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    base: str | None = None,
    layers: bool = False,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    convention: str | None = None,
) -> Comparison:
    """Networks side by side: totals with ratios, then stage by stage.

    Parameters:
        targets: two networks or more. A name may carry settings of its own: ``resnet50:size=288,classes=10``.
        settings: settings of every target that is no network, as for ``load``.
        input: the shape of the input of every model, as for ``load``.
        base: the target that ratios are relative to; None: the first.
        layers: add every layer in which a network differs from the base.
        batch, dtype, aux, convention: as for ``analyze``.

    Raises:
        SpecError: a spec has mistakes.
        ArchcalcError: a network does not exist, there are fewer than two, or the base is not one of them.

    >>> made = compare(["alexnet", "vgg16"])
    >>> [(row.metric, row.values) for row in made.metrics if row.metric == "params"]
    [('params', (62378344, 138357544))]
    """
    from archcalc.studies.compare import compare as compare_networks
    from archcalc.studies.compare import compared_targets, index_of

    given = with_input(settings_of(settings), input)
    counted = {"batch": batch, "dtype": dtype, "aux": aux, "convention": convention}
    networks = compared_targets(targets, given, **counted)
    return compare_networks(networks, index_of(base, networks), layers)


def totals(
    targets: Targets,
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    convention: str | None = None,
) -> TotalsTable:
    """The totals of networks, a row for each: params, MACs, FLOPs, memory and depth.

    Parameters:
        targets: one network or more, as for ``compare``.
        settings: settings of every target that is no network, as for ``load``.
        input: the shape of the input of every model, as for ``load``.
        batch, dtype, aux, convention: as for ``analyze``.

    Raises:
        SpecError: a spec has mistakes.
        ArchcalcError: a network does not exist, or none is given.

    >>> [(row["network"], row["params"]) for row in totals(["alexnet", "vgg16"]).rows(columns="params")]
    [('alexnet', 62378344), ('vgg16', 138357544)]
    """
    from archcalc.studies.compare import compared_targets, totals_of

    given = with_input(settings_of(settings), input)
    counted = {"batch": batch, "dtype": dtype, "aux": aux, "convention": convention}
    return totals_of(compared_targets(targets, given, **counted))
