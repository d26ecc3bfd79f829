"""A sweep as a Parquet file."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from archcalc.errors import MissingPackage
from archcalc.render.sweep import cell_of
from archcalc.results.sweep import Sweep

ENDINGS = (".parquet",)
ACCEPTS = (Sweep,)


def render(sweep: Sweep, **options: Any) -> bytes:
    """The rows as a Parquet file: int64, decimals where that is too small. Raises ArchcalcError without
    pyarrow.
    """
    try:
        pyarrow: Any = import_module("pyarrow")
        writer: Any = import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise MissingPackage("a Parquet file", "pyarrow") from None
    table = pyarrow.table({name: _arrow(pyarrow, name, sweep.data[name]) for name in sweep.columns})
    sink = pyarrow.BufferOutputStream()
    writer.write_table(table, sink)
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def _arrow(pyarrow: Any, name: str, values: Any) -> Any:
    if values.dtype != object:
        return pyarrow.array(values)
    plain = [cell_of(name, value).value for value in values.tolist()]
    if plain and all(type(value) is int for value in plain):
        most = max(map(abs, plain))
        if most >= 10**38:
            return pyarrow.array([str(value) for value in plain])
        return pyarrow.array(plain, type=pyarrow.int64() if most < 2**63 else pyarrow.decimal128(38, 0))
    return pyarrow.array(plain)
