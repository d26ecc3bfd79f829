"""What layers depend on: the values that the expressions of their items read.

Two uses with the same values have the same layers. Of ``depths[stage - 1]`` only this one item counts, so a
network with another depth in its last stage shares the segments of the stages before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from archcalc.language.evaluators import Read, Scope, lookup
from archcalc.language.items import Block, Item, Items
from archcalc.language.segments import Dependence, Key
from archcalc.language.tokens import Token


def dependence_of(items: Items) -> Dependence:
    """What the items read, with all items inside them."""
    here = {read.text: read for item in items for read in item.reads()}
    return Dependence(tuple(here.values()), _settings_of(_blocks(items)))


def key_of_block(block: Block, values: Scope, settings: Scope) -> Key | None:
    """The values that the layers of a block depend on: its arguments, and the settings that it reads."""
    if block.dependence is None:
        block.dependence = Dependence(
            tuple([_named(name) for name, _ in block.arguments]), _settings_of([block])
        )
    return block.dependence.key(values, settings)


def _settings_of(blocks: Iterable[Block]) -> tuple[Read, ...]:
    """What blocks read of the settings, with the blocks that they use; a block may use itself."""
    waiting, known = list(blocks), dict[str, Block]()
    while waiting:
        block = waiting.pop()
        if block.name not in known:
            known[block.name] = block
            waiting += _blocks(block.body)
    return tuple({read.text: read for block in known.values() for read in _own_reads(block)}.values())


def _own_reads(block: Block) -> Iterator[Read]:
    defaults = [read for _, default in block.arguments if default for read in default.reads]
    body = [read for item in block.body for read in item.reads()]
    return without([*defaults, *body], [name for name, _ in block.arguments])


def _blocks(items: Iterable[Item]) -> Iterator[Block]:
    for item in items:
        if item.block is not None:
            yield item.block
        yield from _blocks(item.inside())


def without(reads: Iterable[Read], bound: Collection[str]) -> Iterator[Read]:
    """The reads of the scope around, in which these names are not yet bound."""
    for read in reads:
        if not any(name in bound for name in read.names):
            yield read
            continue
        # `depths[i]` has no value where `i` has none: the whole list counts.
        for name in read.names:
            if name not in bound:
                yield _named(name)


def _named(name: str) -> Read:
    return Read(name, (name,), lookup(Token("name", name, 0)))
