"""archcalc: exact shapes and costs of network architectures.

>>> import archcalc
>>> archcalc.analyze("vgg16").totals.params
138357544
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

    from archcalc.network import Network
    from archcalc.results import Analysis
    from archcalc.results.audit import Audit
    from archcalc.results.check import Checked
    from archcalc.results.compare import Comparison
    from archcalc.results.explain import Derivation
    from archcalc.results.fit import Fit
    from archcalc.results.formula import ClosedForm
    from archcalc.results.grade import Grade
    from archcalc.results.quiz import Quiz
    from archcalc.results.sweep import Sweep
    from archcalc.results.time import Timing
    from archcalc.results.verify import Verified

__version__ = "0.1.0"
__all__ = [
    "analyze",
    "audit",
    "check",
    "compare",
    "explain",
    "fit",
    "formula",
    "grade",
    "load",
    "lock",
    "quiz",
    "sweep",
    "sweep_columns",
    "time",
    "verify",
]


def load(target: str, settings: Mapping[str, Any] | None = None) -> Network:
    """The network of that name, alias or YAML path, with some settings changed.

    Raises archcalc.errors.SpecError with every mistake of the spec, ArchcalcError if there is none such.

    >>> load("alexnet").input.dims
    (227, 227, 3)
    """
    from archcalc.language.find import load as load_spec

    spec, name = load_spec(target)
    return spec.bind(name, settings)


def analyze(
    target: str | Network,
    settings: Mapping[str, Any] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
) -> Analysis:
    """The exact table of a network: volumes, parameters, memory, MACs and FLOPs of every layer, and totals.

    ``batch`` multiplies activations and operations, never weights; ``train`` names an optimizer (sgd,
    momentum, adam) and adds the memory of a training step; ``aux`` counts auxiliary heads in.

    >>> analyze("lenet5").totals.connections
    340908
    """
    from archcalc.studies.analyze import analyze as work_out

    network = load(target, settings) if isinstance(target, str) else target
    return work_out(network, batch=batch, dtype=dtype, aux=aux, train=train)


def compare(
    targets: Sequence[str | Network],
    settings: Mapping[str, Any] | None = None,
    *,
    base: str | None = None,
    layers: bool = False,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
) -> Comparison:
    """Networks side by side: totals with their ratios to ``base`` (by default the first), then stage by
    stage.

    ``settings`` are those of every target that is a name; ``layers`` adds every layer in which a network
    differs from the base. Raises as ``load``, and ArchcalcError for fewer than two networks and a base that
    is none of them.

    >>> made = compare(["alexnet", "vgg16"])
    >>> [(row.metric, row.values) for row in made.metrics if row.metric == "params"]
    [('params', (62378344, 138357544))]
    """
    from archcalc.errors import ArchcalcError
    from archcalc.language.find import load as load_spec
    from archcalc.results.compare import Compared
    from archcalc.results.compare import compared as record
    from archcalc.studies.compare import compare as work_out

    def compared(target: str | Network) -> Compared:
        if not isinstance(target, str):
            return record(target.name, analyze(target, batch=batch, dtype=dtype, aux=aux))
        spec, name = load_spec(target)
        analysis = analyze(spec.bind(name, settings), batch=batch, dtype=dtype, aux=aux)
        return record(target, analysis, None if settings else spec.named(name))

    if len(targets) < 2:
        raise ArchcalcError("compare takes two networks or more")
    found = [compared(target) for target in targets]
    labels = [one.label for one in found]
    if base is not None and base not in labels:
        raise ArchcalcError(f"the base '{base}' is none of those compared: {', '.join(labels)}")
    return work_out(found, labels.index(base) if base else 0, layers)


def explain(
    target: str | Network,
    layers: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
) -> Derivation:
    """The worked answer: every figure of a network's layers as a formula, in numbers, and its value.

    ``layers`` are paths, names or scopes; without any, all layers are derived and the totals as their sums. A
    layer that does not fit ends the derivation and is told in ``misfits``. Raises as ``load``, and
    ArchcalcError for a layer that does not exist.

    >>> explain("alexnet", ["conv1"]).layers[0].steps[0][:4]
    ('W2', '(W1 - F + 2P)/S + 1', '(227 - 11 + 2·0)/4 + 1', 55)
    """
    from archcalc.studies.explain import explain as work_out

    network = load(target, settings) if isinstance(target, str) else target
    return work_out(network, layers, batch=batch, dtype=dtype, aux=aux)


def audit(target: str | None = None, source: str = "") -> Audit:
    """Every figure that the literature prints about a network, or about all of them, judged against the
    computed one.

    A family stands for all of its networks. ``source`` keeps the documents whose name contains it
    (``cs231n-2016-l7``, ``He et al. 2015``). Raises as ``load``.

    >>> found = audit("vgg16", "cs231n-2016-l7")
    >>> [(claim.says, claim.computed) for claim in found.claims if claim.layer == "conv1_1"]
    [('224x224x64', (224, 224, 64)), ('3.2M', 3211264), ('1,728', 1728)]
    """
    from functools import cache

    from archcalc.language.find import all_specs, find
    from archcalc.language.find import load as load_spec
    from archcalc.studies.audit import audit as judge

    if target is None:
        specs = all_specs()
        chosen = [about for spec in specs for about in spec.documented()]
    else:
        spec, name = load_spec(target)
        specs, about = [spec], spec.named(name)
        chosen = spec.documented() if about is spec.about else [about]
    own = {about.name: spec for spec in specs for about in spec.documented()}

    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        return analyze((own.get(name) or find(name)).bind(name), aux=aux)

    return judge(((about.name, about.claims) for about in chosen), analysis, source)


def check(
    specs: Sequence[str] | str = (), limits: Sequence[str] | str = (), *, locked: bool = True
) -> Checked:
    """Specs held against their lock and their budgets, as by ``archcalc check``; writes nothing.

    ``specs`` are files, folders or patterns, by default those of the project; ``limits`` are budgets beside
    those of the project. Not ``locked``: only budgets are looked at. Raises ArchcalcError where there is no
    lock, SpecError.

    >>> found = check("specs/lenet5.yaml", "params <= 61K", locked=False)
    >>> found.ok, found.budgets[0].value
    (True, 60000)
    """
    from archcalc.guard import configuration as config
    from archcalc.guard.check import check_all

    targets = [specs] if isinstance(specs, str) else specs
    budgets = [limits] if isinstance(limits, str) else limits
    return check_all(targets, config.read(targets[0] if targets else "."), budgets, locked=locked)


def lock(specs: Sequence[str] | str = (), settings: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Write the locks of specs, as ``archcalc lock`` does; the paths of those that had to be written.

    Raises ArchcalcError, SpecError with every mistake of a spec; then nothing is written.
    """
    from archcalc.guard import configuration as config
    from archcalc.guard.lock import write_all

    targets = [specs] if isinstance(specs, str) else specs
    written = write_all(targets, config.read(targets[0] if targets else "."), settings or {})
    return tuple(one.path for one in written if one.is_new)


