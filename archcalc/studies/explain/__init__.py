"""The derivation of every figure, as a teacher writes it on the blackboard.

Each layer is computed from its own input. The sizes of the input are plain numbers with names (W1, D1). The
sizes of the output get names too (W2, D2). The formulas of weights and costs use these names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.conventions import DTYPES
from archcalc.conventions.tool import ToolConvention
from archcalc.engine.claims import Findings
from archcalc.engine.figures import LayerFigures, figures_of
from archcalc.engine.quantities import BY_KEY, CLOSED_FORMS, Quantity, bytes_of, name_of
from archcalc.engine.reading import Pass
from archcalc.engine.receptive import ReceptiveField, on_same_axes, receptive_fields
from archcalc.engine.totals import of_input
from archcalc.engine.walk import Step, walk
from archcalc.errors import ArchcalcError, Problem, SpecError, alike, did_you_mean, one_of, plain, short
from archcalc.network import Network
from archcalc.results.explain import Derivation, DerivationStep, LayerDerivation, Misfit
from archcalc.results.folding import row_path
from archcalc.studies.explain.op import derive, leading

if TYPE_CHECKING:
    from archcalc.studies.explain.by_tool import ToolDerivation

__all__ = ["derive", "explain", "leading", "total_steps", "totals_of"]

MOST_NAMES = 4  # that a name in another spelling may mean, in a message
MOST_TERMS = 16  # a total with more summands is folded: a sum of 150 numbers explains nothing


def explain(
    network: Network,
    layers: Sequence[str] = (),
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    tool: ToolConvention | None = None,
) -> Derivation:
    """Derive the chosen layers; without a choice, derive every layer, and the totals as sums.

    ``tool``: derive what it counts, too. Raises ArchcalcError if it would not see every layer.

    ``layers`` are paths, names or scopes. If a layer does not fit, the derivation ends before it, and
    ``misfits`` says why. Raises SpecError with the problems of the network itself, and ArchcalcError for a
    layer that does not exist.
    """
    if network.problems:
        raise SpecError(network.problems)
    findings = Findings()
    steps = list(walk(network, findings, aux=aux))
    # What follows a layer that does not fit may depend on it, so the derivation ends there.
    places = {node.path: number for number, node in enumerate(network.layers, 1)}
    first_misfit = min((places[problem.where] for problem in findings.problems), default=len(places) + 1)
    chosen = _chosen(network, layers, aux)
    fields = receptive_fields(network, steps)
    told = _told(tool, network, steps, batch, aux) if tool and not findings.problems else None
    derived = [
        _explained(step, fields, batch, DTYPES[dtype])
        for step in steps
        if step.number < first_misfit and step.node.path in chosen
    ]
    if told:
        derived = [layer.with_step(told.steps[layer.path]) for layer in derived]
    whole, run = not layers, Pass(batch, DTYPES[dtype])
    return Derivation(
        network.name,
        network.title,
        network.input.dims,
        batch,
        dtype,
        tuple(derived),
        tuple(_totals(network, steps, run, told)) if whole and not findings.problems else (),
        tuple(map(_misfit, findings.problems)),
        whole,
        told.counted if told else None,
        {name: x.dims for name, x in network.named_inputs.items()},
    )


def _told(
    tool: ToolConvention, network: Network, steps: Sequence[Step], batch: int, aux: bool
) -> ToolDerivation:
    from archcalc.studies.explain.by_tool import by_tool  # few derivations need it

    return by_tool(tool, network, steps, batch=batch, aux=aux)


def _totals(
    network: Network, steps: Sequence[Step], run: Pass, told: ToolDerivation | None
) -> Iterator[DerivationStep]:
    yield from totals_of(network, steps, run)
    if told:
        yield _sum(told.counted.name, told.terms(), f"the sum of what {told.counted.name} counts")


def _chosen(network: Network, layers: Sequence[str], aux: bool) -> set[str]:
    """The paths of the layers that are asked for by path, name or scope. Raises ArchcalcError."""
    paths = [node.path for node in network.layers if aux or not node.aux]
    if not layers:
        return set(paths)
    found: set[str] = set()
    for layer in layers:
        meant = _meant(paths, layer)
        if not meant:
            # A layer that exists but is not counted needs another hint than a misspelled one.
            hidden = _meant([node.path for node in network.layers], layer)
            hint = "part of an auxiliary head: --aux includes it" if hidden else _closest(paths, layer)
            raise ArchcalcError(f"unknown layer '{short(layer)}' ({hint})")
        found.update(meant)
    return found


def _meant(paths: Sequence[str], layer: str) -> list[str]:
    """The layer with this path, or the layers of this scope; else the layers with this name.

    A name in another spelling (``Conv1``) means the same, unless two names differ in spelling only. Raises
    ArchcalcError for such two.
    """
    word = layer.strip("/")
    if exact := _named(paths, word):
        return exact
    names = alike(word, _names(paths))
    if len(names) > 1:
        raise ArchcalcError(f"'{short(layer)}' may be {one_of(names[:MOST_NAMES])}: write one of these names")
    return _named(paths, names[0]) if names else []


def _named(paths: Sequence[str], word: str) -> list[str]:
    meant = [path for path in paths if path == word or path.startswith(f"{word}/")]
    return meant or [path for path in paths if path.rpartition("/")[2] == word]


def _names(paths: Sequence[str]) -> list[str]:
    """Every path, scope and last part of a path."""
    scopes = ["/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)]
    return list(dict.fromkeys([*paths, *scopes, *(path.rpartition("/")[2] for path in paths)]))


def _closest(paths: Sequence[str], layer: str) -> str:
    known, word = _names(paths), plain(layer)
    begun = [name for name in known if "/" not in name and word and plain(name).startswith(word)]
    if len(begun) > 1:
        return f"{len(begun)} names begin so: {begun[0]} to {begun[-1]}"
    # Comparing is slow, so a deep network offers only its first layers.
    return did_you_mean(layer, known[:1000]) or "'archcalc table --depth all' shows the layers"


def _misfit(problem: Problem) -> Misfit:
    return Misfit(problem.where, problem.message, problem.hint, str(problem.mark) if problem.mark else "")


def _explained(
    step: Step, fields: Mapping[int, ReceptiveField], batch: int, value_bytes: int
) -> LayerDerivation:
    seen = on_same_axes([fields[source] for source in step.node.sources])
    given, steps = derive(
        step.node.op, step.xs, seen, batch=batch, value_bytes=value_bytes, shared=step.shared_names
    )
    return LayerDerivation(
        step.node.path, step.node.op.name, tuple(x.dims for x in step.xs), step.y.dims, given, tuple(steps)
    )


def total_steps(totals: Iterable[DerivationStep], quantity: str) -> list[DerivationStep]:
    """The steps of a derivation that lead to one total; activations are counted as in the lectures."""
    key = LECTURES.get(quantity, quantity)
    wanted = (BY_KEY[key].values, key) if key in BY_KEY else (key,)
    return [step for step in totals if step.quantity in wanted]


LECTURES = {"activations": "slide_activations", "activation_bytes": "slide_activation_bytes"}
"""The totals that homework calls activations: the memory of the lectures."""


# --- totals -----------------------------------------------------------------------------------------------


def totals_of(network: Network, steps: Sequence[Step], run: Pass) -> list[DerivationStep]:
    """The totals that are sums over the layers, and their bytes; a total of 0 is left out."""
    layers = {step.like: figures_of(step.worked, run) for step in steps}
    lines = []
    for quantity in CLOSED_FORMS:
        if not quantity.explained:
            continue
        total = _sum_of_layers(quantity, list(_terms(quantity, network, steps, layers, run).items()))
        # Every network has these two: a 0 is an answer there.
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
    """The part of each layer in a total, by its path; the followers of a layer count with it."""
    count = of_input(quantity, network, run)
    terms = {network.input_name: count} if count else {}
    for step in steps:
        count = layers[step.like][quantity.key]
        if count:
            path = row_path(step.node.path, step.node.follower)
            terms[path] = terms.get(path, 0) + count
    return terms


def _sum_of_layers(quantity: Quantity, terms: Sequence[tuple[str, Any]]) -> DerivationStep:
    """A total as the sum of its layers. A long sum is folded by scope, then by runs of neighbours."""
    source = f"the sum of all layers that have any ({len(terms)})"
    if quantity.total == "input and sum":
        source = "as CS231n counts: the input and every conv, pool, norm and fc row"
    return _sum(quantity.key, terms, source)


def _sum(key: str, terms: Sequence[tuple[str, Any]], source: str) -> DerivationStep:
    folded = _folded(terms)
    formula = " + ".join(path for path, _ in folded) or "0"
    substituted = " + ".join(str(count) for _, count in folded) or "0"
    return DerivationStep(key, formula, substituted, sum(count for _, count in terms), source)


def _folded(terms: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """At most MOST_TERMS summands: the layers, else the deepest scopes that fit, else runs of neighbours."""
    deepest = max((path.count("/") for path, _ in terms), default=0) + 1
    for depth in range(deepest, 0, -1):
        groups: dict[str, Any] = {}
        for path, count in terms:
            scope = "/".join(path.split("/")[:depth])
            groups[scope] = groups.get(scope, 0) + count
        if len(groups) <= MOST_TERMS:
            return list(groups.items())
    # Even the outermost scopes are too many: neighbours share a summand.
    scopes = list(groups.items())
    length = -(-len(scopes) // MOST_TERMS)
    runs = [scopes[start : start + length] for start in range(0, len(scopes), length)]
    return [(_run(run), sum(count for _, count in run)) for run in runs]


def _run(run: Sequence[tuple[str, Any]]) -> str:
    first, last = run[0][0], run[-1][0]
    return first if len(run) == 1 else f"{first} … {last}"
