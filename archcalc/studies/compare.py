"""Networks side by side: totals with ratios, stages, and the layers in which they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.engine.quantities import TOTALS, as_people_read, in_view
from archcalc.errors import ArchcalcError, alike, plain
from archcalc.language.find import Target, Targets, as_text, is_model, listed, load, network_of
from archcalc.language.settings import Settings, of_models_only, settings_of
from archcalc.network import Network
from archcalc.results import Analysis, Layer
from archcalc.results.compare import (
    PARTIAL,
    Change,
    ComparedNetwork,
    Comparison,
    Metric,
    Stage,
    StagePart,
    TotalsTable,
    compared,
)
from archcalc.results.folding import fold, together
from archcalc.studies.analyze import analyze

COMPARED = as_people_read(quantity for quantity in TOTALS if quantity.compared)
"""The totals that are compared, after input and output."""


def _figures(analysis: Analysis) -> dict[str, Any]:
    shapes = {"input": analysis.input, "output": analysis.layers[-1].output}
    totals = {quantity.key: analysis.totals.figures[quantity.key] for quantity in COMPARED}
    counted = {analysis.counted.heading: analysis.counted.total} if analysis.counted else {}
    return {**shapes, **totals, **counted}


def compare(networks: Sequence[ComparedNetwork], base: int = 0, layers: bool = False) -> Comparison:
    """Compare networks; ratios are relative to the network with the index ``base``.

    Stages are the output resolutions of the networks. If every network has only one resolution, as the blocks
    of a lecture do, stages are the top-level scopes. ``layers`` adds every layer in which a network differs
    from the base.
    """
    analyses = [compared.analysis for compared in networks]
    by = "resolution" if any(len(_by_resolution(analysis)) > 1 for analysis in analyses) else "scope"
    figures = [_figures(analysis) for analysis in analyses]
    group = _by_resolution if by == "resolution" else _by_scope
    stages = [group(analysis) for analysis in analyses]
    return Comparison(
        tuple(networks),
        base,
        tuple(_metric(key, [figure[key] for figure in figures], base) for key in figures[0]),
        by,
        tuple(Stage(name, tuple(by_name.get(name) for by_name in stages)) for name in _in_order(stages, by)),
        tuple(
            (network.label, tuple(changes(analyses[base], network.analysis)))
            for index, network in enumerate(networks)
            if layers and index != base
        ),
    )


def totals_of(networks: Sequence[ComparedNetwork]) -> TotalsTable:
    """The totals of networks. Raises ArchcalcError if there is none."""
    if not networks:
        raise ArchcalcError("totals takes one network or more")
    return TotalsTable(tuple(networks))


def index_of(base: str | None, networks: Sequence[ComparedNetwork]) -> int:
    """The index of the network with the label ``base``; None means the first.

    Raises ArchcalcError for fewer than two networks, and for a base that is not one of them.
    """
    if len(networks) < 2:
        raise ArchcalcError("compare takes two different networks or more")
    labels = [network.label.removesuffix(PARTIAL) for network in networks]
    meant = alike(base, labels) if base is not None else labels[:1]
    if not meant:
        raise ArchcalcError(f"the base '{base}' is not one of the compared networks: {', '.join(labels)}")
    return labels.index(meant[0])


def compared_targets(targets: Targets, settings: Settings | None, **counted: Any) -> list[ComparedNetwork]:
    """The networks of a comparison, or one of them. ``counted`` says how they are analysed (batch, ...)."""
    all_targets = listed(targets)
    given = settings_of(settings)
    # What only a model takes, such as the shape of its input, is meant for the models among the targets.
    models = [is_model(target) for target in all_targets]
    for_others = {key: value for key, value in given.items() if not any(models) or not of_models_only(key)}
    return [
        _compared_target(target, given if is_one else for_others, **counted)
        for target, is_one in zip(all_targets, models, strict=True)
    ]


def _compared_target(target: Target | Network, settings: Settings | None, **counted: Any) -> ComparedNetwork:
    """One network of a comparison, which may carry settings of its own: ``resnet50:size=288,classes=10``.

    ``counted`` says how it is analysed (batch, dtype, aux).
    """
    given = as_text(target)
    if not isinstance(given, str):
        network = network_of(given, settings)
        return compared(network.name, analyze(network, **counted))
    written, own_settings = with_own_settings(given)
    spec, variant = load(written, strict=False)
    changed = settings_of(settings) | settings_of(own_settings)
    analysis = analyze(spec.bind(variant, changed, strict=False), **counted)
    # What papers print is about the published settings only.
    about = None if changed else spec.named(variant)
    # The network as the list spells it, and its settings as they are given.
    is_listed = variant is not None and plain(variant) == plain(written)
    label = f"{variant}{given[len(written) :]}" if is_listed else given
    return compared(label, analysis, about)


def with_own_settings(target: str) -> tuple[str, list[str]]:
    """A target, and the settings that it carries.

    >>> with_own_settings("resnet50:size=288,depths=[3,4,6,3]"), with_own_settings("nets.yaml:vgg16")
    (('resnet50', ['size=288', 'depths=[3,4,6,3]']), ('nets.yaml:vgg16', []))
    """
    name, colon, text = target.rpartition(":")
    if not colon or "=" not in text:
        return target, []
    return name, re.split(r",(?![^\[]*\])", text)  # a comma inside [...] belongs to a list


def _metric(key: str, values: Sequence[Any], base: int) -> Metric:
    # Shapes have no ratio, and a base of 0 gives none.
    has_ratio = all(isinstance(value, int) for value in values) and values[base]
    ratios = [Fraction(value, values[base]) if has_ratio else None for value in values]
    return Metric(key, tuple(values), tuple(ratios))


def _in_order(stages: Sequence[dict[str, StagePart]], by: str) -> list[str]:
    """Every stage once: resolutions from large to small, flat last; scopes in the order of the networks."""
    names = list(dict.fromkeys(name for by_name in stages for name in by_name))
    if by == "scope":
        return names
    sizes = {name: part.output[:-1] for by_name in stages for name, part in by_name.items()}
    # Negative sides sort the largest map first; 0 puts vectors, which have no sides, last.
    return sorted(names, key=lambda name: [-side for side in sizes[name]] or [0])


def _by_resolution(analysis: Analysis) -> dict[str, StagePart]:
    stages: dict[str, list[Layer]] = {}
    # A vector has no sides, so all flat layers form one stage.
    for layer in analysis.layers:
        stages.setdefault("x".join(map(str, layer.output[:-1])) or "flat", []).append(layer)
    return {name: _part(rows) for name, rows in stages.items()}


def _by_scope(analysis: Analysis) -> dict[str, StagePart]:
    stages: dict[str, list[Layer]] = {}
    for layer in analysis.layers:
        stages.setdefault(layer.path.split("/")[0], []).append(layer)
    return {name: _part(rows) for name, rows in stages.items()}


def _part(rows: Sequence[Layer]) -> StagePart:
    figures = together(rows)
    return StagePart(
        layers=sum(layer.weighted for layer in rows),
        output=rows[-1].output,
        params=figures["params"],
        macs=figures["macs"],
        activations=figures["slide_activations"],
    )


def changes(old: Analysis, new: Analysis) -> list[Change]:
    """The layers in which two networks differ, with followers folded in. Layers match by their paths."""
    before = {row.path: row for row in fold(old.layers, None)}
    after = {row.path: row for row in fold(new.layers, None)}
    rows = [_change(before[path], after.get(path)) for path in before]
    rows += [Change(path, None, row, ()) for path, row in after.items() if path not in before]
    return [change for change in rows if change.old is None or change.new is None or change.what]


def _change(old: Layer, new: Layer | None) -> Change:
    if new is None:
        return Change(old.path, old, None, ())
    pairs: list[tuple[str, Any, Any]] = [("op", old.op, new.op)]
    # The options of both: the op itself may have changed.
    names = dict.fromkeys((*old.options, *new.options))
    pairs += [(name, old.options.get(name), new.options.get(name)) for name in names]
    fields = ("inputs", "input", "output", *(quantity.key for quantity in in_view("changes")))
    pairs += [(name, getattr(old, name), getattr(new, name)) for name in fields]
    return Change(old.path, old, new, tuple(pair for pair in pairs if pair[1] != pair[2]))
