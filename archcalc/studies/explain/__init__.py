"""Traced ints poured in: the derivation of every figure, as a teacher would write it.

Every layer is worked out from its own input, whose sizes are plain numbers with names (W1, D1); its output
volume gets names of its own (W2, D2), from which weights and costs go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archcalc.conventions import DTYPES
from archcalc.engine.claims import Findings
from archcalc.engine.figures import LayerFigures
from archcalc.engine.quantities import BY_KEY, CLOSED_FORMS, Quantity, bytes_of, name_of
from archcalc.engine.reading import Pass
from archcalc.engine.receptive import ReceptiveField, receptive_fields
from archcalc.engine.totals import of_input
from archcalc.engine.walk import Step, walk
from archcalc.errors import ArchcalcError, Problem, SpecError, did_you_mean, short
from archcalc.network import Network
from archcalc.results.explain import Derivation, DerivationStep, LayerDerivation, Misfit
from archcalc.results.folding import row_path
from archcalc.studies.explain.op import derive

MOST_TERMS = 16  # summands of a total that are written out


def explain(
    network: Network,
    layers: Sequence[str] = (),
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
) -> Derivation:
    """Work out every layer, or those chosen, with formulas; and the totals as sums if none were chosen.

    ``layers`` are paths, names or scopes. Where a layer does not fit, the derivation goes up to it and holds what
    its claim failed on. Raises SpecError with the problems of the network itself, ArchcalcError for a layer that
    does not exist.
    """
    if network.problems:
        raise SpecError(network.problems)
    findings = Findings()
    steps = list(walk(network, findings, aux=aux))
    places = {node.path: number for number, node in enumerate(network.layers, 1)}
    first_misfit = min((places[problem.where] for problem in findings.problems), default=len(places) + 1)
    chosen = _chosen(network, layers, aux)
    fields = receptive_fields(network, steps)
    derived = [
        _explained(step, fields, batch, DTYPES[dtype])
        for step in steps
        if step.number < first_misfit and step.node.path in chosen
    ]
    whole, run = not layers, Pass(batch, DTYPES[dtype])
    return Derivation(
        network.name,
        network.title,
        network.input.dims,
        batch,
        dtype,
        tuple(derived),
        tuple(_totals(network, steps, run)) if whole and not findings.problems else (),
        tuple(map(_misfit, findings.problems)),
        whole,
    )


def _chosen(network: Network, layers: Sequence[str], aux: bool) -> set[str]:
    """The paths meant by these paths, names or scopes. Raises ArchcalcError."""
    paths = [node.path for node in network.layers if aux or not node.aux]
    if not layers:
        return set(paths)
    found: set[str] = set()
    for layer in layers:
        meant = _meant(paths, layer)
        if not meant:
            hidden = _meant([node.path for node in network.layers], layer)
            hint = "part of an auxiliary head: --aux counts it in" if hidden else _closest(paths, layer)
            raise ArchcalcError(f"unknown layer '{short(layer)}' ({hint})")
        found.update(meant)
    return found


def _meant(paths: Sequence[str], layer: str) -> list[str]:
    """The layer of that path, or all of that scope, else all of that name."""
    word = layer.strip("/")
    meant = [path for path in paths if path == word or path.startswith(f"{word}/")]
    return meant or [path for path in paths if path.rpartition("/")[2] == word]


def _closest(paths: Sequence[str], layer: str) -> str:
    scopes = ["/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)]
    known = dict.fromkeys([*paths, *scopes, *(path.rpartition("/")[2] for path in paths)])
    return (
        did_you_mean(layer, list(known)[:1000]) or "'archcalc table --depth all' shows the layers there are"
    )


def _misfit(problem: Problem) -> Misfit:
    return Misfit(problem.where, problem.message, problem.hint, str(problem.mark) if problem.mark else "")


def _explained(
    step: Step, fields: Mapping[int, ReceptiveField], batch: int, value_bytes: int
) -> LayerDerivation:
    seen = [fields[source] for source in step.node.inputs]
    given, steps = derive(step.node.op, step.xs, seen, batch=batch, value_bytes=value_bytes)
    return LayerDerivation(
        step.node.path, step.node.op.name, tuple(x.dims for x in step.xs), step.y.dims, given, tuple(steps)
    )


def total_steps(totals: Iterable[DerivationStep], quantity: str) -> list[DerivationStep]:
    """Those of a derivation's totals that lead to one; the activations are those of the lectures' count."""
    key = LECTURES.get(quantity, quantity)
    wanted = (BY_KEY[key].values, key) if key in BY_KEY else (key,)
    return [step for step in totals if step.quantity in wanted]


LECTURES = {"activations": "slide_activations", "activation_bytes": "slide_activation_bytes"}

# --- totals -----------------------------------------------------------------------------------------------


def _totals(network: Network, steps: Sequence[Step], run: Pass) -> list[DerivationStep]:
    """The totals that are sums over the layers, and their bytes; those that are nothing are left out."""
    layers = {step.like: LayerFigures(step, run) for step in steps}
    lines = []
    for quantity in CLOSED_FORMS:
        total = _sum_of_layers(quantity, list(_terms(quantity, network, steps, layers, run).items()))
        if total.value or quantity.key in ("params", "macs"):
            lines.append(total)
            lines += _total_bytes(total, run.value_bytes)
    return lines


def _total_bytes(total: DerivationStep, value_bytes: int) -> list[DerivationStep]:
    key, name = bytes_of(total.quantity), name_of(total.quantity)
    if not key:
        return []
    text = f"{value_bytes}·{name}", f"{value_bytes}·{total.value}"
    if value_bytes == 1:
        text = name, str(total.value)
    return [DerivationStep(key, *text, value_bytes * total.value, f"{value_bytes} bytes a value")]


def _terms(
    quantity: Quantity, network: Network, steps: Sequence[Step], layers: Mapping[int, LayerFigures], run: Pass
) -> dict[str, Any]:
    """What every layer that has any adds to a total, by its path; a layer's followers count with it."""
    count = of_input(quantity, network, run)
    terms = {"input": count} if count else {}
    for step in steps:
        count = layers[step.like][quantity.key]
        if count:
            path = row_path(step.node.path, step.node.follower)
            terms[path] = terms.get(path, 0) + count
    return terms


