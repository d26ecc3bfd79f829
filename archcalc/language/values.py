"""Nodes -> values -> typed options: values with their places, evaluated later in a scope."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any

from archcalc.errors import Mark, Problem, SpecError, did_you_mean, short
from archcalc.language.arithmetic import MAX_ITEMS, bounded, shown
from archcalc.language.evaluators import Evaluate, Read, Scope, UserFunction, constant, list_of
from archcalc.language.expressions import RESERVED, Parser, parse
from archcalc.language.nodes import Map, Node, Scalar, Seq
from archcalc.language.segments import Key, key_of
from archcalc.language.tokens import ExprError
from archcalc.ops.base import Op
from archcalc.ops.frozen import Record, State, record, state
from archcalc.ops.options import Option, options_of
from archcalc.ops.remember import remember

MAX_PROBLEMS = 200

_WORD = re.compile(r"[^\W\d][\w-]{0,199}\Z")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}\Z")


@record
class Value(Record):
    """A value as it is written: its place, its evaluator, whether it is constant, and what it reads."""

    mark: Mark
    evaluate: Evaluate
    constant: bool
    reads: tuple[Read, ...] = ()

    def get(self, scope: Scope) -> Any:
        """The value in a scope. Raises SpecProblem, and AlreadyReported for a broken value."""
        return self.evaluate(scope)


class SpecProblem(Exception):
    """One problem, raised to where all problems are collected."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class AlreadyReported(Exception):
    """A value is missing because of a problem that is already reported: no second report is needed."""