def formula(
    target: str,
    free: Sequence[str],
    settings: Mapping[str, Any] | None = None,
    *,
    assume: Mapping[str, str] | None = None,
    divisible: bool = True,
    batch: int = 1,
    aux: bool = False,
) -> ClosedForm:
    """What a network costs as closed forms in the ``free`` settings (also H, W and batch); needs sympy.

    ``free`` is a list, or names in one text with commas between them.

    ``assume`` gives free settings a form (``{"size": "32*s"}``); the others get the one in which no division
    of the network is rounded, or stay plain symbols if not ``divisible``. Raises as ``load``, and
    ArchcalcError for what cannot be free.

    >>> params = formula("densenet121", ["growth"]).totals["params"]
    >>> print(params)
    6700*k**2 + 34908*k + 1000
    >>> params.at(k=32)
    7978856
    """
    from archcalc.language.find import load as load_spec
    from archcalc.language.settings import parse_form, parse_names
    from archcalc.studies.formula import formula as work_out

    spec, name = load_spec(target)
    forms = dict(parse_form(f"{name}={form}") for name, form in (assume or {}).items())
    return work_out(
        lambda more: spec.bind(name, {**(settings or {}), **more}, strict=False),
        parse_names(free),
        assume=forms,
        divisible=divisible,
        batch=batch,
        aux=aux,
    )


