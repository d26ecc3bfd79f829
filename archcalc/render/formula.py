"""Closed forms as text, as LaTeX math and as Python functions."""

from __future__ import annotations

from archcalc.engine.quantities import in_view, label_of
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.formula import PYTHON, ClosedForm, Condition, Dialect, Formula, FormulaRow, written

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# Of each operation: its text, how strongly it binds, and how strongly its operands must bind to stand without
# brackets.
TEXT = Dialect(
    {
        "/": ("{}/{}", 3, (3, 4)),
        "//": ("⌊{}/{}⌋", 5, (3, 4)),
        "ceil": ("⌈{}/{}⌉", 5, (3, 4)),
        "%": ("{} mod {}", 3, (4, 4)),
        "max": PYTHON.forms["max"],
        "min": PYTHON.forms["min"],
        "gcd": PYTHON.forms["gcd"],
    },
    {"+": (" + ", 1, 2), "*": ("·", 3, 4)},
    {"//": "⌊{}⌋", "ceil": "⌈{}⌉"},
    lambda base, exponent: f"{base}{str(exponent).translate(_SUPERSCRIPT)}",
)


def _latex_symbol(name: str) -> str:
    return name if len(name) == 1 else rf"\mathit{{{name.replace('_', chr(92) + '_')}}}"


LATEX = Dialect(
    {
        "/": (r"\frac{{{}}}{{{}}}", 5, (0, 0)),
        "//": (r"\left\lfloor\frac{{{}}}{{{}}}\right\rfloor", 5, (0, 0)),
        "ceil": (r"\left\lceil\frac{{{}}}{{{}}}\right\rceil", 5, (0, 0)),
        "%": (r"{} \bmod {}", 3, (4, 4)),
        "max": (r"\max({}, {})", 5, (0, 0)),
        "min": (r"\min({}, {})", 5, (0, 0)),
        "gcd": (r"\gcd({}, {})", 5, (0, 0)),
    },
    {"+": (" + ", 1, 2), "*": (r"\,", 3, 4)},
    {"//": r"\left\lfloor {} \right\rfloor", "ceil": r"\left\lceil {} \right\rceil"},
    lambda base, exponent: f"{base}^{{{exponent}}}",
    _latex_symbol,
)

_OF_A_LAYER = in_view("formulas")


def report(
    closed: ClosedForm, *, layers: bool = False, width: int | None = None, plain: bool = False
) -> Report:
    """The totals, or every layer; ``width`` breaks long formulas, ``plain`` writes Python expressions."""
    dialect = PYTHON if plain else TEXT
    grid = _layers if layers else _totals
    return Report(lambda: grid(closed, dialect, width), closed.as_json)


def _formula(formula: Formula, dialect: Dialect) -> Cell:
    value = formula.tree if isinstance(formula.tree, int) else str(formula)
    return Cell(value, written(formula.tree, dialect), written(formula.tree, LATEX))


def _totals(closed: ClosedForm, dialect: Dialect, width: int | None) -> Grid:
    heads = (
        Head("quantity", "quantity", numeric=False, keep=2),
        Head("formula", "formula", numeric=False, keep=1),
    )
    room = width - max(len(label_of(key)) for key in closed.totals) - 2 if width else None
    rows: list[tuple[Cell, ...]] = []
    broken = []
    for key in _shown(closed):
        cell = _formula(closed.totals[key], dialect)
        first, *more = break_between_terms(cell.text, room) if room else [cell.text]
        rows.append((Cell(key, label_of(key)), cell._replace(text=first)))
        # A continued formula is not a record of its own.
        for line in more:
            broken.append(len(rows))
            rows.append((Cell("", ""), Cell("", line)))
    return Grid(
        _title(closed, dialect),
        heads,
        tuple(rows),
        None,
        _facts(closed, dialect),
        closed.notes,
        tuple(broken),
    )


def _shown(closed: ClosedForm) -> list[str]:
    """The quantities that are not 0; weights only if they differ from params."""
    same = closed.totals["weights"] == closed.totals["params"]
    return [
        key for key, formula in closed.totals.items() if formula.tree != 0 and not (same and key == "weights")
    ]


