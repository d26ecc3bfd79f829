"""Node -> value -> typed option: what is written, where, and how to work it out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archcalc.errors import Mark, Problem, did_you_mean
from archcalc.ops.base import Op
from archcalc.ops.options import Option, options_of
from archcalc.spec.expr import Evaluate, ExprError, Scope, parse
from archcalc.spec.reader import Map, Node, Scalar, Seq

_IDENTIFIER = re.compile(r"[^\W\d][\w-]*\Z")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written: its place, how to work it out, and whether it is the same everywhere."""

    mark: Mark
    evaluate: Evaluate
    constant: bool

    def get(self, scope: Scope) -> Any:
        """The value in a scope. Raises Unreadable."""
        try:
            return self.evaluate(scope)
        except ExprError as error:
            raise Unreadable(Problem(error.says, self.mark.shifted(error.column), "", error.hint)) from None


class Unreadable(Exception):
    """One problem, on its way to the place that collects them all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


class Told(Exception):
    """What cannot be worked out because of a problem that was told already."""


@dataclass(slots=True)
class Reader:
    """Reads nodes and collects every problem instead of stopping at the first."""

    problems: list[Problem] = field(default_factory=list)

    def fail(self, says: str, mark: Mark, where: str = "", hint: str = "") -> None:
        self.problems.append(Problem(says, mark, where, hint))

    def mapping(self, node: Node, what: str) -> Map | None:
        """The node as a mapping, else a problem."""
        if isinstance(node, Map):
            return node
        self.fail(f"{what} must be a mapping (name: value)", node.mark)
        return None

    def sequence(self, node: Node, what: str) -> Sequence[Node]:
        """The node as a list, else a problem and an empty list."""
        if isinstance(node, Seq):
            return node.items
        self.fail(f"{what} must be a list", node.mark)
        return ()

    def text(self, node: Node, what: str) -> str:
        """The node as text on one line, else a problem."""
        if isinstance(node, Scalar) and node.text:
            return " ".join(node.text.split())
        self.fail(f"{what} must be a text", node.mark)
        return ""

    def value(self, node: Node, known: Collection[str], words: Collection[str] = (), loose: bool = False) -> Value:
        """A value that may be an expression over the ``known`` names.

        ``words`` stand for themselves; so does, if ``loose``, any identifier that is no known name.
        """
        if isinstance(node, Seq):
            items = [self.value(item, known, words, loose) for item in node.items]
            evaluate: Evaluate = _list_of([item.evaluate for item in items])
            return Value(node.mark, evaluate, all(item.constant for item in items))
        if isinstance(node, Map):
            self.fail("a value must be a number, a word, an expression or a list, not a mapping", node.mark)
            return _broken(node.mark)
        if node.refused:
            return _broken(node.mark)
        plain = node.value
        is_word = node.text in words or (loose and _IDENTIFIER.match(node.text) and node.text not in known)
        if not isinstance(plain, str) or is_word:
            return _constant(node.mark, plain)
        return self._expression(node, known, words)

    def _expression(self, node: Scalar, known: Collection[str], words: Collection[str]) -> Value:
        mark = node.mark if node.plain else node.mark.shifted(1)
        try:
            expression = parse(node.text)
        except ExprError as error:
            self.fail(error.says, mark.shifted(error.column), "", error.hint)
            return _broken(mark)
        for name, column in expression.names:
            if name not in known:
                hint = did_you_mean(name, [*known, *words]) or "settings and args are the names there are"
                self.fail(f"unknown name '{name}'", mark.shifted(column), "", hint)
                return _broken(mark)
        return Value(mark, expression.evaluate, not expression.names)


def _constant(mark: Mark, value: Any) -> Value:
    return Value(mark, lambda scope: value, True)


def _broken(mark: Mark) -> Value:
    """Stands for a value that was told to be wrong."""

    def evaluate(scope: Scope) -> Any:
        raise Told

    return Value(mark, evaluate, False)


def _list_of(items: Sequence[Evaluate]) -> Evaluate:
    return lambda scope: [item(scope) for item in items]


class Fields:
    """The options written for one use of an op: read once, worked out for every scope."""

    __slots__ = ("_same_everywhere", "marks", "op", "written")

    def __init__(self, op: type[Op], written: Mapping[str, Value], mark: Mark) -> None:
        self.op = op
        self.written = written
        self.marks: dict[str, Mark] = {"": mark, **{name: value.mark for name, value in written.items()}}
        self._same_everywhere: Op | None = None

    def check(self, reader: Reader, where: str) -> None:
        """Tell what is wrong with options that depend on no name, even where the layer is never used."""
        options = options_of(self.op)
        for name, value in self.written.items():
            if value.constant:
                try:
                    _typed(options[name], value, {})
                except Unreadable as error:
                    reader.fail(error.problem.says, value.mark, where)

    def build(self, scope: Scope) -> Op:
        """The op with its options in that scope. Raises Unreadable at the first that is wrong."""
        if self._same_everywhere is not None:
            return self._same_everywhere
        options = options_of(self.op)
        op = self.op(**{name: _typed(options[name], value, scope) for name, value in self.written.items()})
        if all(value.constant for value in self.written.values()):
            self._same_everywhere = op
        return op


def _typed(option: Option, value: Value, scope: Scope) -> Any:
    plain = value.get(scope)
    try:
        return option.type.read(plain)
    except ValueError as error:
        raise Unreadable(Problem(f"{option.name} {error}", value.mark)) from None
