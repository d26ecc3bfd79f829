"""``inputs``: networks with several inputs, which layers read by name."""

from __future__ import annotations

import pytest

from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.quiz import quiz
from archcalc.engine.claims import Findings
from archcalc.engine.memory import alive_values, peak
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.segment_totals import BY_SEGMENT, totals_of_blocks
from archcalc.engine.totals import totals as totals_of
from archcalc.engine.walk import walk
from archcalc.engine.worked_segments import work_out_blocks
from archcalc.errors import ArchcalcError, Source
from archcalc.guard.entry import fingerprint, lock_entry
from archcalc.language.folding.spec import write_folded
from archcalc.language.parse import parse
from archcalc.language.write import write
from archcalc.network import Network
from archcalc.results.lock import lines_of
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import explain
from archcalc.studies.sweep import sweep
from archcalc.studies.tool_layers import tool_layers

TWINS = """
settings: {N: 8}
inputs: {left: [16, 16, 3], right: [16, 16, 3]}
blocks:
  tower: {layers: [{conv: N, kernel: 3, then: [bn, relu]}, {maxpool: 2}]}
layers:
  - {tower: , name: first}
  - {tower: , from: right, name: second, same_as: first}
  - {add: , from: [first, second]}
  - {fc: 2}
"""

TRANSLATOR = """
settings: {N: 8}
inputs: {source: [N, 1], target: [5, 1]}
blocks:
  decoder:
    layers: [{attention: 2, causal: true, name: self}, {attention: 2, from: [self, memory]}]
layers:
  - {embedding: 6, vocabulary: 10, name: words}
  - {attention: 2, name: memory}
  - {embedding: 6, vocabulary: 10, from: target, name: answers}
  - {repeat: 3, layers: [decoder]}
  - {fc: 10, over: channels}
"""

PICTURE_AND_TEXT = """
settings: {N: 8}
inputs: {picture: [N, N, 4], text: [7, 4], unread: [3]}
layers:
  - {conv: 4, kernel: 3, from: picture, name: features}
  - {attention: 2, from: [text, features]}
  - {mean: positions}
"""

UNREAD = """
settings: {N: 8}
inputs: {a: [N], b: [5], c: [100], d: [7]}
layers: [{fc: 3, from: b}, relu, {fc: 4}]
"""

TEXTS = {"twins": TWINS, "translator": TRANSLATOR, "two ranks": PICTURE_AND_TEXT, "unread": UNREAD}
EACH = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def network(text: str, **settings: int) -> Network:
    return parse(Source("inputs.yaml", f"name: inputs\n{text}")).bind(None, settings)


def test_the_table_names_all_inputs() -> None:
    found = analyze(network(TRANSLATOR))
    assert found.inputs == {"source": (8, 1), "target": (5, 1)}
    assert found.input == (8, 1)
    assert [(layer.path, layer.inputs) for layer in found.layers[:4]] == [
        ("target", ()),
        ("words", ("source",)),
        ("memory", ("words",)),
        ("answers", ("target",)),
    ]
    assert found.as_json()["inputs"] == {"source": [8, 1], "target": [5, 1]}
    assert found.as_json(layout="chw")["inputs"] == {"source": [1, 8], "target": [1, 5]}
    title, _, _, *rows = found.render("plain").splitlines()
    assert title == "inputs, inputs source 8x1, target 5x1, float32"
    assert [row.split()[0] for row in rows[1:4]] == ["source", "target", "words"]
    assert "inputs" not in analyze(network("input: [3]\nlayers: []")).as_json()


def test_inputs_count_as_memory_and_not_as_outputs_of_layers() -> None:
    """Cross attention: 5 queries read 8 keys, and all inputs are in memory from the start."""
    found = analyze(network(TWINS))
    both = 2 * 16 * 16 * 3
    rows = [layer for layer in found.layers if layer.op in ("conv", "maxpool", "bn", "fc")]
    assert found.totals.slide_activations == both + sum(layer.activations for layer in rows)
    assert found.totals.activations == sum(layer.activations for layer in found.layers if layer.op != "input")
    assert next(iter(alive(network(TWINS)).values())) == both
    layers = {layer.path: layer for layer in analyze(network(TRANSLATOR)).layers}
    cross = layers["decoder1/attention2"]
    assert cross.input == ((5, 6), (8, 6))
    # Q and the output for 5 tokens, K and V for 8, and two products of 5 x 8 x 6.
    assert cross.macs == 2 * 5 * 36 + 2 * 8 * 36 + 2 * 5 * 8 * 6


def alive(network: Network) -> dict[str, int]:
    return dict(alive_values(network, list(walk(network, Findings()))))


