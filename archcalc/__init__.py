"""archcalc: exact shapes and costs of network architectures.

>>> import archcalc
>>> archcalc.analyze("vgg16").totals.params
138357544
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.network import Network
    from archcalc.results import Analysis
    from archcalc.results.explain import Derivation

__version__ = "0.1.0"
__all__ = ["analyze", "explain", "load"]


def load(target: str, settings: Mapping[str, Any] | None = None) -> Network:
    """The network of that name, alias or YAML path, with some settings changed.

    Raises archcalc.errors.SpecError with every mistake of the spec, ArchcalcError if there is none such.

    >>> load("alexnet").input.dims
    (227, 227, 3)
    """
    from archcalc.spec.load import load as load_spec

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

    ``layers`` are paths, names or scopes; without any, all layers are derived and the totals as their sums. A layer
    that does not fit ends the derivation and is told in ``misfits``. Raises as ``load``, and ArchcalcError for a
    layer that does not exist.

    >>> explain("alexnet", ["conv1"]).layers[0].steps[0][:4]
    ('W2', '(W1 - F + 2P)/S + 1', '(227 - 11 + 2·0)/4 + 1', 55)
    """
    from archcalc.studies.explain import explain as work_out

    network = load(target, settings) if isinstance(target, str) else target
    return work_out(network, layers, batch=batch, dtype=dtype, aux=aux)