def grade(
    answers: str,
    key: str | Network | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    rubric: str | None = None,
    exact: bool = False,
    biases: bool | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Grade:
    """A file of answers held against a network, figure by figure, with what probably went wrong.

    Without a ``key`` the file must be in lecture notation, and is held against the network of its own rows.
    ``rubric`` is a path to a YAML file; ``exact`` refuses rounded figures; ``biases`` says whether params
    count them (None: what the answers say of it). Raises as ``load``, and ArchcalcError for a file without
    answers.
    """
    from archcalc.classroom.batch import Grading, load_rubric
    from archcalc.classroom.read.source import read_submission
    from archcalc.classroom.rubric import GradingOptions

    network = load(key, settings) if isinstance(key, str) else key
    options = GradingOptions(load_rubric(rubric) if rubric else None, exact, biases, batch, dtype)
    return Grading(network, options).grade(read_submission(answers))


def quiz(
    target: str | Network,
    blank: Sequence[str] | str,
    settings: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    student: str = "",
    share: Fraction | int = 1,
    cells: int | None = None,
    vary: bool = False,
    flat: bool = False,
    key: str = "",
) -> Quiz:
    """A table of a network with blanks, and what belongs into them.

    ``blank`` are the quantities asked; ``share`` of their fields (or so many ``cells``) are left blank.
    ``vary`` draws another network of the same structure. Seed and ``student`` decide what is drawn. A varied
    network has a ``spec`` of its own, in which layers have plain names (``a_b`` for ``a/b``); ``flat`` gives
    one to the others too, whose ``key`` else is the target. Raises as ``load``, and ArchcalcError for what
    cannot be asked, varied or written.

    >>> made = quiz("alexnet", "output,params", seed=7, vary=True)
    >>> made.network, made.spec.splitlines()[0]
    ('alexnet-varied', 'name: alexnet-varied')
    """
    from archcalc.classroom.draw import Draw
    from archcalc.classroom.quiz import quiz as work_out
    from archcalc.classroom.vary import RANGES
    from archcalc.classroom.vary import vary as another
    from archcalc.language.settings import parse_names
    from archcalc.language.write import flat as flattened
    from archcalc.language.write import write

    if isinstance(target, str):
        network, key = load(target, settings), key or target
    else:
        network = target
    if vary:
        network = another(network, Draw("vary", seed, student))
    own = vary or flat
    asked_of = flattened(network) if own else network
    made = work_out(asked_of, parse_names(blank), seed=seed, student=student, share=share, cells=cells)
    return made._replace(
        key="" if own else key or network.name,
        spec=write(network) if own else "",
        varied=RANGES if vary else (),
    )


def sweep(
    target: str,
    settings: Mapping[str, Sequence[Any]],
    show: Sequence[str] | str | None = None,
    *,
    where: str | None = None,
    pareto: Sequence[str] | str | None = None,
    sort: str | None = None,
    top: int | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Every combination of the values of some settings, a row each; needs the extra ``sweep``.

    ``show`` are columns (default: the settings, params and macs), ``where`` a condition over columns,
    ``pareto`` columns in which no other row is better (less is; ``max:name`` for more), ``sort`` a column
    (``-name`` for the largest first), ``top`` how many rows. Combinations that are no networks are counted
    with their reasons in ``invalid`` and ``reasons``. Raises archcalc.errors.ArchcalcError.

    >>> found = sweep("vgg16", {"size": [32, 64, 96]}, ["size", "macs"], where="macs > 1e9")
    >>> list(found.rows())
    [(64, 1282048000), (96, 2858516480)]
    """
    from archcalc.language.find import load as load_spec
    from archcalc.language.settings import parse_names
    from archcalc.language.where import parse_filter
    from archcalc.studies.sweep import selection_of
    from archcalc.studies.sweep import sweep as work_out

    spec, name = load_spec(target)
    test = parse_filter(where) if where else None
    return work_out(
        lambda given: spec.bind(name, given, strict=False),
        settings,
        parse_names(show),
        where=test.passes if test else None,
        reads=test.names if test else (),
        keep=selection_of(parse_names(pareto), sort, top),
        batch=batch,
        dtype=dtype,
        aux=aux,
        jobs=jobs,
        progress=progress,
    )


def time(
    target: str | Network,
    device: str = "cpu",
    settings: Mapping[str, Any] | None = None,
    *,
    batches: Sequence[int] = (1,),
    dtypes: Sequence[str] = ("float32",),
    layers: bool = False,
    devices: str | None = None,
) -> Timing:
    """How long a forward pass takes: predicted for a device by its name, measured here for ``cpu`` and
    ``cuda``.

    Measuring needs PyTorch, and holds the times against ceilings that are measured first; ``layers`` times
    every layer too. ``devices`` is a YAML file with devices of your own. Raises as ``load``, and
    ArchcalcError for a device that is not known and a dtype that it has no rate for.

    >>> run = time("alexnet", "gtx580-3gb", batches=[128]).runs[0]
    >>> round(run.predicted_ms), run.bound
    (190, 'compute')
    """
    from archcalc.timing.devices import find_device, load_devices
    from archcalc.timing.measure import measure, peak_rates
    from archcalc.timing.predict import predict

    network = load(target, settings) if isinstance(target, str) else target
    if device.partition(":")[0] not in ("cpu", "cuda"):
        return predict(network, find_device(device, load_devices(devices)), batches, dtypes)
    return measure(network, peak_rates(device), batches, dtypes, where=device, layers=layers)


def fit(
    target: str | Network,
    device: str,
    settings: Mapping[str, Any] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    train: str | None = None,
    gpus: int = 1,
    devices: str | None = None,
) -> Fit:
    """Whether a network fits into the memory of a device, by which figure, and the largest batch that does.

    ``train`` names an optimizer; of several ``gpus`` each holds its share of every layer's maps. Raises as
    ``time``.

    >>> found = fit("alexnet-2gpu", "gtx580-3gb", batch=128, train="momentum")
    >>> found.ok, [demand.largest_batch for demand in found.demands]
    (True, [200, 155])
    """
    from archcalc.timing.devices import find_device, load_devices
    from archcalc.timing.fit import fit as work_out

    network = load(target, settings) if isinstance(target, str) else target
    found = find_device(device, load_devices(devices))
    return work_out(network, found, batch=batch, dtype=dtype, train=train, gpus=gpus)


def sweep_columns() -> tuple[str, ...]:
    """The columns that a sweep can show beside the settings."""
    from archcalc.engine.quantities import FOR_ANY_KIND

    return tuple(quantity.key for quantity in FOR_ANY_KIND)


def verify(
    target: str | Network, settings: Mapping[str, Any] | None = None, *, device: str = "meta", batch: int = 2
) -> Verified:
    """A network built in PyTorch and run, every figure held against what PyTorch does; needs the extra
    ``torch``.

    Shapes, weights, MACs, what autograd keeps, and what is alive, layer by layer, auxiliary heads too.
    ``device`` is meta (shapes without values), cpu or cuda. Raises as ``load``, and ArchcalcError without
    PyTorch or the device.
    """
    from archcalc.studies.verify import verify as work_out

    network = load(target, settings) if isinstance(target, str) else target
    return work_out(network, device=device, batch=batch)
