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
    from archcalc.results.formula import ClosedForm

__version__ = "0.1.0"
__all__ = ["analyze", "formula", "load"]


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

    ``assume`` gives free settings a form (``{"size": "32*s"}``); the others get the one in which no division of
    the network is rounded, or stay plain symbols if not ``divisible``. Raises as ``load``, and ArchcalcError for
    what cannot be free.

    >>> params = formula("densenet121", ["growth"]).totals["params"]
    >>> print(params)
    6700*k**2 + 34908*k + 1000
    >>> params.at(k=32)
    7978856
    """
    from archcalc.spec.load import load as load_spec
    from archcalc.spec.settings import parse_form
    from archcalc.studies.formula import formula as work_out

    spec, name = load_spec(target)
    forms = dict(parse_form(f"{name}={form}") for name, form in (assume or {}).items())
    return work_out(
        lambda more: spec.bind(name, {**(settings or {}), **more}, strict=False),
        [free] if isinstance(free, str) else free,
        assume=forms,
        divisible=divisible,
        batch=batch,
        aux=aux,
    )
