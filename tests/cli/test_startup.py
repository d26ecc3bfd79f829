"""What the process of a table imports. Each module costs a tenth of a millisecond of every start, and more.

A module that is not listed here makes the test fail. Import it where it is needed (only other formats, other
commands, errors), or add it to the list if a table of JSON needs it. ``benchmarks/startup.py --imports``
says what it costs.
"""

from __future__ import annotations

import os
import subprocess
import sys

TABLE = ["archcalc", "table", "resnet152", "--format", "json"]

SCRIPT = """
import sys
import click
before = set(sys.modules)
sys.argv = {args!r}
from archcalc.cli import main
try:
    main()
finally:
    print(*(set(sys.modules) - before), file=sys.stderr)
"""

STANDARD = {
    "atexit",
    "copy",  # of dataclasses
    "dataclasses",
    "decimal",  # of fractions
    "encodings",
    "fractions",
    "gc",
    "json",
    "locale",  # of gettext, when click makes the option --help
    "numbers",  # of fractions
}
"""What a table imports of the standard library, beyond what click imports."""

PARTS = {
    "": "cli conventions dims engine errors files language network ops render results studies",
    "cli": "_conflicts _models _options _output _streams table",
    "engine": """claims figures memory moved quantities reading receptive segment_peak segment_totals totals
        walk worked worked_segments""",
    "engine.quantities": "memory operations record stored structure",
    "language": """about arithmetic branches builder evaluators expressions family find index input_sizes
        items nodes parse parse_heads parse_layers parse_options reads scope_items scopes segments settings
        stored tokens values vocabulary""",
    "ops": """activation axes base collector conv costs fc frozen merge norm option_types options pool
        remember rounding window""",
    "render": "analysis formats options report units",
    "render.formats": "json",
    "results": "deferred figures folding printable values",
    "studies": "analyze library",
}
"""The modules of archcalc that a table of JSON may import, by their part; of the ops those it needs."""


def imported() -> set[str]:
    """What a fresh interpreter imports for a table after it has imported click."""
    script = SCRIPT.format(args=TABLE)
    # A spec is stored beside the bytecode, which a tester may have forbidden.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    return set(done.stderr.splitlines()[-1].split())


def named(part: str, names: str) -> set[str]:
    return {".".join(filter(None, ("archcalc", part, name))) for name in names.split()}


def test_a_table_of_json_imports_what_is_listed() -> None:
    """PyYAML is not among it: a shipped spec that was read before is stored."""
    imported()  # now the spec is stored
    listed = {"archcalc"}.union(*(named(part, names) for part, names in PARTS.items()))
    found = imported()
    # A package of the standard library chooses its own parts, and its accelerator in C.
    assert [module for module in found - listed if module.lstrip("_").split(".")[0] not in STANDARD] == []
    assert listed - found == set()


def test_the_list_can_fail() -> None:
    assert "archcalc.cli.table" in imported()
    assert "archcalc.render.grid" not in imported()
