"""Right answers about a network, in the forms in which people and tools write them.

Every form is a function from the rows of a network to a text. ``of`` are the quantities that it states.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

import archcalc
from archcalc.network import Network


class Row(NamedTuple):
    """A layer and its right figures; ``number`` counts the layers of its kind."""

    name: str
    op: str
    number: int
    output: tuple[int, ...]
    params: int
    macs: int
    activations: int
    kernel: int
    stride: int
    pad: int

    @property
    def width(self) -> int:
        return self.output[-1]


class Form(NamedTuple):
    """A form of answers; ``of`` are its quantities, ``ending`` is that of a file."""

    write: Callable[[Sequence[Row]], str]
    of: tuple[str, ...]
    ending: str = "md"


def rows_of(network: Network) -> list[Row]:
    """The conv, pooling and fully connected layers of a network, which homework asks."""
    counts: dict[str, int] = {}
    rows = []
    for layer in archcalc.analyze(network).layers:
        if layer.op not in ("conv", "maxpool", "fc"):
            continue
        counts[layer.op] = counts.get(layer.op, 0) + 1
        kernel, stride, pad = (_side(layer.options.get(key)) for key in ("kernel", "stride", "pad"))
        figures = (layer.output, layer.params, layer.macs, layer.activations)
        rows.append(Row(layer.name, layer.op, counts[layer.op], *figures, kernel, stride, pad))
    return rows


def _side(value: object) -> int:
    side = value[0] if isinstance(value, list | tuple) and value else value
    side = side[0] if isinstance(side, list | tuple) else side
    return side if isinstance(side, int) else 0


# --- volumes, numbers and names ---------------------------------------------------------------------------


def x(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def tuple_of(sizes: Sequence[int]) -> str:
    return f"({', '.join(map(str, sizes))})"


def first(sizes: Sequence[int]) -> tuple[int, ...]:
    return (sizes[-1], *sizes[:-1])


def of_keras(sizes: Sequence[int]) -> str:
    return f"(None, {', '.join(map(str, sizes))})"


def of_torch(sizes: Sequence[int]) -> str:
    return f"[-1, {', '.join(map(str, first(sizes)))}]"


def plainly(row: Row) -> str:
    return row.name


def by_kind(row: Row) -> str:
    return {"conv": "Conv2D", "maxpool": "MaxPooling2D", "fc": "Dense"}[row.op]


def as_keras(row: Row) -> str:
    word = {"conv": "conv2d", "maxpool": "max_pooling2d", "fc": "dense"}[row.op]
    return word if row.number == 1 else f"{word}_{row.number - 1}"


def with_options(row: Row) -> str:
    inside = {"conv": f"{row.kernel}x{row.kernel}, {row.width}", "fc": f"{row.width}"}
    return f"{row.name} ({inside.get(row.op, f'f={row.kernel}, s={row.stride}')})"


def mixed(row: Row) -> str:
    return with_options(row) if row.number % 2 else by_kind(row)


def in_words(row: Row) -> str:
    words = {"conv": "Convolution layer", "maxpool": "max pooling", "fc": "Fully connected layer"}
    return f"{words[row.op]} {row.number}"


def as_torch(row: Row) -> str:
    return {"conv": "nn.Conv2d", "maxpool": "nn.MaxPool2d", "fc": "nn.Linear"}[row.op]


def counted(row: Row) -> str:
    return {"conv": "Conv", "maxpool": "MaxPool", "fc": "FC"}[row.op] + str(row.number)


def of_slides(row: Row) -> str:
    names = {"conv": f"CONV{row.kernel}-{row.width}", "maxpool": "POOL2", "fc": "FC"}
    return names[row.op]


# --- tables -----------------------------------------------------------------------------------------------

Cells = Sequence[Sequence[str]]


def markdown(cells: Cells) -> str:
    head, *rows = cells
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def between(sign: str) -> Callable[[Cells], str]:
    return lambda cells: "".join(f"{sign.join(line)}\n" for line in cells)


def aligned(cells: Cells) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def across(cells: Cells) -> str:
    return markdown([list(column) for column in zip(*cells, strict=True)])


def html(cells: Cells) -> str:
    rows = ("".join(f"<td>{cell}</td>" for cell in line) for line in cells)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>\n"


def latex(cells: Cells) -> str:
    rows = "".join(f"{' & '.join(line)} \\\\\n" for line in cells)
    return f"\\begin{{tabular}}{{{'l' * len(cells[0])}}}\n{rows}\\end{{tabular}}\n"


def notebook(cells: Cells) -> str:
    return json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": markdown(cells)}],
                       "metadata": {}, "nbformat": 4, "nbformat_minor": 5})  # fmt: skip


def table(
    lay_out: Callable[[Cells], str] = markdown,
    head: Sequence[str] = ("layer", "output", "params", "MACs"),
    name: Callable[[Row], str] = plainly,
    volume: Callable[[Sequence[int]], str] = x,
    number: Callable[[int], str] = str,
    ending: str = "md",
) -> Form:
    """A table of output, params and MACs."""

    def write(rows: Sequence[Row]) -> str:
        lines = [[name(row), volume(row.output), number(row.params), number(row.macs)] for row in rows]
        return lay_out([list(head), *lines])

    return Form(write, ("output", "params", "macs"), ending)


# --- other texts ------------------------------------------------------------------------------------------


def _lines(line: Callable[[Row], str], above: str = "", below: str = "") -> Callable[[Sequence[Row]], str]:
    return lambda rows: above + "".join(f"{line(row)}\n" for row in rows) + below


def _flow(row: Row) -> str:
    return f"{row.name}: {{output: {x(row.output)}, params: {row.params}, macs: {row.macs}}}"


def _block(row: Row) -> str:
    return f"{row.name}:\n  output: {x(row.output)}\n  params: {row.params}\n  macs: {row.macs}"


def _memory(row: Row) -> str:
    return f"{counted(row)}: [{x(row.output)}] memory: {row.activations:,} params: {row.params:,}"


def _weights(row: Row) -> str:
    return f"{counted(row)}: [{x(row.output)}]  memory:  {row.activations}   weights: {row.params}"


def _json(rows: Sequence[Row]) -> str:
    records = [
        {"layer": row.name, "output": list(row.output), "params": row.params, "macs": row.macs}
        for row in rows
    ]
    return "[\n" + ",\n".join(map(json.dumps, records)) + "\n]\n"


def _mapping(rows: Sequence[Row]) -> str:
    return json.dumps(
        {row.name: {"output": x(row.output), "params": row.params, "macs": row.macs} for row in rows}
    )


def _keras(rows: Sequence[Row]) -> str:
    rule, kinds = "_" * 65, {"conv": "Conv2D", "maxpool": "MaxPooling2D", "fc": "Dense"}
    lines = [
        f" {f'{as_keras(row)} ({kinds[row.op]})':<32}{of_keras(row.output):<26}{row.params}" for row in rows
    ]
    head = f'Model: "sequential"\n{rule}\n {"Layer (type)":<32}{"Output Shape":<26}Param #\n{"=" * 65}\n'
    return head + "\n".join(lines) + f"\n{'=' * 65}\nTotal params: {sum(row.params for row in rows):,}\n"


def _torchsummary(rows: Sequence[Row]) -> str:
    kinds = {"conv": "Conv2d", "maxpool": "MaxPool2d", "fc": "Linear"}
    lines = [
        f"{f'{kinds[row.op]}-{at}':>20}{of_torch(row.output):>26}{row.params:>16,}"
        for at, row in enumerate(rows, 1)
    ]
    head = f"{'-' * 64}\n{'Layer (type)':>20}{'Output Shape':>26}{'Param #':>16}\n{'=' * 64}\n"
    return head + "\n".join(lines) + f"\n{'=' * 64}\nTotal params: {sum(row.params for row in rows):,}\n"


def _one_line(rows: Sequence[Row]) -> str:
    return " ".join(_memory(row) for row in rows) + "\n"


def _arrows(rows: Sequence[Row]) -> str:
    return " -> ".join(f"{counted(row)} [{x(row.output)}]" for row in rows) + "\n"


def _sentences(rows: Sequence[Row]) -> str:
    return "".join(f"{_memory(row)}\nThe next layer reads what this one puts out.\n" for row in rows)


def _two_networks(rows: Sequence[Row]) -> str:
    other = [row._replace(output=(*row.output[:-1], row.width + 1), params=row.params + 7) for row in rows]
    total = sum(row.params for row in rows)
    own = "".join(f"{_memory(row)}\n" for row in rows)
    theirs = sum(row.params for row in other)
    return f"# Mine\n\n{own}\nTotal params: {total:,}\n\n# Another\n\nTotal params: {theirs:,}\n"


def separated(sign: str) -> Callable[[int], str]:
    return lambda number: f"{number:,}".replace(",", sign)


def scientific(number: int) -> str:
    return f"{number:.9e}" if number else "0"


OUTPUTS = ("output",)
WITH_MEMORY = ("output", "activations", "params")

FORMS: dict[str, Form] = {
    "yaml": Form(_lines(_flow), ("output", "params", "macs"), "yaml"),
    "yaml-block": Form(_lines(_block), ("output", "params", "macs"), "yaml"),
    "json": Form(_json, ("output", "params", "macs"), "json"),
    "json-mapping": Form(_mapping, ("output", "params", "macs"), "json"),
    "markdown": table(),
    "csv": table(between(","), ending="csv"),
    "csv-german": table(
        between(";"), ("Schicht", "Ausgabe", "Parameter", "MACs"), number=separated("."), ending="csv"
    ),
    "tsv": table(between("\t"), number=separated(","), ending="tsv"),
    "aligned": table(aligned, ("Layer", "Output", "Params", "MACs"), ending="txt"),
    "across": table(across),
    "html": table(html, ending="html"),
    "latex": table(latex, ending="tex"),
    "notebook": table(notebook, ending="ipynb"),
    "by": table(volume=lambda sizes: " by ".join(map(str, sizes))),
    "tuples": table(volume=tuple_of),
    "spaces": table(volume=lambda sizes: " x ".join(map(str, sizes)), number=separated(" ")),
    "times": table(volume=lambda sizes: " × ".join(map(str, sizes)), number=separated("'")),
    "stars": table(volume=lambda sizes: r"\*".join(map(str, sizes))),
    "batch": table(volume=of_keras),
    "channels-first": table(volume=lambda sizes: x(first(sizes))),
    "torch": table(name=as_torch, volume=of_torch),
    "torch-size": table(volume=lambda sizes: f"torch.Size({[1, *first(sizes)]})"),
    "order-in-heading": table(
        head=("Layer", "Output (CxHxW)", "Params", "MACs"), volume=lambda sizes: x(first(sizes))
    ),
    "maps": table(volume=lambda sizes: f"{sizes[-1]}@{x(sizes[:-1])}" if len(sizes) > 1 else str(sizes[0])),
    "with-values": table(
        volume=lambda sizes: f"{tuple_of(sizes)} = {_product(sizes)}" if len(sizes) > 1 else str(sizes[0])
    ),
    "kinds": table(name=by_kind, head=("Layer (type)", "Output Shape", "Param #", "MACs")),
    "keras-names": table(name=as_keras, volume=of_keras),
    "options": table(name=with_options),
    "words": table(name=in_words, head=("Layer type", "Output size", "Number of parameters", "Mult-Adds")),
    "counted": table(name=counted),
    "mixed": table(name=mixed),
    "bold": table(number=lambda number: f"**{number:,}**"),
    "nothing": table(number=lambda number: f"{number:,}" if number else "N/A"),
    "dashes": table(number=lambda number: str(number) if number else "-"),
    "scientific": table(number=scientific),
    "chinese": table(head=("层", "输出尺寸", "参数量", "MACs")),
    "spanish": table(head=("Capa", "Salida", "Parámetros", "MACs"), number=separated(".")),
    "french": table(head=("Couche", "Sortie", "Paramètres", "MACs"), number=separated(" ")),
    "russian": table(head=("Слой", "Выход", "Параметры", "MACs")),
    "slides": Form(_lines(_memory), WITH_MEMORY, "txt"),
    "notes": Form(_lines(_weights), WITH_MEMORY[:2], "txt"),
    "one-line": Form(_one_line, WITH_MEMORY, "txt"),
    "arrows": Form(_arrows, OUTPUTS, "txt"),
    "sentences": Form(_sentences, WITH_MEMORY, "txt"),
    "two-networks": Form(_two_networks, WITH_MEMORY, "txt"),
    "keras-print": Form(_keras, ("output", "params"), "txt"),
    "torchsummary-print": Form(_torchsummary, ("output", "params"), "txt"),
}
"""Right answers in all forms, by name."""


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product
