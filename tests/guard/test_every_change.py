"""The guard holds: whatever is changed in a network, check names its layer, or no number has changed.

Numbers are sizes, counts and bytes; receptive fields are not locked. What changed is worked out here from the
answers of ``archcalc table``, not from what check compares.
"""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers.drawn import Item, Net, nets, output_of, values
from helpers.examples import examples
from hypothesis import event, given
from hypothesis import strategies as st

from archcalc.cli import cli
from archcalc.ops import OPS
from archcalc.ops.options import options_of
from archcalc.studies.analyze import analyze

# A drawn network may have sizes that look as if they were in another order.
pytestmark = pytest.mark.filterwarnings("ignore::archcalc.errors.ArchcalcWarning")

Draw = Callable[[Any], Any]

NOT_LOCKED = {
    "name",
    "path",
    "op",
    "inputs",
    "weight_shapes",
    "operations",  # by kind; the lock has their sum, the FLOPs
    "options",
    "receptive_field",
    "smallest_field",
    "jump",
    "aligned",
}
"""What is no count and no size of a volume; the sizes of weights are in their counts."""


@st.composite
def mutations(draw: Draw) -> tuple[Net, Net, str, str]:
    """A network, the same with one thing changed, what that was, and the name of its layer."""
    old = draw(nets())
    kind = draw(st.sampled_from(["option"] * 8 + ["name", "input"]))
    new = copy.deepcopy(old)
    items = list(new.all_items())
    if kind == "input" or not items:
        new.size[draw(st.integers(0, len(new.size) - 1))] += draw(st.integers(1, 4))
        return old, new if new.analysis() else old, "input", "input"
    if kind == "name":
        item = draw(st.sampled_from(items))
        item.name = f"new{item.name}"
        return old, new, "name", item.name
    item = draw(st.sampled_from([one for one in items if options_of(OPS[one.op])] or items))
    return old, _changed(draw, new, item) or old, "option", item.name


def _changed(draw: Draw, net: Net, item: Item) -> Net | None:
    """The network with another value of one option of that item; None if none is found that fits."""
    known = sorted(options_of(OPS[item.op]))
    for _ in range(6 if known else 0):
        name = draw(st.sampled_from(known))
        before = item.options.get(name)
        item.options[name] = draw(values(item.op, name, output_of(net)))
        if item.options[name] != before and item.options[name] is not None and net.analysis():
            event(f"{item.op}.{name}")
            return net
        item.options[name] = before
        if before is None:
            del item.options[name]
    return None


def numbers(net: Net) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every number of every layer, and of the totals."""
    network = net.network()
    with_aux, without = analyze(network, aux=True).as_json(), analyze(network).as_json()
    layers = {
        row["path"]: {key: value for key, value in row.items() if key not in NOT_LOCKED}
        for row in with_aux["layers"]
    }
    totals = {
        key: value for key, value in without["totals"].items() if key not in ("receptive_field", "peak_layer")
    }
    return layers, totals


def checked(old: Net, new: Net) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the differences of archcalc check, after archcalc lock."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.yaml"
        path.write_text(old.yaml())
        done = CliRunner().invoke(cli, ["lock", folder], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        lock = (Path(folder) / "archcalc.lock").read_bytes()
        path.write_text(new.yaml())
        done = CliRunner().invoke(cli, ["check", folder, "--format", "json"], catch_exceptions=False)
        assert (Path(folder) / "archcalc.lock").read_bytes() == lock
    answer = json.loads(done.stdout)
    assert answer["ok"] == (not answer["differences"]) == (done.exit_code == 0)
    return done.exit_code, answer["differences"]


def is_of(path: str, name: str) -> bool:
    """Whether a layer stands at a path or above it, by its name (and the round of a repeat)."""
    return any(re.fullmatch(rf"{re.escape(name)}(_\d+)?", part) for part in path.split("/"))


@given(mutations())
@examples(200)
def test_check_names_the_layer_that_was_changed(mutation: tuple[Net, Net, str, str]) -> None:
    old, new, kind, name = mutation
    code, found = checked(old, new)
    (layers_before, totals_before), (layers_after, totals_after) = numbers(old), numbers(new)
    if kind == "name":
        assert code == 1
        assert {one["kind"] for one in found} == {"renamed"}
        renamed = {one["old"]: one["new"] for one in found}
        assert {renamed.get(path, path): row for path, row in layers_before.items()} == layers_after
        assert all(is_of(one["layer"], name) for one in found)
        return
    assert layers_before.keys() == layers_after.keys()
    changed = {path for path, row in layers_before.items() if layers_after[path] != row}
    event(f"{kind}: {'nothing' if not changed and totals_before == totals_after else 'numbers changed'}")
    if not changed and totals_before == totals_after:
        assert (code, found) == (0, [])
        return
    assert code == 1
    told = [one for one in found if one["layer"]]
    assert {one["layer"] for one in told} - {"input"} == changed - {"input"}
    assert all(is_of(one["layer"], name) or is_of(one["cause"], name) for one in told), told
    totals = {one["quantity"]: (one["old"], one["new"]) for one in found if not one["layer"]}
    assert all((totals_before[key], totals_after[key]) == pair for key, pair in totals.items())
    # These totals follow from others, exactly.
    assert {key for key in totals_before if totals_before[key] != totals_after[key]} <= {
        *totals,
        "connections",
        "slide_activation_bytes",
        "quantised_param_bytes",
        "accumulator_bytes",
    }
