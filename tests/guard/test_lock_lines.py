"""Layers as the lines of a lock: nothing is lost, equal layers stand once, a lock that lies is refused."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers.drawn import Net, nets
from helpers.examples import examples
from helpers.first_format import as_text, first_format
from helpers.project import NET, check, lock, write
from helpers.zoo import SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.conventions import ARCHCALC
from archcalc.engine import worked
from archcalc.errors import ArchcalcError, Source
from archcalc.guard import lockfile
from archcalc.guard.entry import Entries, lock_entry
from archcalc.guard.lockfile import text_of
from archcalc.language.find import load
from archcalc.language.parse import parse
from archcalc.network import Network, Node
from archcalc.results.lock import LOCKED, LOCKED_IN_LAYERS, Lock, LockedLayer, lines_of
from archcalc.results.lock_scopes import Lines, folded, unfolded
from archcalc.studies.analyze import analyze

pytestmark = pytest.mark.usefixtures("folder")

HERE = Path(__file__).parent
ZOO = HERE.parent.parent / "specs" / "archcalc.lock"
ENTRY = lock_entry(archcalc.load("lenet5"))


# --- nothing is lost ----------------------------------------------------------------------------------


def rows_of(name: str, **settings: Any) -> list[LockedLayer]:
    """The layers of a network as its table has them."""
    spec, variant = load(name)
    layers = analyze(spec.bind(variant, settings), LOCKED, aux=True).layers
    return [
        LockedLayer(
            row.path,
            row.op,
            row.input,
            row.output,
            {key: row.figures[key] for key in LOCKED_IN_LAYERS if row.figures[key]},
        )
        for row in layers
    ]


@pytest.mark.parametrize(
    "name",
    ["resnet1202-cifar", "densenet121", "googlenet", "inception-v4", "se-resnet50", "ror3-110", "stack-3x3"],
)
def test_a_lock_holds_every_figure_of_the_table(name: str) -> None:
    assert list(lock_entry(archcalc.load(name)).layers) == rows_of(name)


def test_the_lock_of_the_zoo_is_small_and_holds_every_layer() -> None:
    zoo = lockfile.read(str(ZOO))
    assert zoo is not None
    layers = sum(len(network.layers) for network in zoo.networks.values())
    assert ZOO.stat().st_size < 26 * layers
    for name in ("resnet1202-cifar", "densenet264", "googlenet"):
        assert list(zoo.networks[name].layers) == rows_of(name)
    assert layers > 45_000


NAMES = st.from_regex(r"[ab]\.?(0[0-9]|[0-9]{1,2})?[c]?", fullmatch=True)
TEXTS = st.sampled_from(["fc 8", "fc 9", "relu 8 flops 8"])


@st.composite
def numbered(draw: Any) -> list[tuple[str, str]]:
    """Layers with nested, numbered names, of which many follow each other."""
    layers: dict[str, str] = {}
    for _ in range(draw(st.integers(0, 6))):
        scope = "/".join(draw(st.lists(NAMES, max_size=2)))
        first, count, text = draw(st.integers(0, 12)), draw(st.integers(1, 4)), draw(TEXTS)
        for number in range(first, first + count):
            for inner in draw(st.sampled_from([[""], ["/x"], ["/x", "/y1", "/y2"]])):
                layers["/".join(filter(None, [scope, f"b{number}{inner}"]))] = text
    return list(layers.items())


@given(numbered() | st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=3).map("/".join), TEXTS)))
@examples(300)
def test_folding_loses_nothing(layers: list[tuple[str, str]]) -> None:
    lines = folded(layers)
    assert list(unfolded(lines)) == layers
    assert folded(list(unfolded(lines))) == lines


@given(nets())
@examples(60)
def test_the_lines_of_any_network_hold_its_layers(net: Net) -> None:
    entry = lock_entry(net.network())
    rows = analyze(net.network(), LOCKED, aux=True).layers
    assert [layer.path for layer in entry.layers] == [row.path for row in rows]
    for layer, row in zip(entry.layers, rows, strict=True):
        assert (layer.op, layer.input, layer.output) == (row.op, row.input, row.output)
        assert layer.figures == {key: row.figures[key] for key in LOCKED_IN_LAYERS if row.figures[key]}
    whole = Lock(ARCHCALC.id, {}, {net.network().name: entry})
    assert lockfile.parse(text_of(whole).encode()) == whole


@given(nets())
@examples(60)
def test_block_by_block_gives_the_lines_of_all_layers(net: Net) -> None:
    entry = lock_entry(net.network())
    assert entry.lines == lines_of(entry.layers, LOCKED)


@pytest.mark.parametrize("name", [about.name for spec in SPECS for about in spec.networks()][::3])
def test_block_by_block_gives_the_lines_of_all_layers_of_the_zoo(name: str) -> None:
    entry = lock_entry(archcalc.load(name))
    assert entry.lines == lines_of(rows_of(name), LOCKED)


@given(numbered(), st.data())
@examples(200)
def test_what_is_folded_already_gives_the_same_lines(
    layers: list[tuple[str, str]], data: st.DataObject
) -> None:
    """A scope that is folded by itself, cut at any place, is as good as its layers."""
    items: list[tuple[str, str | Lines]] = []
    for scope, group in groupby(layers, lambda layer: layer[0].partition("/")[0]):
        inner = list(group)
        for start, end in pairwise([0, data.draw(st.integers(0, len(inner))), len(inner)]):
            part = [(path.partition("/")[2], text) for path, text in inner[start:end]]
            if part and all(path for path, _ in part) and data.draw(st.booleans()):
                items.append((scope, folded(part, is_network=False)))
            else:
                items += inner[start:end]
    assert folded(items) == folded(layers)


def test_what_is_remembered_of_one_network_is_right_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """One writer for the whole zoo, last network first, while the engine forgets its layers now and then."""
    monkeypatch.setattr(worked, "MAX_KNOWN", 50)
    zoo = lockfile.read(str(ZOO))
    assert zoo is not None
    entries = Entries()
    names = [about.name for spec in SPECS[::5] for about in spec.networks()]
    for name in reversed(names):
        network = archcalc.load(name)
        assert entries.figures(network, analyze(network, LOCKED)).has_figures_of(zoo.networks[name]), name


BLOCKS = """\
name: blocks
input: [8, 8, 4]
blocks:
  pair:
    args: [n]
    layers: [{conv: n, kernel: 3, pad: 1, name: x, then: relu}, {conv: 4, kernel: 1, name: y}]
