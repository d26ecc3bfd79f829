"""``same_as``: weights that several layers use count once, their work counts each time."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.engine.claims import Findings
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.segment_totals import BY_SEGMENT, totals_of_blocks
from archcalc.engine.totals import totals as totals_of
from archcalc.engine.walk import walk
from archcalc.engine.worked_segments import work_out_blocks
from archcalc.errors import Source, SpecError
from archcalc.guard.entry import lock_entry
from archcalc.language.parse import parse
from archcalc.language.write import write
from archcalc.network import Network
from archcalc.results.lock import lines_of
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import explain
from archcalc.studies.sweep import sweep

TOWERS = """
blocks:
  tower:
    args: [n]
    layers:
      - {conv: n, kernel: 3, pad: same, then: [bn, relu]}
      - {maxpool: 2}
      - {conv: n, kernel: 3, pad: same}
layers:
  - concat:
      left: [{tower: N, name: t}]
      right: [{tower: N, name: t, SHARED}]
  - {fc: 10}
"""

REPEATED = """
layers:
  - {conv: 4, kernel: 1, name: first}
  - repeat: 5
    as: i
    layers:
      - {conv: 4, kernel: 3, pad: 1, name: 'a{i}', when: i == 1}
      - {conv: 4, kernel: 1, same_as: first}
"""

OUTER = """
blocks:
  unit: {layers: [{conv: 4, kernel: 1, same_as: first}, {conv: 4, kernel: 3, pad: 1}]}
layers:
  - {conv: 4, kernel: 1, name: first}
  - {repeat: 3, layers: [unit]}
  - {conv: 4, kernel: 3, pad: 1, same_as: unit2/conv2}
"""

CHAIN = """
layers:
  - {conv: 4, kernel: 1, name: a, bias: false}
  - {conv: 4, kernel: 1, name: b, same_as: a, then: [bn, relu]}
  - {conv: 4, kernel: 1, same_as: b, then: [bn, tanh]}
"""

SHARED = {
    "towers": TOWERS.replace("SHARED", "same_as: left/t"),
    "repeat": REPEATED,
    "outer": OUTER,
    "chain": CHAIN,
}

EACH = pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)


def network(text: str, *, n: int = 6, name: str = "shared") -> Network:
    text = f"name: {name}\nsettings: {{N: {n}}}\ninput: [8, 8, 4]\n{text}"
    return parse(Source("shared.yaml", text)).bind()


def params(text: str) -> int:
    return analyze(network(text)).totals.params


def test_the_weights_of_a_shared_block_count_once_and_its_work_counts_each_time() -> None:
    apart = analyze(network(TOWERS.replace("SHARED", "when: true")))
    shared = analyze(network(SHARED["towers"]))
    right = sum(layer.params for layer in apart.layers if layer.path.startswith("right/"))
    assert right > 0
    assert apart.totals.params - shared.totals.params == right
    assert apart.totals.macs == shared.totals.macs
    assert apart.totals.activations == shared.totals.activations
    sharing = [layer.same_as for layer in shared.layers if layer.weighted]
    assert sharing == ["", "", "left/t/conv1", "left/t/conv2", ""]


@EACH
def test_a_shared_network_has_the_params_of_its_distinct_layers(text: str) -> None:
    shared = network(text)
    distinct: dict[int, int] = {}
    for step in walk(shared, Findings()):
        for weight in (*step.weights, *step.shared):
            root = step.node
            number = step.number
            while root.same_as and weight.name in _names(shared, root.same_as):
                number, root = root.same_as, shared.layers[root.same_as - 1]
            if weight.role != "buffer":
                distinct[hash((number, weight.name))] = weight.count
    assert analyze(shared).totals.params == sum(distinct.values())


def _names(network: Network, number: int) -> set[str]:
    (step,) = [step for step in walk(network, Findings()) if step.number == number]
    return {weight.name for weight in (*step.weights, *step.shared)}


@EACH
def test_blocks_and_walk_agree(text: str) -> None:
    shared = network(text)
    blocks = work_out_blocks(shared)
    assert blocks is not None
    steps = list(walk(shared, Findings()))
    assert [worked for worked in blocks.layers if worked] == [step.worked for step in steps]
    keys = [key for key, quantity in BY_KEY.items() if quantity.total in BY_SEGMENT and not quantity.by_place]
    assert totals_of_blocks(shared, blocks, keys, ONE_IMAGE) == totals_of(shared, steps, keys)


@EACH
def test_a_lock_knows_the_sharing(text: str) -> None:
    entry = lock_entry(network(text))
    assert lines_of(entry.layers, entry.quantities) == entry.lines
    assert sum(layer.figures.get("params", 0) for layer in entry.layers) == entry.totals["params"]


@EACH
def test_a_flat_spec_keeps_the_sharing(text: str) -> None:
    shared = network(text)
    again = parse(Source("flat.yaml", write(shared))).bind()
    ours, theirs = (dict(analyze(one).totals.figures) for one in (shared, again))
    assert {**ours, "peak_layer": ""} == {**theirs, "peak_layer": ""}  # its path is another one there


@EACH
def test_the_derivation_has_the_same_figures(text: str) -> None:
    shared = network(text)
    derived, table = explain(shared), analyze(shared)
    for layer, row in zip(derived.layers, table.layers, strict=True):
        step = layer.step("params")
        assert step is not None
        assert step.value == row.params
    (total,) = [step.value for step in derived.totals if step.quantity == "params"]
    assert total == table.totals.params


@EACH
def test_pytorch_shares_the_arrays(text: str) -> None:
    pytest.importorskip("torch")
    from archcalc.studies.verify import verify

    verification = verify(network(text))
    assert not [mismatch for check in verification.checks for mismatch in check.mismatches]


def test_the_same_block_in_two_places_shares_with_the_layer_of_its_place() -> None:
    text = """
