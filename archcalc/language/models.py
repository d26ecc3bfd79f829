"""A model of another program as a spec: one network, and no settings but the shape of its input."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from archcalc.errors import ArchcalcError, Mark, Source, short
from archcalc.importers import read_model
from archcalc.language.about import About
from archcalc.language.family import Setting, Spec
from archcalc.language.input_sizes import WrittenInput
from archcalc.language.values import broken
from archcalc.network import INPUT_NAME, Network
from archcalc.ops.frozen import state


@state
class ModelSpec(Spec):
    """A file that an importer reads, where a spec is expected."""

    def bind(
        self, name: str | None = None, settings: Mapping[str, Any] | None = None, *, strict: bool = True
    ) -> Network:
        """The network of the file. The only setting is ``input``, a shape such as ``1x3x224x224``.

        Raises ArchcalcError.
        """
        self.named(name)
        given = dict(settings or {})
        shape = given.pop("input", "")
        if isinstance(shape, list | tuple):  # as settings are read: 1x3x224x224 is a list
            shape = "x".join(map(str, shape))
        if given:
            says = f"{self.name} has no setting '{short(str(next(iter(given))))}'"
            raise ArchcalcError(f"{says} (write a spec with: archcalc import {short(self.source.name)})")
        if not isinstance(shape, str):
            raise ArchcalcError("the input must be sizes such as 1x3x224x224")
        return read_model(self.source.name, shape)


def model_spec(path: str) -> ModelSpec:
    """The spec of a file that an importer knows; the file itself is read by ``bind``."""
    name = os.path.splitext(os.path.basename(path))[0]
    source = Source(path, "")
    about = About(name, "", None, "", (), {}, {})
    shape = broken(Mark(source, 1, 1))  # known when the file is read
    written, settings = {INPUT_NAME: WrittenInput([shape])}, {"input": Setting(shape)}
    return ModelSpec(source, name, name, about, {}, settings, written)
