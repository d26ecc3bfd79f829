"""Scopes of their own, built as segments: once for the values that they depend on, and used from then on."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.errors import Mark
from archcalc.language.builder import (
    MAX_BLOCK_DEPTH,
    MAX_LAYERS,
    MAX_NESTING,
    MAX_PATH,
    BuildContext,
    Builder,
    NamingScope,
)
from archcalc.language.evaluators import Scope
from archcalc.language.items import Items, build_items
from archcalc.language.segments import BuiltSegment, Key, SegmentBuilder
from archcalc.network import INPUT, UNKNOWN, Use, Uses
from archcalc.ops.remember import remember


class OwnScope(NamedTuple):
    """A scope to build: its name and place, the node that it reads, and its values."""

    name: str
    mark: Mark
    entry: int
    values: Scope
    uses: Uses = ()  # the use of the block, if it is the scope of one


def add_scope(
    builder: Builder,
    context: BuildContext,
    scope: OwnScope,
    items: Items,
    key: Key | None,
    memory: dict[Key, BuiltSegment],
) -> int:
    """Add the layers of the items; the node that gives their output. Raises SpecProblem.

    ``memory`` has the segments that these items have given before, by the values that they depend on.
    """
    segment, path = context.segment, context.naming.inner_path_of(scope.name)
    built = memory.get(key) if key is not None else None
    if built is None or not _fits(built, builder, context, scope):
        built = _build(builder, context, scope, items)
        # Which layer another one shares arrays with depends on the place in the network.
        if key is not None and not built.failed and not built.shares:
            remember(memory, key, built)
    else:
        builder.steps += built.steps
    # The segment around gets as near to the limits as the one inside.
    segment.depth = max(segment.depth, context.nesting + 1 - segment.nesting + built.depth)
    segment.blocks = max(segment.blocks, len(context.uses) + len(scope.uses) + built.blocks)
    segment.path = max(segment.path, len(path) + 1 + built.path)
    segment.failed = segment.failed or built.failed
    segment.shares = segment.shares or built.shares
    inputs = (scope.entry, *[context.naming.find(name) or 0 for name in built.outside])
    use = Use(built.segment, path, inputs, context.aux, context.gates, context.uses + scope.uses)
    return segment.use(built.segment, use)


def _fits(built: BuiltSegment, builder: Builder, context: BuildContext, scope: OwnScope) -> bool:
    """Whether the segment can be used here: in the limits, and with all the nodes around that it reads.

    If not, it is built anew, and what is wrong is reported at its place.
    """
    find = context.naming.find
    return (
        builder.steps + built.steps <= MAX_LAYERS
        and context.nesting + 1 + built.depth <= MAX_NESTING
        and len(context.all_uses) + len(scope.uses) + built.blocks <= MAX_BLOCK_DEPTH
        and len(context.naming.path_of(scope.name)) + 1 + built.path <= MAX_PATH
        and all(find(name) not in (None, UNKNOWN) for name in built.outside)
    )


def _build(builder: Builder, context: BuildContext, scope: OwnScope, items: Items) -> BuiltSegment:
    segment = SegmentBuilder(context.nesting + 1)
    naming = NamingScope(segment, context.naming.path_of(scope.name), "", context.naming)
    around = context.all_uses + scope.uses
    inner = context.deeper(
        scope.mark, naming=naming, values=scope.values, outer_uses=around, uses=(), gates=(), aux=False
    )
    before = builder.steps
    output = build_items(items, builder, inner, INPUT)
    return segment.made(output, builder.steps - before)
