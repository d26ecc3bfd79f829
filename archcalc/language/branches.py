"""Merges with branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from archcalc.dims import is_rational
from archcalc.errors import Mark, Problem
from archcalc.language.arithmetic import shown
from archcalc.language.builder import BuildContext, Builder
from archcalc.language.evaluators import Scope
from archcalc.language.items import Item, ItemHead, Items, OpItem, build_items, holds
from archcalc.language.values import OptionValues, SpecProblem, Value
from archcalc.network import Gate
from archcalc.ops.frozen import Record, record


@record
class Branch(Record):
    """One branch of a merging op; ``when`` is the condition under which it is there."""

    name: str
    mark: Mark
    items: Items
    survival: Value | None
    when: Value | None = None


class BranchItem(OpItem):
    """A merging op with its branches."""

    def __init__(
        self,
        head: ItemHead,
        options: OptionValues,
        followers: Sequence[OptionValues],
        branches: Sequence[Branch],
    ) -> None:
        super().__init__(head, options, followers)
        self.branches = branches

    def inside(self) -> Iterator[Item]:
        for branch in self.branches:
            yield from branch.items

    def values(self) -> Iterator[Value]:
        yield from super().values()
        for branch in self.branches:
            yield from [value for value in (branch.survival, branch.when) if value]

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        entry = self.head.one_input(builder, context, above, f"{self.head.kind} with branches")
        op = self.options.build(context.values)
        branches = [
            branch for branch in self.branches if not branch.when or holds(branch.when, context.values)
        ]
        survivals = [_probability(branch.survival, context.values) for branch in branches]
        name = self.head.take_name(builder, context)
        # The branches of a merge without a written name are named in the scope around it.
        mark = self.head.mark
        around = context.named(mark, name, entry) if self.head.name else context.deeper(mark)
        ends = [
            _build_branch(branch, survival, builder, around, entry)
            for branch, survival in zip(branches, survivals, strict=True)
        ]
        if len(ends) < 2:
            return self._alone(builder, context, name, ends or [entry])
        return self.add(builder, context, name, op, ends)

    def _alone(self, builder: Builder, context: BuildContext, name: str, ends: Sequence[int]) -> int:
        """The only branch that is left: there is nothing to merge, and what follows the merge follows it."""
        (number,) = ends
        path = context.naming.inner_path_of(name)
        context.naming.nodes[name] = self.follow(builder, context, path, number, is_row=False)
        return context.naming.nodes[name]


def _build_branch(
    branch: Branch, survival: Fraction | int | None, builder: Builder, context: BuildContext, entry: int
) -> int:
    naming = context.naming
    name = naming.unused(branch.name)
    naming.taken[name] = branch.mark
    path = naming.inner_path_of(name)
    gates = context.gates if survival is None else (*context.gates, Gate(path, survival))
    inner = context._replace(naming=naming.inner(name, entry), gates=gates)
    return build_items(branch.items, builder, inner, entry)


def _probability(value: Value | None, values: Scope) -> Fraction | int | None:
    if value is None:
        return None
    survival = value.get(values)
    if is_rational(survival) and 0 <= survival <= 1:
        return survival
    raise SpecProblem(
        Problem(f"survival must be a probability from 0 to 1, not {shown(survival)}", value.mark)
    )
