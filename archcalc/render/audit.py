"""An audit as tables: counts of the verdicts or a list, then every disagreement with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import one_of, short
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Tone
from archcalc.render.report import Report
from archcalc.results import plain
from archcalc.results.audit import Audit, ClaimVerdict, Verdict, VerdictCounts

MOST_TEXT = 34
"""The most characters of an expression or of words in a column."""


def report(audit: Audit, *, list_all: bool = False, source: str = "") -> Report:
    """The audit as a report: counts by document, or with a ``source`` by network.

    ``list_all`` lists every figure instead. Records are all fields of all figures in one table.
    """
    return Report(lambda: _grid(audit, list_all, source), audit.as_json, lambda: _flat(audit))


# --- for machines ---------------------------------------------------------------------------------------


def _flat(audit: Audit) -> Grid:
    rows = tuple(tuple(_plain_cell(field) for field in claim) for claim in audit.claims)
    return Grid("audit", tuple(Head(key, key) for key in ClaimVerdict._fields), rows)


def _plain_cell(field: Any) -> Cell:
    if isinstance(field, tuple | list) and all(isinstance(item, str) for item in field):
        field = "; ".join(field)
    value = tuple(field) if isinstance(field, list) else field
    return Cell(plain(value) if isinstance(value, Fraction) else value, str(value))


# --- for people -----------------------------------------------------------------------------------------


def _grid(audit: Audit, list_all: bool, source: str) -> Grid:
    if list_all:
        grid = _list_grid(audit)
    elif source:
        grid = _count_grid("network", audit.by_network, audit.summary)
    else:
        grid = _count_grid("document", audit.by_source, audit.summary)
    return grid._replace(title=_title(audit), facts=tuple(_facts(audit)), notes=tuple(_notes(audit)))


def _title(audit: Audit) -> str:
    networks = (
        ", ".join(audit.by_network) if len(audit.by_network) < 3 else f"{len(audit.by_network)} networks"
    )
    documents = (
        f"{len(audit.by_source)} documents" if len(audit.by_source) > 3 else ", ".join(audit.by_source)
    )
    if not audit.claims:
        return "No figures: the spec has no claims"
    return f"{audit.summary.total} figures about {networks} in {documents}"


_COUNTS: Sequence[tuple[str, str, int, Tone]] = (
    ("exact", "exact", 90, ""),
    ("rounded", "as printed", 80, ""),
    ("disagrees", "disagree", 95, "bad"),
    ("ocr", "OCR", 60, "doubtful"),
    ("not_computable", "not computable", 70, ""),
    ("unreadable", "unreadable", 75, "doubtful"),
    ("total", "all", 85, ""),
)

TONES: Mapping[Verdict, Tone] = {
    "exact": "good",
    "rounded": "good",
    "truncated": "good",
    "disagrees": "bad",
    "ocr": "doubtful",
    "not_computable": "",
    "unreadable": "doubtful",
}


def _columns(summary: VerdictCounts) -> list[tuple[str, str, int, Tone]]:
    """The counts that are shown: a spec whose claims can all be read needs no column for the others."""
    return [column for column in _COUNTS if column[0] != "unreadable" or summary.unreadable]


def _count_grid(what: str, groups: Mapping[str, VerdictCounts], summary: VerdictCounts) -> Grid:
    """How many figures of each document or network have which verdict; the largest group comes first."""
    columns = _columns(summary)
    heads = (
        Head(what, what, numeric=False, keep=100, least=12),
        *(Head(key, text, keep=keep) for key, text, keep, _ in columns),
    )
    ordered = sorted(groups.items(), key=lambda group: -group[1].total)
    rows = tuple(_count_row(name, counts, columns) for name, counts in ordered)
    total = _count_row("each figure once" if what == "document" else "all", summary, columns)
    return Grid("", heads, rows, total)


def _count_row(
    name: str, counts: VerdictCounts, columns: Sequence[tuple[str, str, int, Tone]]
) -> tuple[Cell, ...]:
    numbers = [getattr(counts, key) for key, *_ in columns]
    return (
        Cell(name, name),
        *(
            Cell(number, f"{number:,}" if number else "", tone=tone)
            for number, (*_, tone) in zip(numbers, columns, strict=True)
        ),
    )


_LIST = (
    Head("network", "network", numeric=False, keep=60),
    Head("layer", "layer", numeric=False, keep=95),
    Head("quantity", "figure", numeric=False, keep=90, least=8),
    Head("says", "printed", numeric=False, keep=99, least=11),
    Head("computed", "computed", numeric=False, keep=98, least=14),
    Head("verdict", "verdict", numeric=False, keep=100),
    Head("sources", "sources", numeric=False, keep=50),
)


def _list_grid(audit: Audit) -> Grid:
    """Every figure with its verdict. A single network is in the title and gets no column."""
    rows = [_list_row(claim) for claim in audit.claims]
    start = 1 if len(audit.by_network) < 2 else 0  # the title names a single network
    return Grid("", _LIST[start:], tuple(row[start:] for row in rows))


def _list_row(claim: ClaimVerdict) -> tuple[Cell, ...]:
    texts = {
        "network": claim.network,
        "layer": claim.layer,
        "quantity": short(claim.quantity, MOST_TEXT),
        "says": short(claim.says, MOST_TEXT),
        "computed": short(computed_text(claim), MOST_TEXT),
        "verdict": "OCR" if claim.verdict == "ocr" else claim.verdict.replace("_", " "),
        "sources": "; ".join(claim.sources),
    }
    tones = {"verdict": TONES[claim.verdict]}
    return tuple(
        Cell(getattr(claim, head.key), texts[head.key], tone=tones.get(head.key, "")) for head in _LIST
    )


def computed_text(claim: ClaimVerdict) -> str:
    """The computed value as text; in percent if the printed figure is in percent."""
    value = claim.computed
    if isinstance(value, bool):  # before the numbers, because a bool is an int
        return "true" if value else "false"
    if value is None:
        return units.NONE
    if isinstance(value, tuple | list):
        return units.shape(value)
    return value if isinstance(value, str) else _number(value, claim.says)


def _number(value: int | Fraction, says: str, sign: str = "") -> str:
    if says.endswith("%"):  # the spec computes a share, the paper prints it in percent
        return f"{float(100 * value):{sign}.1f}%"
    return f"{value:{sign},}" if isinstance(value, int) else f"{float(value):{sign},.3f}"


def _facts(audit: Audit) -> list[tuple[str, str]]:
    """Every disagreement: the printed and the computed figure, the reason, and the source."""
    facts = []
    for claim in audit.claims:
        if claim.verdict in ("disagrees", "ocr"):
            facts.append((claim.network, _comparison(claim)))
            right = f"agrees with the count of {one_of(claim.conventions)}" if claim.conventions else ""
            facts += [("convention", right)]
            facts += [("because", claim.because), ("source", "; ".join(claim.sources))]
    return [(label, text) for label, text in facts if text]


def _comparison(claim: ClaimVerdict) -> str:
    if claim.ocr:
        return f"{_of(claim)}'{claim.says}' is an OCR error for {claim.ocr}"
    if isinstance(claim.computed, bool):
        return f"{_of(claim)}{claim.says}: this is false"
    difference = "" if claim.difference is None else f" ({_number(claim.difference, claim.says, '+')})"
    return f"{_of(claim)}{claim.says}, computed {computed_text(claim)}{difference}"


def _of(claim: ClaimVerdict) -> str:
    """The layer and the figure, each followed by a space. A long expression, and a statement, is left out."""
    is_short = len(claim.quantity) <= MOST_TEXT and not isinstance(claim.computed, bool)
    return "".join(f"{part} " for part in (claim.layer, claim.quantity if is_short else "") if part)


_MEANINGS = (
    "As printed: the exact value agrees when it is rounded or truncated to the printed digits.",
    "OCR: the text of a scan has an OCR error; the corrected figure agrees.",
)


def _notes(audit: Audit) -> Sequence[str]:
    flaws = []
    for claim in audit.flaws:
        figures = f"{_of(claim)}{claim.says}, computed {computed_text(claim)}"
        flaws.append(f"{claim.place}: {claim.network}: {figures}: {claim.flaw}")
    if flaws:
        figures = "1 figure differs" if len(flaws) == 1 else f"{len(flaws)} figures differ"
        return [f"{figures} from what the specs record:", *flaws]
    if not audit.summary.disagrees and not audit.summary.ocr:
        return ["Nothing disagrees."] if audit.claims else []
    return ["The specs give a reason for every disagreement.", *_MEANINGS]