def test_twins_are_one_tower_used_twice() -> None:
    """Against the same network with the two images beside each other in one input."""
    joined = TWINS.replace("inputs: {left: [16, 16, 3], right: [16, 16, 3]}", "input: [16, 16, 6]").replace(
        "layers:\n  - {tower: , name: first}\n  - {tower: , from: right,",
        "layers:\n  - {slice: 3, name: left}\n  - {slice: 3, start: 3, from: input, name: right}\n"
        "  - {tower: , from: left, name: first}\n  - {tower: , from: right,",
    )
    ours, theirs = analyze(network(TWINS)).totals, analyze(network(joined)).totals
    for key in ("params", "macs", "flops", "depth", "slide_activations", "receptive_field"):
        assert getattr(ours, key) == getattr(theirs, key), key


@EACH
def test_blocks_and_walk_agree(text: str) -> None:
    one = network(text)
    blocks = work_out_blocks(one)
    assert blocks is not None
    steps = list(walk(one, Findings()))
    assert [worked for worked in blocks.layers if worked] == [step.worked for step in steps]
    keys = [key for key, quantity in BY_KEY.items() if quantity.total in BY_SEGMENT and not quantity.by_place]
    assert totals_of_blocks(one, blocks, keys, ONE_IMAGE) == totals_of(one, steps, keys)
    assert peak(one, steps).values == max(alive(one).values())


@EACH
def test_a_flat_spec_keeps_the_inputs(text: str) -> None:
    one = network(text)
    written = write(one)
    again = parse(Source("flat.yaml", written)).bind()
    assert again.named_inputs == one.named_inputs
    assert write(again) == written
    ours, theirs = (dict(analyze(net).totals.figures) for net in (one, again))
    assert {**ours, "peak_layer": ""} == {**theirs, "peak_layer": ""}  # its path is another one there
    folded = parse(Source("folded.yaml", write_folded(one))).bind()
    ours, theirs = ([(repr(vars(layer.op)), layer.inputs) for layer in net.layers] for net in (one, folded))
    assert ours == theirs
    assert analyze(folded).totals.params == analyze(one).totals.params
    assert dict(folded.named_inputs) == dict(one.named_inputs)


@EACH
def test_lock_and_derivation_have_the_same_figures(text: str) -> None:
    one = network(text)
    entry, table = lock_entry(one), analyze(one)
    assert lines_of(entry.layers, entry.quantities) == entry.lines
    assert entry.totals["params"] == table.totals.params
    derived = explain(one)
    for total in derived.totals:
        if total.quantity in ("params", "macs", "slide_activations"):
            assert total.value == table.totals.figures[total.quantity]


@EACH
def test_a_sweep_has_the_figures_of_each_network(text: str) -> None:
    source = parse(Source("inputs.yaml", f"name: inputs\n{text}"))
    keys = ("params", "macs", "slide_activations", "activations", "peak_activations")
    swept = sweep(lambda given: source.bind(None, given), {"N": [8, 12]}, show=("N", *keys))
    for row in swept.rows():
        totals = analyze(source.bind(None, {"N": row["N"]})).totals
        assert {key: row[key] for key in keys} == {key: totals.figures[key] for key in keys}


@EACH
def test_pytorch_gets_all_inputs(text: str) -> None:
    pytest.importorskip("torch")
    from archcalc.studies.verify import verify

    for device in ("meta", "cpu"):
        checks = verify(network(text), device=device).checks
        assert [mismatch for check in checks for mismatch in check.mismatches] == []


def test_another_size_of_any_input_is_another_network() -> None:
    changed = TRANSLATOR.replace("target: [5, 1]", "target: [6, 1]")
    assert fingerprint(network(TRANSLATOR)) != fingerprint(network(changed))
    assert analyze(network(TRANSLATOR)).totals.macs != analyze(network(changed)).totals.macs


def test_names_may_be_computed() -> None:
    text = """
inputs: {in1: [4], in2: [4]}
layers:
  - {repeat: 2, as: i, layers: [{fc: 3, from: "in{i}", name: "fc{i}"}]}
  - {add: , from: ["fc{1}", "fc{2}"]}
"""
    assert [layer.inputs for layer in analyze(network(text)).layers] == [
        (),
        ("in1",),
        ("in2",),
        ("fc1", "fc2"),
    ]


def test_worksheets_and_grades_are_refused() -> None:
    """Both know one input only."""
    with pytest.raises(ArchcalcError, match="inputs has several inputs, and a worksheet can show one only"):
        quiz(network(TWINS), ["params"])
    with pytest.raises(ArchcalcError, match="inputs has several inputs: answers about it cannot be graded"):
        AnswerKey(network(TWINS))


def test_tools_do_not_see_inputs() -> None:
    one = network("inputs: {left: [8, 8, 3], right: [8, 8, 3]}\nlayers: [{add: , from: [left, right]}, relu]")
    assert [layer.op for layer in tool_layers(one)] == ["add", "relu"]
