"""Recurrent ops against torch.nn and the counts of Keras."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language.parse import parse
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.studies.analyze import analyze


def of(layer: str, given: str = "[12, 6]") -> Any:
    text = f"name: r\nsettings: {{n: 5}}\ninput: {given}\nlayers:\n  - {layer}\n"
    return analyze(parse(Source("r.yaml", text)).bind())


KERAS = {
    # keras.layers.LSTM(32) on 10 features and so on; a GRU has reset_after=True, the default.
    ("lstm", "single", 10, 32): 4 * (10 * 32 + 32 * 32 + 32),
    ("rnn", "single", 10, 32): 10 * 32 + 32 * 32 + 32,
    ("gru", True, 10, 32): 3 * (10 * 32 + 32 * 32 + 2 * 32),
}


@pytest.mark.parametrize("case", KERAS, ids=str)
def test_the_counts_of_keras(case: tuple[str, Any, int, int]) -> None:
    name, bias, reads, units = case
    x = Volume((7,), reads)
    op = OPS[name](units=units, bias=bias)
    assert sum(weight.count for weight in op.weights((x,), op.shape((x,)))) == KERAS[case]


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("gives", ["sequence", "last"])
def test_the_module_gives_what_torch_nn_gives(
    name: str, layers: int, bidirectional: bool, gives: str
) -> None:
    torch = pytest.importorskip("torch")
    from archcalc.backends.modules import Modules

    x = Volume((6,), 4)
    op: Op = OPS[name](units=5, layers=layers, bidirectional=bidirectional, gives=gives)
    theirs = getattr(torch.nn, name.upper())(
        4, 5, num_layers=layers, bidirectional=bidirectional, batch_first=True
    )
    module = op.torch(Modules(), (x,))
    module.layer.load_state_dict(theirs.state_dict())
    values = torch.randn(3, 6, 4)
    sequence, state = theirs(values)
    hidden = state[0] if name == "lstm" else state
    expected = sequence.movedim(2, 1)
    if gives == "last":
        expected = torch.cat([*hidden[-2:]], 1) if bidirectional else hidden[-1]
    assert torch.allclose(module(values.movedim(1, 2)), expected, atol=1e-6)
    trained = sum(array.numel() for array in theirs.parameters())
    assert sum(weight.count for weight in op.weights((x,), op.shape((x,)))) == trained


def test_a_single_bias_is_a_module_with_one_vector() -> None:
    torch = pytest.importorskip("torch")
    from archcalc.backends.modules import Modules

    op = OPS["lstm"](units=5, bias="single")
    module = op.torch(Modules(), (Volume((6,), 4),))
    names = {name.rpartition(".")[2] for name, _ in module.named_parameters()}
    assert names == {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0"}
    assert module(torch.randn(2, 4, 6)).shape == (2, 5, 6)


def test_the_work_grows_with_the_steps_and_the_weights_do_not() -> None:
    short, long = of("{lstm: 5}", "[10, 6]"), of("{lstm: 5}", "[20, 6]")
    assert short.totals.params == long.totals.params
    assert 2 * short.totals.macs == long.totals.macs


def test_layers_on_each_other_are_layers_one_by_one() -> None:
    stacked = of("{lstm: 5, layers: 3}").totals
    apart = of("{repeat: 3, layers: [{lstm: 5}]}").totals
    assert (stacked.params, stacked.macs, stacked.flops) == (apart.params, apart.macs, apart.flops)
    assert stacked.depth == apart.depth == 3


REFUSED = {
    ("{lstm: 5}", "[8, 8, 3]"): "lstm needs a sequence such as [tokens, channels], not 8x8x3",
    ("{gru: 5}", "[8]"): "gru needs a sequence such as [tokens, channels], not 8",
    ("{lstm: 5, projection: 5}", "[8, 3]"): "the projection must be narrower than 5 units, not 5 wide",
    ("{gru: 5, projection: 2}", "[8, 3]"): "gru has no option 'projection'",
    ("{rnn: 5, layers: 0}", "[8, 3]"): "layers must be a whole number from 1 to 1000, not 0",
    ("{rnn: 5, bias: one}", "[8, 3]"): "bias must be true, false or 'single'",
    ("{rnn: 5, gives: all}", "[8, 3]"): "gives must be 'sequence' or 'last', not 'all'",
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refused(case: tuple[str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        of(*case)
    assert REFUSED[case] in str(caught.value)
