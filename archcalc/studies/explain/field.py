"""The derivation of a receptive field and of its jump, along every axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

from archcalc.dims import is_plain, larger, smaller
from archcalc.dims.traced import Operand, Traced, value_of
from archcalc.engine.receptive import ReceptiveField
from archcalc.ops.base import Op, Reach
from archcalc.results.explain import DerivationStep
from archcalc.studies.explain.letters import AXES, Alphabet, suffix_of
from archcalc.studies.explain.line import line

REACH = "Araujo et al. 2019, Computing receptive fields of convolutional neural networks, equations 2 to 4"
MEET = (
    "docs/conventions.md: where branches meet, the field reaches from the first to the last value "
    "that any branch sees"
)


def field_steps(
    names: Alphabet,
    op: Op,
    rank: int,
    square: bool,
    reach: Sequence[Reach] | None,
    seen: Sequence[ReceptiveField],
) -> list[DerivationStep]:
    """The lines of the receptive field and the jump; none without the fields of the inputs (``seen``)."""
    if not seen:
        return []
    if len(seen) > 1:
        return _meeting_steps(names, seen)
    field = seen[0]
    # A layer without a window sees what its input sees, and a flat vector has no map to see.
    if reach is None or rank != len(field.spans):
        return []
    alike = square and len(set(zip(field.size, field.jump, strict=True))) == 1
    steps = []
    for place, axis in enumerate(reach[:1] if alike else reach):
        suffix = "" if alike else AXES[rank][place].lower()
        size = names.name(field.size[place], f"RF1{suffix}")
        jump = names.name(field.jump[place], f"jump1{suffix}")
        steps.append(line(_axis_key("receptive_field", suffix), size + (axis.extent - 1) * jump, REACH))
        steps.append(line(_axis_key("jump", suffix), _finer(jump * axis.step, axis.finer), REACH))
    return steps


def _axis_key(key: str, suffix: str) -> str:
    return f"{key}_{suffix}" if suffix else key


def _finer(jump: Traced, finer: Operand) -> Traced:
    """A jump divided by the factor of an upsampling; unlike other sizes, it may become a fraction."""
    if is_plain(finer, 1):
        return jump
    return Traced(_whole(Fraction(jump.value, value_of(finer))), "", "/", (jump, finer))


def _whole(value: Fraction) -> Any:
    return value.numerator if value.denominator == 1 else value


def _meeting_steps(names: Alphabet, seen: Sequence[ReceptiveField]) -> list[DerivationStep]:
    """The receptive field where branches meet.

    It is the largest field of a branch. If that does not cover the others, it reaches from the first to
    the last value that any branch sees.
    """
    axes = [tuple((span.first, span.last, span.jump) for span in spans) for spans in _by_axis(seen)]
    alike = len(set(axes)) == 1
    steps = []
    for place, spans in enumerate(axes[:1] if alike else axes):
        suffix = "" if alike else AXES[len(axes)][place].lower()
        ends = [suffix_of(number, len(seen)) + suffix for number in range(len(seen))]
        steps.append(line(_axis_key("receptive_field", suffix), _met(names, spans, ends), MEET))
        jumps = [names.name(jump, f"jump1{end}") for (_, _, jump), end in zip(spans, ends, strict=True)]
        steps.append(line(_axis_key("jump", suffix), _largest(jumps), MEET))
    return steps


def _met(names: Alphabet, spans: Sequence[tuple[Any, Any, Any]], ends: Sequence[str]) -> Operand:
    """The field that covers the fields of all branches."""
    sizes = [last - first + 1 for first, last, _ in spans]
    together = max(last for _, last, _ in spans) - min(first for first, _, _ in spans) + 1
    # The short form is a maximum of sizes; it is right only if one field covers the others.
    if max(sizes) == together:
        named = [
            names.name(_whole(Fraction(size)), f"RF1{end}") for size, end in zip(sizes, ends, strict=True)
        ]
        return _largest(named)
    firsts = [
        names.name(_whole(Fraction(span[0])), f"first1{end}") for span, end in zip(spans, ends, strict=True)
    ]
    lasts = [
        names.name(_whole(Fraction(span[1])), f"last1{end}") for span, end in zip(spans, ends, strict=True)
    ]
    first: Traced = reduce(smaller, firsts)
    return _largest(lasts) - first + 1


def _largest(dims: Sequence[Traced]) -> Traced:
    found: Traced = reduce(larger, dims)
    return found


def _by_axis(seen: Sequence[ReceptiveField]) -> Iterable[tuple[Any, ...]]:
    return zip(*(field.spans for field in seen), strict=True)
