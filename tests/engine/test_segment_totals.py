"""Totals from the blocks of a network: the same as those of the walk over all layers."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import random_networks
from hypothesis import given

from archcalc.engine.claims import Findings
from archcalc.engine.quantities import TOTALS
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.segment_totals import BY_SEGMENT, totals_of_blocks
from archcalc.engine.totals import totals
from archcalc.engine.walk import steps_of, walk
from archcalc.engine.worked_segments import work_out_blocks
from archcalc.errors import Source
from archcalc.language.find import all_specs
from archcalc.language.parse import parse
from archcalc.network import Network

KEYS = [quantity.key for quantity in TOTALS if quantity.total in BY_SEGMENT]

SHIPPED = [(spec, about.name) for spec in all_specs() for about in spec.networks()]


def of_all_layers(network: Network, run: Pass = ONE_IMAGE, *, aux: bool = False) -> dict[str, Any]:
    return totals(network, list(walk(network, Findings(), aux=aux)), KEYS, run)


def of_blocks(network: Network, run: Pass = ONE_IMAGE, *, aux: bool = False) -> dict[str, Any] | None:
    blocks = work_out_blocks(network, aux=aux)
    return blocks and totals_of_blocks(network, blocks, KEYS, run)


def network_of(layers: str, above: str = "") -> Network:
    text = f"name: net\ninput: [8, 8, 4]\n{above}\nlayers: {layers}\n"
    return parse(Source("net.yaml", text), strict=False).bind(strict=False)


@pytest.mark.parametrize(("spec", "name"), SHIPPED, ids=[name for _, name in SHIPPED])
def test_shipped_networks(spec: Any, name: str) -> None:
    network = spec.bind(name)
    for run, aux in ((ONE_IMAGE, False), (Pass(3, 2), True)):
        assert of_blocks(network, run, aux=aux) == of_all_layers(network, run, aux=aux)
        blocks = work_out_blocks(network, aux=aux)
        assert blocks is not None
        assert steps_of(network, blocks.layers) == list(walk(network, Findings(), aux=aux))


@given(random_networks.specs())
def test_random_networks(text: str) -> None:
    network = parse(Source("net.yaml", text)).bind()
    for aux in (False, True):
        assert of_blocks(network, aux=aux) == of_all_layers(network, aux=aux)


BLOCKS = """\
blocks:
  reads: {args: [], layers: [{conv: 4, kernel: 1}, {add, from: [conv1, side]}, {fc: 8}]}
  jumps: {args: [], layers: [{conv: 4, kernel: 1, name: away}, {relu, from: side}]}
  gated: {args: [], layers: [{multiply: {x: [], gate: [{avgpool: global}, {fc: 4}]}}]}
  headed: {args: [], layers: [relu, {aux: [{avgpool: global}, {fc: 4}], name: loss}]}
  nothing: {args: [], layers: [{relu, when: 1 > 2}]}
  in_place: {args: [], layers: [relu, relu]}
  flat: {args: [], layers: [flatten]}
  both: {args: [], layers: [in_place, flat]}
  unread: {args: [], layers: [{conv: 9, kernel: 1}, {conv: 1, kernel: 1, from: input}]}
"""


@pytest.mark.parametrize(
    ("layers", "depth"),
    [
        ("[{conv: 4, kernel: 1, name: side}, {conv: 4, kernel: 1}, reads]", 4),
        ("[{conv: 4, kernel: 1, name: side}, {conv: 4, kernel: 1}, jumps]", 1),
        ("[gated, gated, {conv: 4, kernel: 1}]", 1),
        ("[headed, {conv: 4, kernel: 1}, headed]", 1),
        ("[nothing, {fc: 3}, nothing]", 1),
        ("[{aux: [headed, {fc: 3}], name: a}, relu]", 0),
        ("[]", 0),
    ],
)
def test_blocks_that_read_more_than_their_input(layers: str, depth: int) -> None:
    network = network_of(layers, BLOCKS)
    found = of_blocks(network)
    assert found == of_all_layers(network)
    assert found["depth"] == depth
    assert of_blocks(network, aux=True) == of_all_layers(network, aux=True)


@pytest.mark.parametrize(
    ("layers", "values", "path"),
    [
        # A block writes over what it reads, unless something reads that later.
        ("[{conv: 4, kernel: 1}, in_place, {conv: 4, kernel: 1}]", 2 * 256, "conv1"),
        ("[{conv: 4, kernel: 1}, {in_place: {}, name: a}, {add, from: [conv1, a]}]", 3 * 256, "add1"),
        ("[{in_place: {}, name: a}, {add, from: [input, a]}]", 3 * 256, "add1"),
        # The output of a block may be its input in another form, which keeps the buffer of the input alive.
        ("[{conv: 8, kernel: 1}, {flat: {}, name: a}, {fc: 2}, {concat, from: [a, fc1]}]", 1028, "concat1"),
        ("[{conv: 8, kernel: 1}, both, {fc: 2}]", 768, "conv1"),
        # An output that nothing reads is freed at once.
        ("[unread, unread]", 256 + 576, "unread1/conv1"),
        ("[nothing, in_place, nothing]", 256, "input"),
    ],
)
def test_buffers_that_a_block_shares_with_its_surroundings(layers: str, values: int, path: str) -> None:
    network = network_of(layers, BLOCKS)
    found = of_blocks(network)
    assert found == of_all_layers(network)
    assert (found["peak_activations"], found["peak_layer"]) == (values, path)


def test_a_layer_that_does_not_fit_has_no_totals() -> None:
    block = "blocks: {body: {args: [], layers: [{maxpool: 9, stride: 1}]}}"
    assert of_blocks(network_of("[relu, body]", block)) is None
    assert of_blocks(network_of("[{conv: 0, kernel: 1}]")) is None
