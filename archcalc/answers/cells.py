"""One layer in a cell of a column or alone on its line: conv3-64, 3x3 conv, 64, FC 4096, maxpool."""

from __future__ import annotations

import re

from archcalc.answers.figures import output
from archcalc.answers.names import name_of, same_size
from archcalc.sheet import Row

_SQUARE_CONV = re.compile(r"([0-9]{1,3})[x*]([0-9]{1,3}) conv, ([0-9]{1,9})\Z", re.IGNORECASE)
_SIZED_FC = re.compile(r"fc (?P<units>[0-9]{1,9})\Z", re.IGNORECASE)
_IMAGE = re.compile(r"input \((?P<size>[0-9]{1,9} ?[x*] ?[0-9]{1,9}) RGB image\)\Z", re.IGNORECASE)


def cell(text: str, number: int) -> Row | None:
    """A cell of a column: ``conv3-64``, ``3x3 conv, 64``, ``FC 4096``, ``maxpool``, ``input (224x224 RGB image)``.

    >>> cell("conv1-256", 9)[:4]
    ('conv1-256', 'conv', {'kernel': (1, 1), 'filters': 256}, {'stride': 1, 'pad': 0})
    """
    if match := _IMAGE.match(text):
        size = re.sub(r" ?[x*] ?", "x", match["size"])
        channels = output("input", f"{size}x3", number)  # RGB are three
        return Row("input", "input", {}, {}, (channels._replace(text=f"{size} RGB"),), number)
    if match := _SQUARE_CONV.match(text):
        kernel = (int(match[1]), int(match[2]))
        return Row(text, "conv", {"kernel": kernel, "filters": int(match[3])}, same_size(kernel), (), number)
    if (match := _SIZED_FC.match(text)) and int(match["units"]) >= 10:
        # FC 6 is a layer by its number; what is as large as a layer is taken for one, and that is told
        return Row(text, "fc", {}, {"units": int(match["units"])}, (), number)
    name = name_of(text)
    if name is None or name.end != len(text) or name.copies:
        return None
    return Row(name.text, name.op, name.options, name.implied, (), number)
