"""Node -> value -> typed option: what is written, where, and how to work it out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from archcalc.errors import Mark, Problem, SpecError, did_you_mean, short
from archcalc.language.expressions import (
    MAX_ITEMS,
    RESERVED,
    Evaluate,
    ExprError,
    Scope,
    bounded,
    parse,
    shown,
)
from archcalc.language.nodes import Map, Node, Scalar, Seq
from archcalc.ops.base import Op
from archcalc.ops.options import Option, options_of

MAX_PROBLEMS = 200

_WORD = re.compile(r"[^\W\d][\w-]{0,199}\Z")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}\Z")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written: its place, how to work it out, and whether it is the same everywhere."""

    mark: Mark
    evaluate: Evaluate
    constant: bool

    def get(self, scope: Scope) -> Any:
        """The value in a scope. Raises Unreadable."""
        return self.evaluate(scope)


class SpecProblem(Exception):
    """One problem, on its way to the place that collects them all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


class AlreadyReported(Exception):
    """What cannot be worked out because of a problem that was told already."""


@dataclass(slots=True)
class Reader:
    """Reads nodes and collects every problem instead of stopping at the first.

    ``later`` are names that get their values only below what is being read.
    """

    problems: list[Problem] = field(default_factory=list)
    later: Collection[str] = ()

    def fail(self, says: str, mark: Mark, where: str = "", hint: str = "") -> None:
        """Note a problem; a text with nothing but problems is given up. Raises SpecError."""
        self.problems.append(Problem(says, mark, where, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise SpecError(self.problems)

    def mapping(self, node: Node, what: str, hint: str = "name: value") -> Map | None:
        """The node as a mapping, else a problem."""
        if isinstance(node, Map):
            return node
        empty = isinstance(node, Scalar) and node.value is None
        self.fail(f"{what} must be a mapping", node.mark, "", "write {} for an empty one" if empty else hint)
        return None

    def known_keys(self, node: Map, known: Collection[str], what: str, sort: str = "key") -> Collection[str]:
        """Tell of every key that is not known; the known ones that seem to be meant."""
        meant: set[str] = set()
        for key, entry in node.entries.items():
            if key not in known:
                hint = did_you_mean(key, known)
                meant.update(name for name in known if f"'{name}'" in hint)
                self.fail(f"{what} has no {sort} '{short(key)}'", entry.key.mark, "", hint)
        return meant

    def sequence(self, node: Node, what: str) -> Sequence[Node]:
        """The node as a list, else a problem and an empty list."""
        if isinstance(node, Seq):
            return node.items
        word = node.text if isinstance(node, Scalar) and node.plain else ""
        way = f"write [{word}]" if 0 < len(word) <= 40 else "a list is [a, b], or lines that begin with a '-'"
        self.fail(f"{what} must be a list", node.mark, "", way)
        return ()

    def text(self, node: Node, what: str) -> str:
        """The node as text on one line, else a problem."""
        text = " ".join(node.text.split()) if isinstance(node, Scalar) else ""
        if not text:
            self.fail(f"{what} must be a text", node.mark)
        elif not text.isprintable():
            self.fail(f"{what} has a control character in it", node.mark)
        return text

    def variable(self, key: Scalar, what: str) -> str:
        """A name that expressions can read, else a problem."""
        if not _VARIABLE.match(key.text):
            hint = "letters, digits and _ make a name, and a letter begins it"
            self.fail(f"'{short(key.text)}' is no name for {what}", key.mark, "", hint)
        elif key.text in RESERVED:
            self.fail(f"'{key.text}' is no name for {what}: it has a meaning of its own", key.mark)
        return key.text

    def value(
        self, node: Node, known: Collection[str], words: Collection[str] = (), loose: bool = False
    ) -> Value:
        """A value that may be an expression over the ``known`` names.

        ``words`` stand for themselves; so does, if ``loose``, any word that is no known name.
        """
        if isinstance(node, Seq):
            return self._list(node, known, words, loose)
        if isinstance(node, Map):
            self.fail("a value must be a number, a word, an expression or a list, not a mapping", node.mark)
            return broken(node.mark)
        if node.refused:
            return broken(node.mark)
        is_word = node.text in words or (loose and _WORD.match(node.text) and node.text not in known)
        plain = node.value
        if isinstance(plain, str) and (not is_word or plain in self.later):
            return self.expression(node, known, words)
        try:
            return _constant(node.mark, bounded(plain))
        except ExprError as error:
            self.fail(error.says, node.mark)
            return broken(node.mark)

    def _list(self, node: Seq, known: Collection[str], words: Collection[str], loose: bool) -> Value:
        if len(node.items) > MAX_ITEMS:
            self.fail(f"a list has more than {MAX_ITEMS:,} items", node.mark)
            return broken(node.mark)
        items = [self.value(item, known, words, loose) for item in node.items]
        return Value(
            node.mark, _list_of([item.evaluate for item in items]), all(item.constant for item in items)
        )

    def expression(self, node: Scalar, known: Collection[str], words: Collection[str] = ()) -> Value:
        """A value that must be an expression over the ``known`` names."""
        try:
            expression = parse(node.text)
        except ExprError as error:
            self.fail(error.says, place_of(node, error.column), "", error.hint)
            return broken(node.mark)
        unknown = next(((name, column) for name, column in expression.names if name not in known), None)
        if unknown is not None:
            name, column = unknown
            self._unknown(name, place_of(node, column), [*known, *words])
            return broken(node.mark)

        def evaluate(scope: Scope) -> Any:
            try:
                return expression.evaluate(scope)
            except ExprError as error:
                raise SpecProblem(Problem(error.says, place_of(node, error.column), "", error.hint)) from None

        return Value(node.mark, evaluate, not expression.names)

    def _unknown(self, name: str, mark: Mark, known: Collection[str]) -> None:
        if name in self.later:
            self.fail(f"'{name}' has no value yet", mark, "", "a setting can use those above it")
        else:
            hint = did_you_mean(name, known) or f"give it a value: settings: {{{short(name)}: ...}}"
            self.fail(f"unknown name '{short(name)}'", mark, "", hint)

    def option(self, node: Node, known: Collection[str], option: Option, where: str) -> Value:
        """The value of an option; a word that it does not know is told by what it accepts."""
        words = option.type.words
        if words and isinstance(node, Scalar) and not node.refused and isinstance(node.value, str):
            text = node.text
            if _WORD.match(text) and text not in words and text not in known:
                hint = did_you_mean(text, [*words, *known, "true", "false"])
                self.fail(_refused(option, text), node.mark, where, hint if hint.startswith("did") else "")
                return broken(node.mark)
        return self.value(node, known, words)


def place_of(node: Scalar, column: int) -> Mark:
    """The place of a column of a scalar's text; its beginning if the text is not written on one line as it is."""
    start = node.mark.column - 1 + (not node.plain)
    written = node.mark.source.line(node.mark.line).startswith(node.text, start)
    return node.mark.shifted(column + (not node.plain)) if written else node.mark


def _constant(mark: Mark, value: Any) -> Value:
    return Value(mark, lambda scope: value, True)


def broken(mark: Mark) -> Value:
    """Stands for a value that was told to be wrong."""

    def evaluate(scope: Scope) -> Any:
        raise AlreadyReported

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

    def check(self, reader: Reader, where: str) -> bool:
        """Tell what is wrong with options that depend on no name, even where the layer is never used."""
        options = options_of(self.op)
        before = len(reader.problems)
        for name, value in self.written.items():
            if value.constant:
                try:
                    _typed(options[name], value, {})
                except SpecProblem as error:
                    problem = error.problem
                    reader.problems.append(Problem(problem.says, problem.mark, where, problem.hint))
        return len(reader.problems) == before

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
    except ValueError:
        hint = "round_to(x, 1) rounds, x // y divides and rounds down" if isinstance(plain, Fraction) else ""
        raise SpecProblem(Problem(_refused(option, plain), value.mark, "", hint)) from None


def _refused(option: Option, plain: Any) -> str:
    return f"{option.name} must be {option.type.accepts()}, not {shown(plain)}"