blocks:
  pair: {layers: [{conv: 4, kernel: 1, name: a}, {conv: 4, kernel: 1, same_as: a}]}
layers: [pair, pair, {conv: 4, kernel: 1, same_as: pair2/a}]
"""
    shared = network(text)
    assert dict(shared.shared) == {"pair1/conv2": "pair1/a", "pair2/conv2": "pair2/a", "conv1": "pair2/a"}
    assert params(text) == 2 * (16 + 4)


def test_a_layer_with_more_arrays_keeps_the_others() -> None:
    text = "layers: [{conv: 4, kernel: 1, bias: false, name: a}, {conv: 4, kernel: 1, same_as: a}]"
    assert params(text) == 16 + 4


REFUSED: dict[str, Any] = {
    "  - {conv: 4, kernel: 3, same_as: conv1}": "no earlier layer 'conv1'",
    "  - {conv: 4, kernel: 3, same_as: b}\n  - {conv: 4, kernel: 3, name: b}": "no earlier layer 'b'",
    "  - {conv: 4, kernel: 3, same_as: input}": "no earlier layer 'input'",
    "  - {conv: 4, kernel: 3, name: a}\n  - {conv: 4, kernel: 5, same_as: a}": "its weight is 4x4x5x5",
    "  - {conv: 4, kernel: 3, name: a}\n  - {fc: 4, same_as: a}": "its weight is 4x144",
    "  - {conv: 4, kernel: 3, name: a}\n  - {bn: , same_as: a}": "have no array in common",
    "  - {conv: 4, kernel: 3, name: a}\n  - {relu: , same_as: a}": "relu has no weights to share",
    "  - {conv: 4, kernel: 3, name: a}\n  - {repeat: 2, same_as: a, layers: [relu]}": "repeat cannot have",
    "  - {conv: 4, kernel: 3, name: a}\n  - {u: , same_as: a}": "'a' has no layer 'conv1'",
    "  - {u: , name: a}\n  - {conv: 4, kernel: 3, same_as: a}": "'a' is not a layer",
    "  - {u: , name: a}\n  - {conv: 4, kernel: 3, same_as: a/x}": "'a/x' is not a layer",
    "  - {aux: [{conv: 4, kernel: 1, name: c}], name: x}\n  - {conv: 4, kernel: 1, same_as: x/c}": "auxil",
    "  - {u: , same_as: ''}": "'same_as' must be text",
}


@pytest.mark.parametrize("layers", REFUSED)
def test_refused(layers: str) -> None:
    text = f"blocks:\n  u: {{layers: [{{conv: 4, kernel: 3}}]}}\nlayers:\n{layers}"
    with pytest.raises(SpecError) as caught:
        analyze(network(text))
    assert REFUSED[layers] in str(caught.value)


KINDS = """name: k
settings: {n: 8}
input: [8, 8, 4]
layers:
  - {conv: n, kernel: 3, pad: 1, name: a}
  - {conv: n, kernel: 3, pad: 1, name: b}
  - {conv: n, kernel: 3, pad: 1, same_as: OTHER}
"""


def test_symbols_and_arrays_share_too() -> None:
    spec = parse(Source("k.yaml", KINDS.replace("OTHER", "b")))
    sizes = [4, 8, 31]
    expected = [analyze(spec.bind(settings={"n": size})).totals.params for size in sizes]
    assert swept(KINDS.replace("OTHER", "b"), sizes) == expected
    assert expected == [36 * size + size + 9 * size**2 + size for size in sizes]


def test_arrays_of_another_size_leave_the_point_out() -> None:
    assert swept(KINDS.replace("OTHER", "a"), [3, 4, 5]) == [4 * 4 * 9 + 4 + 4 * 4 * 9 + 4]


def swept(text: str, sizes: list[int]) -> list[int]:
    """The params at the points that fit."""
    spec = parse(Source("k.yaml", text))
    return [row["params"] for row in sweep(lambda given: spec.bind(settings=given), {"n": sizes}).rows()]