layers:
  - {repeat: 4, as: i, layers: [{pair: [6], name: "s{i}"}]}
  - {repeat: 2, as: i, layers: [{pair: ["5 + i"], name: "u{i}"}]}
  - repeat: 2
    as: i
    name: "v{i}"
    layers: [{pair: [6], name: a1}, {pair: [6], name: a2}, {relu: , name: a3}]
"""


def test_blocks_with_followers_and_blocks_in_blocks() -> None:
    network = parse(Source("blocks.yaml", BLOCKS)).bind()
    entry = lock_entry(network)
    assert entry.lines == lines_of(entry.layers, LOCKED)
    assert [layer.path for layer in entry.layers] == [node.path for node in network.layers]


@given(
    st.dictionaries(st.sampled_from(LOCKED_IN_LAYERS), st.integers(1, 9)), st.sets(st.sampled_from(LOCKED))
)
def test_figures_that_follow_from_others_come_back(figures: dict[str, int], held: set[str]) -> None:
    quantities = tuple(key for key in LOCKED if key in held)
    kept = {key: count for key, count in figures.items() if key in held}
    layers = [
        LockedLayer("a", "conv", ((4, 4, 1),), (4, 4, 2), kept),
        LockedLayer("a/bn", "bn", ((4, 4, 2),), (4, 4, 2), kept),
    ]
    entry = lock_entry(archcalc.load("lenet5"))._replace(
        lines=lines_of(layers, quantities), quantities=quantities
    )
    assert list(entry.layers) == layers


# --- equal layers stand once --------------------------------------------------------------------------


def test_a_thousand_equal_layers_are_one_line() -> None:
    layers = "  - {repeat: 1000, as: i, layers: [{fc: 8, name: 'a{i}', then: relu}]}\n"
    write(big=f"name: big\ninput: [8]\nlayers:\n{layers}")
    text = lock().decode()
    assert '"a{1..1000}: fc 8 weights 64 biases 8 macs 64 flops 136; relu flops 8"' in text
    assert len(text) < 2500


def test_blocks_stand_once_and_numbers_with_zeros_in_front_come_back() -> None:
    blocks = [(f"s/b{n:02}/{layer}", "fc 8") for n in range(8, 12) for layer in ("x", "y")]
    assert folded(blocks) == [
        {"s": [{"b0{8..9}": ["x: fc 8", "y: fc 8"]}, {"b{10..11}": ["x: fc 8", "y: fc 8"]}]}
    ]


def test_a_block_that_differs_leaves_the_others_together() -> None:
    layers = [(f"s/b{n}/x", "fc 9" if n == 7 else "fc 8") for n in range(1, 19)]
    assert folded(layers) == [{"s": [{"b{1..6}": ["x: fc 8"]}, "b7/x: fc 9", {"b{8..18}": ["x: fc 8"]}]}]


def test_a_follower_reads_the_output_before_it_and_is_called_by_its_op() -> None:
    small, large = (4, 4, 1), (8, 8, 1)
    layers = [
        LockedLayer("a", "conv", (large,), small, {"macs": 9, "flops": 18}),
        LockedLayer("a/relu", "relu", (small,), small, {}),
        LockedLayer("a/maxpool", "maxpool", (small,), (2, 2, 1), {}),
        LockedLayer("a/relu2", "relu", ((2, 2, 1),), (2, 2, 1), {}),
        LockedLayer("b", "relu", (large,), large, {}),
        LockedLayer("b/tanh", "tanh", (small,), small, {}),
    ]
    lines = lines_of(layers, LOCKED)
    assert lines == [
        "a: conv 8x8x1 -> 4x4x1 macs 9; relu; maxpool -> 2x2x1",
        {"a": ["relu2: relu 2x2x1"]},
        "b: relu 8x8x1",
        {"b": ["tanh: tanh 4x4x1"]},
    ]
    assert list(ENTRY._replace(lines=lines).layers) == layers


# --- what a reviewer reads ----------------------------------------------------------------------------


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that a diff removes and adds."""
    before, after = old.splitlines(), new.splitlines()
    removed, added = list(before), list(after)
    for line in after:
        if line in removed:
            removed.remove(line)
    for line in before:
        if line in added:
            added.remove(line)
    return removed, added


