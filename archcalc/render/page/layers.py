"""The table of layers of a page: scopes that fold, columns that sort, a derivation for each layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from archcalc.errors import printable
from archcalc.render import units
from archcalc.render.columns import window
from archcalc.render.page.derivations import Derivations
from archcalc.results import Layer
from archcalc.results.explain import LayerDerivation
from archcalc.results.folding import LAYERS, fold, readable_depth, row_path
from archcalc.results.page import NetworkPage

COLUMNS = {
    "op": "op",
    "window": "window",
    "output": "output",
    "params": "params",
    "macs": "MACs",
    "share": "% of MACs",
    "activations": "activations",
    "moved_bytes": "moved bytes",
}
"""The columns behind the name, with their headings."""

SUMS = ("params", "macs", "activations", "moved_bytes")
"""The columns that add up."""


def layers_table(one: NetworkPage, number: int, derivations: Derivations) -> Iterator[str]:
    """The table with what controls it."""
    table, label = f"layers-{number}", escape(printable(one.label))
    yield f'<div class="tools"><label>Find <input type="search" data-table="{table}"></label>'
    yield f'<button data-open="{table}">Open all</button><button data-fold="{table}">Fold all</button>'
    yield '<span role="status"></span></div>'
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="Layers of {label}">'
    yield f'<table id="{table}" class="layers">'
    yield "<caption>Choose a layer to see how its numbers come about.</caption>"
    heads = "".join(_head(key, says, place) for place, (key, says) in enumerate(COLUMNS.items(), 1))
    yield f"<thead><tr>{_head('name', 'layer', 0)}{heads}</tr></thead><tbody>"
    yield from _rows(one, derivations)
    totals = {key: units.count(one.analysis.totals.figures[key]) for key in SUMS}
    cells = "".join(_cell(key, totals.get(key, "")) for key in COLUMNS)
    yield f'</tbody><tfoot><tr><th scope="row">total</th>{cells}</tr></tfoot></table></div>'


def _head(key: str, says: str, place: int) -> str:
    return f'<th scope="col"{_kind(key)}><button data-sort="{place}">{escape(says)}</button></th>'


def _rows(one: NetworkPage, derivations: Derivations) -> Iterator[str]:
    analysis = one.analysis
    by_row: dict[str, list[LayerDerivation]] = {}
    for layer, derived in zip(analysis.layers, one.derivations, strict=True):
        by_row.setdefault(row_path(layer.path, layer.follower), []).append(derived)
    rows = fold(analysis.layers, LAYERS)
    opened = readable_depth(analysis.layers)
    total = analysis.totals.macs or 1
    above: list[str] = []
    paths = {row.path for row in rows}
    blocks = {path[:place] for path in paths for place, sign in enumerate(path) if sign == "/"}
    for row in rows:
        # A merge has the path of the block with its branches: there it is a row inside it.
        *scopes, last = row.path.split("/") if row.path not in blocks else [*row.path.split("/"), row.op]
        for level in range(len(scopes)):
            if scopes[: level + 1] != above[: level + 1]:
                path = "/".join(scopes[: level + 1])
                inner = [other for other in rows if f"{other.path}/".startswith(f"{path}/")]
                is_open = opened == LAYERS or (isinstance(opened, int) and level + 1 < opened)
                yield _scope(path, level, inner, is_open, total, is_hidden=_is_hidden(level, opened))
        above = scopes
        level = len(scopes)
        place = derivations.number(by_row[row.path])
        path = escape(printable(row.path))
        name = escape(printable(last))
        button = f'<button class="layer" data-derivation="{place}" data-path="{path}">{name}</button>'
        yield _row(button, "", level, _is_hidden(level, opened), _cells_of(row, total))


def _row(button: str, kind: str, level: int, is_hidden: bool, cells: Mapping[str, str]) -> str:
    hidden = " hidden" if is_hidden else ""
    head = f'<th scope="row" style="--level:{level}">{button}</th>'
    return (
        f'<tr{kind} data-level="{level}"{hidden}>{head}'
        f"{''.join(_cell(key, cells[key]) for key in COLUMNS)}</tr>"
    )


def _is_hidden(level: int, opened: int | str) -> bool:
    """Whether a row is inside a block that is folded at first."""
    return isinstance(opened, int) and level >= opened


def _scope(path: str, level: int, inner: Sequence[Layer], is_open: bool, total: int, is_hidden: bool) -> str:
    sums = {key: sum(row.figures[key] for row in inner) for key in SUMS}
    cells = {
        "op": "",
        "window": "",
        "output": units.shape(inner[-1].output),
        "share": units.share(sums["macs"], total),
        **{key: units.count(value) for key, value in sums.items()},
    }
    name = escape(printable(path.rpartition("/")[2]))
    button = f'<button class="fold" aria-expanded="{str(is_open).lower()}">{name}</button>'
    return _row(button, ' class="block"', level, is_hidden, cells)


def _cells_of(row: Layer, total: int) -> dict[str, str]:
    return {
        "op": row.op,
        "window": window(row.options),
        "output": units.shape(row.output),
        "share": units.share(row.figures["macs"], total),
        **{key: units.count(row.figures[key]) for key in SUMS},
    }


def _cell(key: str, text: str) -> str:
    return f"<td{_kind(key)}>{escape(printable(text))}</td>"


def _kind(key: str) -> str:
    return ' class="n"' if key in (*SUMS, "share") else ""