@state
class ValueReader(State):
    """Makes values and texts from nodes, and collects every problem instead of stopping at the first.

    ``later`` are the settings that get their values further down in the file.
    """

    problems: list[Problem] = field(default_factory=list)
    later: Collection[str] = ()
    functions: dict[str, UserFunction] = field(default_factory=dict)

    def fail(self, message: str, mark: Mark, where: str = "", hint: str = "") -> None:
        """Add a problem. Raises SpecError if there are too many to go on."""
        self.problems.append(Problem(message, mark, where, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise SpecError(self.problems)

    def mapping(self, node: Node, what: str, hint: str = "write name: value") -> Map | None:
        """The node as a mapping, else a problem."""
        if isinstance(node, Map):
            return node
        # In YAML, a key without anything after it is null, and not an empty mapping.
        is_empty = isinstance(node, Scalar) and node.value is None
        self.fail(
            f"{what} must be a mapping", node.mark, "", "write {} for an empty one" if is_empty else hint
        )
        return None

    def known_keys(self, node: Map, keys: Collection[str], what: str, sort: str = "key") -> Collection[str]:
        """Report every unknown key; gives the known keys that they seem to mean."""
        meant: set[str] = set()
        for key, entry in node.entries.items():
            if key not in keys:
                hint = did_you_mean(key, keys)
                meant.update(name for name in keys if f"'{name}'" in hint)
                self.fail(f"{what} has no {sort} '{short(key)}'", entry.key.mark, "", hint)
        return meant

    def sequence(self, node: Node, what: str) -> Sequence[Node]:
        """The node as a list, else a problem and an empty list."""
        if isinstance(node, Seq):
            return node.items
        word = node.text if isinstance(node, Scalar) and node.plain else ""
        example = f"[{word}]" if 0 < len(word) <= 40 else "[a, b], or start each line with '-'"
        self.fail(f"{what} must be a list", node.mark, "", f"write {example}")
        return ()

    def text(self, node: Node, what: str) -> str:
        """The node as text on one line, else a problem."""
        text = " ".join(node.text.split()) if isinstance(node, Scalar) else ""
        if not text:
            self.fail(f"{what} must be text", node.mark)
        elif not text.isprintable():
            self.fail(f"{what} contains a control character", node.mark)
        return text

    def variable(self, key: Scalar, what: str) -> str:
        """A name that expressions can read; ``what`` is a setting name, a loop variable ..."""
        if not _VARIABLE.match(key.text):
            hint = "use letters, digits and _; start with a letter"
            self.fail(f"'{short(key.text)}' is not a valid {what}", key.mark, "", hint)
        elif key.text in RESERVED:
            self.fail(f"'{key.text}' cannot be a {what}: expressions use this word", key.mark)
        return key.text

    def value(
        self, node: Node, names: Collection[str], words: Collection[str] = (), loose: bool = False
    ) -> Value:
        """A value that may be an expression over the known ``names``.

        A word of ``words`` means itself. If ``loose``, so does every word that is not a known name.
        """
        if isinstance(node, Seq):
            return self._list(node, names, words, loose)
        # No option and no setting is a mapping.
        if isinstance(node, Map):
            self.fail("a value must be a number, a word, an expression or a list, not a mapping", node.mark)
            return broken(node.mark)
        if node.refused:
            return broken(node.mark)
        is_word = node.text in words or (loose and _WORD.match(node.text) and node.text not in names)
        scalar = node.value
        # A setting that comes later is read as a name, so that the problem says so.
        if isinstance(scalar, str) and (not is_word or scalar in self.later):
            return self.expression(node, names, words)
        try:
            return Value(node.mark, constant(bounded(scalar)), True)
        except ExprError as error:
            self.fail(error.message, node.mark)
            return broken(node.mark)

    def _list(self, node: Seq, names: Collection[str], words: Collection[str], loose: bool) -> Value:
        if len(node.items) > MAX_ITEMS:
            self.fail(f"the list has more than {MAX_ITEMS:,} items", node.mark)
            return broken(node.mark)
        items = [self.value(item, names, words, loose) for item in node.items]
        evaluate = list_of([item.evaluate for item in items])
        reads = tuple(read for item in items for read in item.reads)
        return Value(node.mark, evaluate, all(item.constant for item in items), reads)

    def expression(self, node: Scalar, names: Collection[str], words: Collection[str] = ()) -> Value:
        """The value of an expression over the known ``names``."""
        try:
            own = self.functions
            expression = Parser(node.text, own).whole_text() if own else parse(node.text)
        except ExprError as error:
            self.fail(error.message, place_of(node, error.column), "", error.hint)
            return broken(node.mark)
        unknown = next((pair for pair in expression.names if pair[0] not in names), None)
        if unknown is not None:
            name, column = unknown
            self._unknown(name, place_of(node, column), [*names, *words])
            return broken(node.mark)

        def evaluate(scope: Scope) -> Any:
            try:
                return expression.evaluate(scope)
            except ExprError as error:
                raise SpecProblem(
                    Problem(error.message, place_of(node, error.column), "", error.hint)
                ) from None

        return Value(node.mark, evaluate, not expression.names, expression.reads)

    def _unknown(self, name: str, mark: Mark, names: Collection[str]) -> None:
        if name in self.later:
            self.fail(f"'{name}' has no value yet", mark, "", "a setting can use only the settings above it")
        else:
            hint = did_you_mean(name, names) or f"define it: settings: {{{short(name)}: ...}}"
            self.fail(f"unknown name '{short(name)}'", mark, "", hint)

    def option(self, node: Node, names: Collection[str], option: Option, where: str) -> Value:
        """The value of an option; the problem of an unknown word says what the option accepts."""
        # Without this, `pad: smae` would be an unknown name, and the hint would miss the word `same`.
        words = option.type.words
        if words and isinstance(node, Scalar) and not node.refused and isinstance(node.value, str):
            text = node.text
            if _WORD.match(text) and text not in words and text not in names:
                hint = did_you_mean(text, [*words, *names, "true", "false"])
                self.fail(_refused(option, text), node.mark, where, hint if hint.startswith("did") else "")
                return broken(node.mark)
        return self.value(node, names, words)


def place_of(node: Scalar, column: int) -> Mark:
    """The place of a column of a scalar's text; the start of the scalar if escapes or line breaks move it."""
    quote = 0 if node.plain else 1
    start = node.mark.column - 1 + quote
    is_verbatim = node.mark.source.line(node.mark.line).startswith(node.text, start)
    return node.mark.shifted(column + quote) if is_verbatim else node.mark


def broken(mark: Mark) -> Value:
    """A value in place of a wrong one, whose problem is already reported."""

    def evaluate(scope: Scope) -> Any:
        raise AlreadyReported

    return Value(mark, evaluate, False)


class OptionValues:
    """The options written for one use of an op: read once, evaluated in every scope."""

    __slots__ = ("_constants", "_known", "_varying", "marks", "op", "values")

    def __init__(self, op: type[Op], values: Mapping[str, Value], mark: Mark) -> None:
        self.op = op
        self.values = values
        self.marks: dict[str, Mark] = {"": mark, **{name: value.mark for name, value in values.items()}}
        self._varying = [value.evaluate for value in values.values() if not value.constant]
        self._constants: dict[str, Any] = {}  # the constant options, once they are read
        self._known: dict[Key, Op] = {}  # the ops so far, by the values of the other options

    def check(self, reader: ValueReader, where: str) -> bool:
        """Report wrong options that depend on no name, even if the layer is never used."""
        options = options_of(self.op)
        before = len(reader.problems)
        for name, value in self.values.items():
            if value.constant:  # other values can be right in one scope and wrong in another
                try:
                    _typed(options[name], value, {})
                except SpecProblem as error:
                    problem = error.problem
                    reader.problems.append(Problem(problem.message, problem.mark, where, problem.hint))
        return len(reader.problems) == before

    def build(self, scope: Scope) -> Op:
        """The op with its options in that scope. Raises SpecProblem for the first wrong one.

        With the same values it is the same op, so that the layers of a deep network share a few ops.
        """
        try:
            key = key_of([evaluate(scope) for evaluate in self._varying])
        except (SpecProblem, AlreadyReported):
            return self._new(scope)  # an option before may be wrong too, and comes first
        op = self._known.get(key) if key is not None else None
        if op is None:
            op = self._new(scope)
            if key is not None:
                remember(self._known, key, op)
        return op

    def _new(self, scope: Scope) -> Op:
        options, typed = options_of(self.op), {}
        for name, value in self.values.items():
            if name in self._constants:
                typed[name] = self._constants[name]
                continue
            typed[name] = _typed(options[name], value, scope)
            if value.constant:
                self._constants[name] = typed[name]
        return self.op(**typed)


def _typed(option: Option, value: Value, scope: Scope) -> Any:
    given = value.get(scope)
    try:
        return option.type.read(given)
    except ValueError:
        raise SpecProblem(Problem(_refused(option, given), value.mark, "", _way_out(option, given))) from None


def _way_out(option: Option, given: Any) -> str:
    if isinstance(given, str):  # from a setting, an argument or an expression
        hint = did_you_mean(given, option.type.words)
        return hint if hint.startswith("did") else ""
    return "round_to(x, 1) rounds, x // y rounds down" if isinstance(given, Fraction) else ""


def _refused(option: Option, given: Any) -> str:
    return f"{option.name} must be {option.type.accepts()}, not {shown(given)}"