def entry_text(change: Callable[[str], str] = lambda text: text) -> str:
    """The lock of ResNet-50 alone, as its spec stands in the zoo or after a change of it."""
    text = (ZOO.parent / "resnet.yaml").read_text(encoding="utf-8").partition("variants:")[0]
    write(resnet50=change(text.replace("name: resnet\n", "name: resnet50\n", 1)))
    return lock().decode()


def test_a_change_of_one_stage_is_a_diff_of_a_few_lines() -> None:
    old = entry_text()
    removed, added = changed_lines(
        old, entry_text(lambda text: text.replace("repeat: [width,", "repeat: [72,"))
    )
    assert len(removed) == len(added) <= 28
    layers = [line for line in added if "residual" in line or "add1" in line or "shortcut" in line]
    assert len(layers) == 11  # conv2_x, of which the last two blocks stand once, and what reads it
    assert '    "params": 25631560,' in added


def test_a_renamed_layer_is_one_line() -> None:
    old = entry_text()
    removed, added = changed_lines(old, entry_text(lambda text: text.replace("name: pool1", "name: pool")))
    assert [line.partition(":")[0].strip(' "') for line in removed] == ["spec", "pool1"]
    assert [line.partition(":")[0].strip(' "') for line in added] == ["spec", "pool"]


def test_a_new_network_only_adds_lines() -> None:
    write(a="", c="")
    old = lock().decode()
    write(b="")
    removed, added = changed_lines(old, lock().decode())
    assert not removed
    assert added


