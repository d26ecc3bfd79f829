"""A model of another program as a spec: one network, and no settings but the shape of its input."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from archcalc.errors import ArchcalcError, Mark, Source, short
from archcalc.importers import Module, read_model
from archcalc.language.about import About
from archcalc.language.family import Setting, Spec
from archcalc.language.input_sizes import WrittenInput
from archcalc.language.settings import input_text
from archcalc.language.values import broken
from archcalc.network import INPUT_NAME, Network
from archcalc.ops.frozen import state


@state
class ModelSpec(Spec):
    """A model that an importer reads, where a spec is expected; ``model`` is its file, program or module."""

    model: Any = None

    def bind(
        self, name: str | None = None, settings: Mapping[str, Any] | None = None, *, strict: bool = True
    ) -> Network:
        """The network of the model. Its settings are ``input``, a shape such as ``1x3x224x224`` (or several
        with commas between them, each perhaps with the name of its input: ``image=1x3x224x224,text=1x16``),
        the arguments of a program (``arg.NAME``), and ``opaque``.

        Raises ArchcalcError.
        """
        self.named(name)
        given = dict(settings or {})
        shape = given.pop("input", None)
        args = {key[4:]: given.pop(key) for key in list(given) if key.startswith("arg.")}
        options = {"args": args, "opaque": bool(given.pop("opaque", False))}
        if given:
            says = f"{self.name} has no setting '{short(str(next(iter(given))))}'"
            raise ArchcalcError(f"{says} (write a spec with: archcalc import {short(self.source.name)})")
        return read_model(self.model, "" if shape is None else input_text(shape), options)


def model_spec(model: str | Module) -> ModelSpec:
    """The spec of a model that an importer knows; it is read by ``bind``."""
    path = model if isinstance(model, str) else type(model).__name__
    name = os.path.splitext(os.path.basename(path))[0]
    source = Source(path, "")
    about = About(name, "", None, "", (), {}, {})
    shape = broken(Mark(source, 1, 1))  # known when the model is read
    written, settings = {INPUT_NAME: WrittenInput([shape])}, {"input": Setting(shape)}
    return ModelSpec(source, name, name, about, {}, settings, written, model=model)
