"""The shapes of the inputs of a model, as the user gives them: ``1x3x224x224``, the batch first.

A model of several inputs takes several shapes, with commas between them. A shape may have the name of its
input: ``image=1x3x224x224``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from archcalc.errors import ArchcalcError, ArchcalcWarning, did_you_mean, printable, short
from archcalc.importers.as_network import LayerList

CHANNELS_FIRST = "batch, channels, height, width"
CHANNELS_LAST = "batch, height, width, channels"

MOST_NAMED = 10
"""Names that a message lists."""

_SIDES = {1: (128,), 2: (128, 64)}
"""Sizes of an example for few axes behind the batch: a sequence of words, and one of vectors."""


class ModelInput(NamedTuple):
    """An input that a model declares.

    ``dims`` is its shape, batch first; a text is a size that is left open, and None means that the shape is
    not stated. ``example`` is a shape for a message. ``is_read``: something in the model reads it.
    """

    name: str
    dims: Sequence[int | str] | None
    example: str = ""
    is_read: bool = True

    @property
    def is_open(self) -> bool:
        """Whether the user must say its sizes."""
        return self.is_read and (self.dims is None or any(isinstance(size, str) for size in self.dims[1:]))


def given_shapes(
    file: str,
    text: str,
    names: Sequence[str],
    required: Collection[str] | None = None,
    order: str = CHANNELS_FIRST,
    examples: Mapping[str, str] | None = None,
) -> dict[str, list[int]]:
    """The shapes in a text, by the names of the inputs of a model; a shape without a name has its place.

    ``required`` are the inputs that must have a shape; None: all, if one shape has no name. ``order`` says
    what the sizes are, and ``examples`` are shapes for a message. Raises ArchcalcError.

    >>> given_shapes("net.onnx", "text=1x16,1x3x32x32", ["image", "text"])
    {'text': [1, 16], 'image': [1, 3, 32, 32]}
    """
    given: dict[str, list[int]] = {}
    pairs = [part.strip().rpartition("=") for part in text.split(",")] if text else []
    for name, equals, sizes in pairs:
        if equals:
            _check_name(file, name, names, given)
            given[name] = _dims(sizes, order, many=len(names) > 1)
    free = [name for name in names if name not in given]
    in_order = [sizes for _, equals, sizes in pairs if not equals]
    for name, sizes in zip(free, in_order, strict=False):
        given[name] = _dims(sizes, order, many=len(names) > 1)
    must = (names if in_order else ()) if required is None else required
    missing = [name for name in must if name not in given]
    if missing or len(in_order) > len(free):
        count = len(pairs)
        says = f"{count} shape{'' if count == 1 else 's'} {'is' if count == 1 else 'are'} given"
        if missing and count:
            says += f", and none for {listed(missing)}"
        raise ArchcalcError(
            f"{file} has {inputs_named(names)}; {says}: {options(names, examples or {}, order)}"
        )
    return given


def _check_name(file: str, name: str, names: Sequence[str], given: Mapping[str, object]) -> None:
    """Raises ArchcalcError for a name that is no input, or is given twice."""
    if name in given:
        raise ArchcalcError(f"{file}: the input '{printable(short(name))}' has two shapes")
    if name not in names:
        hint = did_you_mean(name, list(names)) or f"it has {inputs_named(names)}"
        raise ArchcalcError(f"{file} has no input '{short(name)}' ({printable(hint)})")


def _dims(sizes: str, order: str, *, many: bool) -> list[int]:
    """The sizes in ``1x3x224x224``. Raises ArchcalcError.

    Of several inputs (``many``), one may be a number for each image, which has a batch only.
    """
    if not re.fullmatch(rf"[1-9]\d{{0,8}}(x[1-9]\d{{0,8}}){{{0 if many else 1},4}}", sizes):
        example = "1x224x224x3" if order == CHANNELS_LAST else "1x3x224x224"
        raise ArchcalcError(f"the input must be sizes such as {example} ({order}), not '{short(sizes)}'")
    return list(map(int, sizes.split("x")))


def shapes_of_inputs(
    file: str, inputs: Sequence[ModelInput], text: str, order: str = CHANNELS_FIRST, least: int = 2
) -> dict[str, list[int]]:
    """The shape of each input, batch first: as the user gives it, else as the file states it.

    ``least`` is the number of axes that an input must have. Raises ArchcalcError.
    """
    if not inputs:
        raise ArchcalcError(f"{file}: the model has no input")
    examples = {one.name: one.example or example_shape(one.dims, order) for one in inputs}
    given = given_shapes(file, text, [*examples], order=order, examples=examples)
    shapes: dict[str, list[int | None]] = {}
    for one in inputs:
        if not one.is_read:  # it is left out, so its sizes are of no use
            shapes[one.name] = [None, 1]
            continue
        dims = given.get(one.name)
        if dims is None and one.is_open:
            wanted = [other.name for other in inputs if other.is_open]
            raise _needs_sizes(file, one, options(wanted, examples, order, many=len(inputs) > 1))
        if dims is not None and one.dims is not None and len(one.dims) != len(dims):
            name = printable(one.name)
            raise ArchcalcError(f"{file}: the input '{name}' has {len(one.dims)} axes, not {len(dims)}")
        sizes = dims or one.dims or ()
        check_axes(file, one.name, sizes, least)
        shapes[one.name] = [size if isinstance(size, int) else None for size in sizes]
    batch = same_batch(file, shapes)
    # A batch that is left open is that of the others, or one image.
    return {name: [batch, *(size or 1 for size in sizes[1:])] for name, sizes in shapes.items()}


def same_batch(file: str, shapes: Mapping[str, Sequence[int | None]]) -> int:
    """The batch of all inputs; None stands for any. Raises ArchcalcError if they have different ones."""
    batches = {name: sizes[0] for name, sizes in shapes.items() if sizes and sizes[0] is not None}
    if len(set(batches.values())) > 1:
        shown = ", ".join(f"{batch} in '{name}'" for name, batch in [*batches.items()][:MOST_NAMED])
        says = f"the first size of an input is the batch, and must be the same for all inputs: it is {shown}"
        raise ArchcalcError(f"{file}: {printable(says)}")
    return next((batch for batch in batches.values() if batch), 1)


def check_axes(file: str, name: str, dims: Sequence[object], least: int = 2) -> None:
    """Raises ArchcalcError for an input with more or fewer axes than networks have here."""
    if not least <= len(dims) <= 5:
        raise ArchcalcError(
            f"{file}: the input '{printable(name)}' has {len(dims)} axes; "
            "archcalc reads batch, channels and up to 3 spatial axes"
        )


def masks_among(inputs: Mapping[str, Sequence[object]]) -> set[str]:
    """The inputs that only say which words of a sequence count: no layer computes with them.

    >>> masks_among({"input_ids": [1, 128], "attention_mask": [1, 128]})
    {'attention_mask'}
    >>> masks_among({"image": [1, 3, 64, 64], "mask": [1, 1, 64, 64]})
    set()
    """
    return {
        name for name, dims in inputs.items() if len(inputs) > 1 and len(dims) == 2 and name.endswith("mask")
    }


def warn_unused(file: str, layers: LayerList, outputs: Sequence[int], stacklevel: int = 4) -> None:
    """Say which inputs of a model are left out."""
    unused = layers.unused_inputs(outputs)
    if unused and len(unused) < len(layers.input_names):
        what = "input that no layer reads is" if len(unused) == 1 else "inputs that no layer reads are"
        says = f"{file}: {len(unused)} {what} left out: {listed(unused)}"
        warnings.warn(says, ArchcalcWarning, stacklevel=stacklevel)


# --- messages -----------------------------------------------------------------------------------------------


def listed(names: Sequence[str]) -> str:
    """Some names for a message."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return printable(", ".join(short(name) for name in names[:MOST_NAMED])) + more