def test_changes_of_different_networks_merge() -> None:
    write(a="", b="")
    base, files = lock(), {}
    for name in ("a", "b"):
        write(a="", b="")
        write(**{name: NET.format(name=name).replace("conv: n", "conv: 5")})
        files[name] = lock()
    for name, text in {"base": base, **files}.items():
        Path(name).write_bytes(text)
    write(**{name: NET.format(name=name).replace("conv: n", "conv: 5") for name in ("a", "b")})
    try:
        merged = subprocess.run(
            ["git", "merge-file", "-p", "a", "base", "b"], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("git is not installed")
    assert merged.returncode == 0
    assert merged.stdout == lock()


# --- the first format ---------------------------------------------------------------------------------


def test_a_lock_that_an_older_archcalc_wrote_is_read() -> None:
    old = lockfile.parse((HERE / "tagger-format-1.lock").read_bytes())
    now = lockfile.read(str(HERE.parent.parent / "examples/ci/models/archcalc.lock"))
    # An op that got an option since has another fingerprint, and the same figures.
    assert old.networks.keys() == now.networks.keys()
    networks = {name: one._replace(spec=now.networks[name].spec) for name, one in old.networks.items()}
    assert now == old._replace(networks=networks)


@given(nets())
@examples(40)
def test_the_first_format_says_the_same(net: Net) -> None:
    whole = Lock(ARCHCALC.id, {}, {net.network().name: lock_entry(net.network())})
    assert lockfile.parse(as_text(whole).encode()) == whole


def test_a_lock_of_the_first_format_is_checked_and_replaced() -> None:
    write(a="", b="")
    now = lock()
    path = Path("specs/archcalc.lock")
    write(a=NET.format(name="a").replace("conv: n", "conv: 5"))
    found = check()
    path.write_text(as_text(lockfile.parse(now)))
    assert check() == found
    assert not found.ok
    write(a="")
    assert check().ok
    assert lock("specs/b.yaml") == now


FIRST = first_format(Lock(ARCHCALC.id, {}, {"a": ENTRY}))


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("layer", "\x1b[2J", "networks.a.layers[2].layer must be a text without control characters"),
        ("layer", "a b", "networks.a.layers[2].layer must be a path"),
        ("op", "con v", "networks.a.layers[2].op must be an op"),
        ("input", [], "networks.a.layers[2].input must be a list of shapes"),
        ("input", [[]], "networks.a.layers[2].input[0] must be a shape"),
        ("output", [8, -1], "networks.a.layers[2].output[1] must be a whole number"),
        ("macs", "9", 'networks.a.layers[2].macs must be a whole number from 0 to 1e+250, not "9"'),
        ("layer", FIRST["networks"]["a"]["layers"][0]["layer"], "occurs twice"),
    ],
)
def test_what_is_wrong_in_the_first_format_is_told(place: str, value: Any, says: str) -> None:
    data = json.loads(json.dumps(FIRST))
    data["networks"]["a"]["layers"][2][place] = value
    write(a="")
    Path("specs/archcalc.lock").write_text(json.dumps(data))
    with pytest.raises(ArchcalcError, match=re.escape(says)):
        check()


# --- a lock that lies ---------------------------------------------------------------------------------


def nested(depth: int) -> Lines:
    lines: Lines = ["x: fc 8"]
    for _ in range(depth):
        lines = [{"b{1..1000}": lines}]
    return lines


A_LAYER = "networks.a.layers[0] must be a layer, such as 'fc: fc 84 -> 10 weights 840 macs 840', or a scope"

LIES: dict[str, tuple[Sequence[Any], str]] = {
    "more layers than fit into memory": (
        ["x{1..999999999999999999}: fc 8"],
        "these are more than 200,000 layers",
    ),
    "runs in runs": (nested(9), "networks.a.layers: these are more than 200,000 layers"),
    "scopes without end": (nested(90), "scopes are nested too deeply"),
    "a run backwards": (["x{9..2}: fc 8"], A_LAYER),
    "two runs in one name": (["x{1..2}{1..2}: fc 8"], A_LAYER),
    "a run of a scope in a path": (["x{1..2}/y: fc 8"], A_LAYER),
    "a number that is too long": ([f"x{{1..{'9' * 40}}}: fc 8"], A_LAYER),
    "no layer": (["fc 8"], A_LAYER),
    "no shape": (["x: fc"], A_LAYER),
    "no count": (["x: fc 8 weights"], A_LAYER),
    "a count of letters": (["x: fc 8 weights ٣"], A_LAYER),
    "a count with zeros in front": (["x: fc 08"], A_LAYER),
    "a count that is too long": ([f"x: fc 8 weights {'9' * 300}"], A_LAYER),
    "a follower that is none": (["x: fc 8; "], A_LAYER),
    "a scope without a name": ([{"": ["x: fc 8"]}], A_LAYER),
    "two scopes in one": ([{"a": ["x: fc 8"], "b": ["x: fc 8"]}], A_LAYER),
    "a scope without layers": ([{"a": []}], A_LAYER),
    "a scope that is none": ([{"a": 8}], "networks.a.layers[0].a must be a list, not 8"),
    "a number": ([8], A_LAYER),
    "a layer twice": (["x1: fc 8", "x{1..2}: fc 8"], "networks.a.layers: the layer 'x1' occurs twice"),
    "a layer twice in scopes": (
        [{"s": ["b1/x: fc 8", {"b{1..2}": ["x: fc 8"]}]}],
        "networks.a.layers: the layer 's/b1/x' occurs twice",
    ),
    "a figure twice": (["x: fc 8 macs 3 macs 4"], "networks.a.layers: a figure stands twice: macs 3 macs 4"),
}