def _layers(closed: ClosedForm, dialect: Dialect, width: int | None) -> Grid:
    heads = (
        Head("layer", "layer", numeric=False, keep=100),
        Head("op", "op", numeric=False, keep=40),
        Head("output", "output", numeric=False, keep=90),
        *(
            Head(quantity.key, quantity.label, numeric=False, keep=quantity.priority)
            for quantity in _OF_A_LAYER
        ),
    )
    blank = Cell(None, "")
    return Grid(
        _title(closed, dialect),
        heads,
        tuple(_layer(row, dialect) for row in closed.layers),
        (
            Cell("total", "total"),
            blank,
            blank,
            *(_formula(closed.totals[quantity.key], dialect) for quantity in _OF_A_LAYER),
        ),
        _facts(closed, dialect),
        closed.notes,
    )


def _layer(row: FormulaRow, dialect: Dialect) -> tuple[Cell, ...]:
    sizes = [written(side.tree, dialect, 3) for side in row.output]
    math = r" \times ".join(written(side.tree, LATEX, 3) for side in row.output)
    output = Cell(" x ".join(map(str, row.output)), " x ".join(sizes), math)
    return (
        Cell(row.path, row.path),
        Cell(row.op, row.op),
        output,
        *(_formula(row.figures[quantity.key], dialect) for quantity in _OF_A_LAYER),
    )


def _title(closed: ClosedForm, dialect: Dialect) -> str:
    name = f"{closed.network}: {closed.title}" if closed.title else closed.network
    inputs = closed.inputs or {"": closed.input}
    sides = ", ".join(
        " ".join([*filter(None, [name]), " x ".join(written(side.tree, dialect, 3) for side in sizes)])
        for name, sizes in inputs.items()
    )
    batch = "" if closed.batch.tree == 1 else f", batch {written(closed.batch.tree, dialect)}"
    return f"{name}, {'inputs' if closed.inputs else 'input'} {sides}{batch}"


def _facts(closed: ClosedForm, dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """The meaning of the symbols, and the assumptions of the formulas."""
    forms = {
        condition.left.tree: condition.right for condition in closed.assumptions if condition.sign == "="
    }
    free = [
        f"{name} = {written(forms.get(name, Formula(symbol)).tree, dialect)}"
        for name, symbol in closed.free.items()
    ]
    conditions = [_condition(condition, dialect) for condition in closed.assumptions if condition.sign != "="]
    fractions = [f"{name} any fraction above 0" for name in closed.fractions]
    squares = [
        f"{written(one.macs.tree, dialect)} of the MACs: scores and weighted sums, quadratic in"
        f" {written(one.tokens.tree, dialect)} tokens"
        for one in closed.attention
    ]
    return (
        ("free", ", ".join(free)),
        ("assuming", ", ".join([*conditions, *fractions])),
        *(("attention", square) for square in squares),
    )


def _condition(condition: Condition, dialect: Dialect) -> str:
    left, right = written(condition.left.tree, dialect), written(condition.right.tree, dialect)
    if condition.sign == "divides":
        return f"{left} divides {right}"
    return f"{left} {'=' if condition.sign == '==' else condition.sign} {right}"


def break_between_terms(text: str, room: int) -> list[str]:
    """Break a sum between its terms, into lines of at most that width if possible.

    >>> break_between_terms("19776·h·k²·w + 37632·h·k·w - 1", 20)
    ['19776·h·k²·w', '+ 37632·h·k·w - 1']
    """
    terms: list[str] = []
    depth = 0
    for word in text.split(" "):
        # A sign starts a term, except inside brackets.
        if word in "+-" and depth == 0:
            terms.append(word)
        elif terms and (depth > 0 or terms[-1] in "+-"):
            terms[-1] += f" {word}"
        else:
            terms.append(word)
        depth += sum(word.count(c) for c in "([{⌊⌈") - sum(word.count(c) for c in ")]}⌋⌉")
    lines = terms[:1]
    for term in terms[1:]:
        if len(lines[-1]) + 1 + len(term) <= room:
            lines[-1] += f" {term}"
        else:
            lines.append(term)
    return lines