def _sum_of_layers(quantity: Quantity, terms: Sequence[tuple[str, Any]]) -> DerivationStep:
    """A total as the sum of its layers; a long one folded by scope, then by runs of neighbours."""
    value = sum(count for _, count in terms)
    folded = _folded(terms)
    formula = " + ".join(path for path, _ in folded) or "0"
    substituted = " + ".join(str(count) for _, count in folded) or "0"
    source = f"the sum of all layers that have any ({len(terms)})"
    if quantity.total == "input and sum":
        source = "the lectures' count: the input and every conv, pool, norm and fc row"
    return DerivationStep(quantity.key, formula, substituted, value, source)


def _folded(terms: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """At most MOST_TERMS summands: every layer, else scopes as deep as they fit, else runs of neighbours."""
    deepest = max((path.count("/") for path, _ in terms), default=0) + 1
    for depth in range(deepest, 0, -1):
        groups: dict[str, Any] = {}
        for path, count in terms:
            scope = "/".join(path.split("/")[:depth])
            groups[scope] = groups.get(scope, 0) + count
        if len(groups) <= MOST_TERMS:
            return list(groups.items())
    scopes = list(groups.items())
    length = -(-len(scopes) // MOST_TERMS)
    runs = [scopes[start : start + length] for start in range(0, len(scopes), length)]
    return [(_run(run), sum(count for _, count in run)) for run in runs]


def _run(run: Sequence[tuple[str, Any]]) -> str:
    first, last = run[0][0], run[-1][0]
    return first if len(run) == 1 else f"{first} … {last}"