@pytest.mark.parametrize(("lines", "says"), LIES.values(), ids=LIES)
def test_a_lock_that_lies_is_refused(lines: Sequence[Any], says: str) -> None:
    write(a="")
    data = json.loads(lock())
    data["networks"]["a"]["layers"] = lines
    Path("specs/archcalc.lock").write_text(json.dumps(data))
    for read in (check, lambda: lock("specs/a.yaml")):
        with pytest.raises(ArchcalcError) as caught:
            read()
        assert str(caught.value).startswith("specs/archcalc.lock: ")
        assert says in str(caught.value)
        assert len(str(caught.value)) < 200
    assert lock() == lock()
    assert check().ok


@pytest.mark.parametrize("shape", ["8x", "", "x8", "8 x 8", "-8", "8.5", "٣"])
def test_a_shape_that_is_none_is_told(shape: str) -> None:
    write(a="")
    data = json.loads(lock())
    data["networks"]["a"]["input"] = shape
    Path("specs/archcalc.lock").write_text(json.dumps(data))
    with pytest.raises(ArchcalcError, match=re.escape("networks.a.input must be a shape, such as 224x224x3")):
        check()


def test_only_figures_are_compared_and_not_how_lines_say_them() -> None:
    write(a="")
    text = lock().decode()
    lines = "conv1: conv 8x8x3 -> 8x8x4 weights 108 biases 4 macs 6912 flops 14080; relu flops 256"
    other = '"conv1: conv 8x8x3 -> 8x8x4 macs 6912 params 112 biases 4 weights 108 flops 14080", '
    assert lines in text
    other += '{"conv1": ["relu: relu 8x8x4 -> 8x8x4 flops 256"]}'
    Path("specs/archcalc.lock").write_text(text.replace(json.dumps(lines), other))
    assert check().ok
    Path("specs/archcalc.lock").write_text(
        text.replace(json.dumps(lines), other.replace("params 112", "params 0"))
    )
    assert [(one.layer, one.quantity, one.old, one.new) for one in check().differences] == [
        ("conv1", "params", 0, 112)
    ]


# --- the hash -----------------------------------------------------------------------------------------


def gates(node: Node) -> list[list[str]]:
    return [[gate.path, str(gate.survival)] for gate in node.gates]


def plain_hash(net: Network) -> str:
    """The hash as it is defined: of the JSON of the layers, their options and their connections."""
    rows = analyze(net, aux=True).layers
    layers = [
        [node.path, node.op.name, dict(row.options), list(node.inputs), node.follower, node.aux, gates(node)]
        for node, row in zip(net.layers, rows, strict=True)
    ]
    text = json.dumps(
        [list(net.input.dims), layers, net.output], sort_keys=True, separators=(",", ":"), default=str
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@given(nets())
@examples(40)
def test_the_hash_is_that_of_its_definition(net: Net) -> None:
    assert lock_entry(net.network()).spec == plain_hash(net.network())


def test_the_hash_covers_branches_that_may_be_left_out() -> None:
    for name in ("stochastic-depth-110", "googlenet"):
        assert lock_entry(archcalc.load(name)).spec == plain_hash(archcalc.load(name))