def inputs_named(names: Sequence[str]) -> str:
    """The inputs of a model for a message."""
    return f"{len(names)} input{'' if len(names) == 1 else 's'} ({listed(names)})" if names else "no input"


def options(
    names: Sequence[str], examples: Mapping[str, str], order: str = CHANNELS_FIRST, *, many: bool = False
) -> str:
    """The options that give the inputs their shapes, as an example; of one of ``many``, with its name.

    >>> options(["image"], {}), options(["image", "text"], {"text": "1x16"})
    ('--input 1x3x224x224', '--input image=1x3x224x224 --input text=1x16')
    >>> options(["left", "right"], {})
    '--input left=1x3x224x224 --input right=...'
    """
    default = example_shape(None, order)
    if len(names) == 1 and not many:
        return f"--input {examples.get(names[0], default)}"
    shown = [examples.get(name, "..." if place else default) for place, name in enumerate(names)]
    shapes = [f"--input {name}={shape}" for name, shape in zip(names, shown, strict=True)]
    return printable(" ".join(shapes[:MOST_NAMED] + ["..."] * (len(shapes) > MOST_NAMED)))


def example_shape(dims: Sequence[int | str] | None, order: str = CHANNELS_FIRST) -> str:
    """A shape in which the sizes that are left open have a usual value.

    >>> example_shape(["batch", 3, "height", "width"]), example_shape(["batch", "words"])
    ('1x3x224x224', '1x128')
    """
    count = 3 if dims is None else len(dims) - 1
    maps = (3, *(224,) * max(count - 1, 0))
    sides = _SIDES.get(count, maps[::-1] if order == CHANNELS_LAST else maps)
    known = dims if dims is not None else ("?",) * (count + 1)
    sizes = [size if isinstance(size, int) else side for size, side in zip(known, (1, *sides), strict=False)]
    return "x".join(map(str, sizes))


def _needs_sizes(file: str, one: ModelInput, given_by: str) -> ArchcalcError:
    """The error for an input whose sizes a file leaves open; ``given_by`` are the options that give them."""
    name = printable(one.name)
    says = (
        f"the file does not state the shape of the input '{name}'"
        if one.dims is None
        else f"the input '{name}' is {printable('x'.join(map(str, one.dims)))}"
    )
    return ArchcalcError(f"{file}: {says}; give its sizes: {given_by}")
