"""``functions``: expressions of their arguments that a spec names, because it repeats them."""

from __future__ import annotations

import re

from archcalc.language.arithmetic import FUNCTIONS
from archcalc.language.evaluators import UserFunction
from archcalc.language.expressions import RESERVED, Parser
from archcalc.language.nodes import Entry, Node, Scalar
from archcalc.language.tokens import ExprError
from archcalc.language.values import ValueReader, place_of

MAX_FUNCTIONS = 100

_HEAD = re.compile(r"(?P<name>[^\W\d]\w{0,79})\((?P<names>[^()]*)\)\Z")
_NAME = re.compile(r"[^\W\d]\w{0,79}\Z")


def read_functions(entry: Entry | None, reader: ValueReader) -> None:
    """Add the functions of a spec to those that its expressions can call. Each may call those above it."""
    mapping = reader.mapping(entry.value, "functions", "write width(c): 8 * c") if entry else None
    items = list(mapping.entries.values()) if mapping else []
    if len(items) > MAX_FUNCTIONS:
        reader.fail(f"a spec may have at most {MAX_FUNCTIONS} functions", items[MAX_FUNCTIONS].key.mark)
    for item in items[:MAX_FUNCTIONS]:
        head = _HEAD.match(item.key.text)
        names = [name.strip() for name in head["names"].split(",")] if head else []
        if head is None or not all(map(_NAME.match, names)) or len(set(names)) < len(names):
            hint = "write width(c): 8 * c, with different names between the brackets"
            reader.fail(f"'{item.key.text[:60]}' is not a function with arguments", item.key.mark, "", hint)
            continue
        if taken := next((name for name in (head["name"], *names) if name in RESERVED), ""):
            sort = "an own function" if taken in FUNCTIONS and taken == head["name"] else "a name here"
            reader.fail(f"'{taken}' cannot be {sort}: expressions use this word", item.key.mark)
            continue
        if head["name"] in reader.functions:
            reader.fail(f"the function '{head['name']}' is defined twice", item.key.mark)
            continue
        body = _body(item.value, names, reader)
        if body is not None:
            reader.functions[head["name"]] = body


def _body(node: Node, names: list[str], reader: ValueReader) -> UserFunction | None:
    """The function of these arguments, None after a problem."""
    if not isinstance(node, Scalar) or node.value is None:
        reader.fail("a function must be an expression of its arguments", node.mark)
        return None
    parser = Parser(node.text, reader.functions)
    try:
        expression = parser.whole_text()
    except ExprError as error:
        reader.fail(error.message, place_of(node, error.column), "", error.hint)
        return None
    for name, column in expression.names:
        if name not in names:
            hint = "a function reads only its arguments: give it the setting as one of them"
            reader.fail(f"unknown name '{name}'", place_of(node, column), "", hint)
            return None
    return UserFunction(tuple(names), expression.evaluate, 1 + parser.calls)
