"""Networks: load, analyze, explain, audit and verify them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.language.find import names_at_a_glance, network_of
from archcalc.language.settings import Input, Settings, parse_names

if TYPE_CHECKING:
    from archcalc.language.find import Target
    from archcalc.network import Network
    from archcalc.results import Analysis
    from archcalc.results.audit import Audit
    from archcalc.results.explain import Derivation
    from archcalc.results.listing import Listing
    from archcalc.results.verify import Verification, VerificationTable


def load(
    target: Target,
    settings: Settings | None = None,
    *,
    strict: bool = True,
    input: Input | None = None,
) -> Network:
    """Load a network.

    Parameters:
        target: a name or alias of the list, a path to a YAML file (``vgg.yaml:vgg16`` for one of its
            variants), ``-`` for standard input, or a model of another program: a file (``net.onnx``),
            ``torch:package.module:callable``, or a ``torch.nn.Module``.
        settings: settings to change, as a mapping or as texts ``name=value``.
        input: the shape of the input of a model of another program, batch first: ``(1, 3, 224, 224)``; of
            several inputs, a list of shapes, or a mapping by their names.
        strict: False: mistakes of the spec are not raised here, but by the first function that uses the
            network. That function can report its own mistakes together with them.

    Raises:
        SpecError: the spec has mistakes; the error has all of them.
        ArchcalcError: the network or the file does not exist.

    >>> load("alexnet").input.dims
    (227, 227, 3)
    >>> load("vgg16", ["size=7*32"]).settings["size"]
    224
    """
    return network_of(target, settings, strict=strict, input=input)


def names() -> list[str]:
    """The names of the networks of the list; fast, because no spec is parsed.

    >>> "vgg16" in names()
    True
    """
    return names_at_a_glance()


def listing(
    words: Sequence[str] | str = (), *, family: Sequence[str] | str = (), year: str | int | None = None
) -> Listing:
    """The list of networks, with their inputs, params and MACs; a network of that exact name comes first.

    Several exact names choose these networks only.

    Parameters:
        words: keep the networks whose name, family or title contains one of these words: a list, or one
            text with commas; none: keep all.
        family: keep the networks of these families: a list, or one text with commas.
        year: keep the networks of a year, or of a range of years: ``"2015:"``, ``":2014"``, ``"2014:2016"``.

    Raises:
        ArchcalcError: no network meets these conditions, or a family does not exist.

    >>> [network.name for network in listing("lenet-5").networks]
    ['lenet5', 'lenet5-lecture', 'lenet5-lecture-fc']
    >>> [network.name for network in listing("vgg16, alexnet").networks]
    ['vgg16', 'alexnet']
    >>> [network.name for network in listing(family="lenet, zfnet", year=":2012").networks]
    ['lenet5', 'lenet5-lecture', 'lenet5-lecture-fc']
    """
    from archcalc.studies.listing import list_networks

    return list_networks(
        parse_names(words) if isinstance(words, str) else words,
        parse_names(family) or tuple(family),  # an empty name is a mistake, and not all families
        None if year is None else str(year),
    )


def analyze(
    target: Target | Network,
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    quantities: Collection[str] | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
    paths: bool = False,
    convention: str | None = None,
) -> Analysis:
    """The exact table of a network: volumes, params, memory, MACs and FLOPs of every layer, and the totals.

    Shapes are in the order height, width, channels (H, W, C), of one image.

    Parameters:
        target: a name, a path to a spec, a model, or a network.
        settings: settings to change, as for ``load``; of a target that is no network.
        input: the shape of the input of a model, as for ``load``.
        quantities: the keys of the quantities to compute, such as ``["params", "macs"]``; None: all. The
            result then has only these figures, and prints only these columns.
        batch: images in one pass. Activations, operations and their bytes are those of the whole batch.
            Weights do not depend on it.
        dtype: the type of values (``float32``, ``float16``, ...); it decides the bytes of a value.
        aux: include auxiliary heads.
        train: an optimizer (``sgd``, ``momentum``, ``adam``): add the bytes of a training step.
        paths: add how many paths lead from input to output, by length in weighted layers.
        convention: the name of a tool, such as ``fvcore``: add its count, as ``counted``.

    Raises:
        SpecError: the spec has mistakes, or a layer does not fit; the error has all of them.
        ArchcalcError: the network, the file or a quantity does not exist.

    >>> analyze("lenet5").totals.connections
    340908
    >>> analyze("lenet5", quantities=["params", "macs"]).layers[0].figures
    {'params': 156, 'macs': 117600}
    """
    from archcalc.studies.analyze import analyze as analyze_network

    network = network_of(target, settings, input=input)
    return analyze_network(
        network, quantities, batch=batch, dtype=dtype, aux=aux,
        train=train, paths=paths, convention=convention,
    )  # fmt: skip


def explain(
    target: Target | Network,
    layers: Sequence[str] | str = (),
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    convention: str | None = None,
) -> Derivation:
    """The worked answer: each number of a network's layers as a formula, in numbers, and its value.

    Parameters:
        target: a name, a path to a spec, a model, or a network.
        layers: paths, names or scopes: a list, or one text with commas; none: all layers, and the totals as
            their sums.
        settings, input, batch, dtype, aux: as for ``analyze``.
        convention: the name of a tool, such as ``fvcore``: derive what it counts, too.

    Raises:
        SpecError: the spec has mistakes. A layer that does not fit is not an error here: the derivation ends
            before it, and ``misfits`` says why.
        ArchcalcError: the network, a layer or the convention does not exist.

    >>> explain("alexnet", "conv1").layers[0].steps[0][:4]
    ('W2', '(W1 - F + 2P)/S + 1', '(227 - 11 + 2·0)/4 + 1', 55)
    """
    from archcalc.studies.explain import explain as explain_network
    from archcalc.studies.reconcile import tool_named

    chosen = parse_names(layers) if isinstance(layers, str) else layers
    network = network_of(target, settings, input=input)
    return explain_network(network, chosen, batch=batch, dtype=dtype, aux=aux, tool=tool_named(convention))


def audit(target: str | None = None, source: str = "") -> Audit:
    """The numbers that papers and lectures print about a network, checked against computed ones.

    Parameters:
        target: a name or a path to a spec; a family means all its networks, None all networks of the list.
        source: keep the documents whose name contains this (``cs231n-2016-l7``, ``He et al. 2015``).

    Raises:
        SpecError: the spec has mistakes, or a claim is about a layer that does not exist.
        ArchcalcError: the network does not exist, or no document has that name.

    >>> audited = audit("vgg16", "cs231n-2016-l7")
    >>> [(claim.says, claim.computed) for claim in audited.claims if claim.layer == "conv1_1"]
    [('224x224x64', (224, 224, 64)), ('3.2M', 3211264), ('1,728', 1728)]
    """
    from archcalc.studies.audit import audit_target

    return audit_target(target, source)


def verify(
    target: Target | Network,
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    device: str = "meta",
    batch: int = 2,
) -> Verification:
    """Build a network in PyTorch, run it, and compare each number; needs PyTorch.

    Compared are shapes, weights, MACs, what autograd keeps, and live memory: layer by layer, with auxiliary
        heads.

    Parameters:
        target, settings, input: as for ``analyze``.
        device: ``meta`` (shapes without values), ``cpu`` or ``cuda``.
        batch: images in one pass.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: PyTorch or the device is missing, or PyTorch refuses a layer.
        TooLarge: the device has too little memory.

    Example, with PyTorch installed::

        verify("lenet5").ok  # True
    """
    from archcalc.studies.verify import need_torch
    from archcalc.studies.verify import verify as verify_network

    need_torch()
    return verify_network(network_of(target, settings, input=input), device=device, batch=batch)


def verify_all(
    *, device: str = "meta", batch: int = 2, progress: Callable[[int, int], None] | None = None
) -> VerificationTable:
    """Verify every network of the list.

    Parameters:
        device, batch: as for ``verify``.
        progress: called with the number of networks that are done, and of all.

    Raises:
        ArchcalcError: PyTorch or the device is missing. A network that is too large is left out and named.

    Example, with PyTorch installed::

        verify_all().ok  # True
    """
    from archcalc.studies.verify import verify_shipped

    return verify_shipped(device=device, batch=batch, progress=progress)


def schema() -> dict[str, Any]:
    """The JSON Schema of the spec language, for editors.

    >>> schema()["required"]
    ['name', 'layers']
    """
    from archcalc.language.schema import schema as make

    return make()
