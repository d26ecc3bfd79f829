"""archcalc verify: what it finds, what it tells apart, what it refuses."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from helpers.examples import examples
from helpers.marks import slow_except
from helpers.random_networks import spec_of, specs
from helpers.zoo import FAST_SPECS, SPECS
from hypothesis import given

import archcalc
from archcalc.cli import cli
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk
from archcalc.errors import ArchcalcError, MissingPackage, Source, SpecError
from archcalc.language.find import read_file, spec_files
from archcalc.language.parse import parse
from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Kept, Op, Volume, Weight
from archcalc.ops.options import options_of
from archcalc.ops.rounding import ROUNDINGS
from archcalc.results.verify import Check, KnownDifference, Mismatch, Verification

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
modules = pytest.importorskip("archcalc.backends.modules")
pytorch = pytest.importorskip("archcalc.backends.pytorch")
backend = pytest.importorskip("archcalc.backends.observe")
inference_pass = pytest.importorskip("archcalc.backends.inference_pass")

ROOT = Path(__file__).parent.parent.parent


def run(*args: str) -> Any:
    return CliRunner().invoke(cli, ["verify", *args])


def mismatches_of(verified: Verification) -> list[Any]:
    return [one for check in verified.checks for one in check.mismatches]


# --- the zoo ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    slow_except(FAST_SPECS, spec_files(), lambda path: Path(path).stem),
    ids=lambda path: Path(path).stem,
)
def test_the_first_network_of_every_spec(path: str) -> None:
    spec = parse(read_file(path))
    network = spec.bind(spec.networks()[0].name)
    if len(network.layers) < 1000:
        assert mismatches_of(archcalc.verify(network)) == []


@pytest.mark.parametrize(
    "name",
    slow_except(
        {"lenet5"}, ["lenet5", "neocognitron", "alphago-policy", "densenet-40-k12", "resnet20-cifar"]
    ),
)
def test_on_the_cpu_it_is_the_same(name: str) -> None:
    meta, cpu = archcalc.verify(name), archcalc.verify(name, device="cpu")
    assert cpu.ok
    assert meta.checks == cpu.checks


@pytest.mark.slow
def test_the_counter_of_macs_is_pytorchs() -> None:
    """The totals by layer are what FlopCounterMode says of the whole."""
    network = archcalc.load("googlenet-torchvision")
    steps = list(walk(network, Findings()))
    seen = backend.observe(network, steps, "meta", 2)
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        pytorch.build(network, steps, "meta")(pytorch.tensor_of(network.input, 2, "meta"))
    assert sum(layer.macs for layer in seen.layers.values()) == counter.get_total_flops() // 2


def test_auxiliary_heads_are_verified_too() -> None:
    checks = {check.check: check for check in archcalc.verify("googlenet").checks}
    assert checks["shapes"].compared == len(archcalc.load("googlenet").layers)


@pytest.mark.slow
def test_nothing_is_left_behind() -> None:
    """What autograd saves must not hold the module that it belongs to."""
    network = parse(Source("tiny.yaml", TINY)).bind()
    archcalc.verify(network)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(5):
        archcalc.verify(network)
    gc.collect()
    assert len(gc.get_objects()) < before + 50


# --- what it finds ------------------------------------------------------------------------------------------


def change(op: str, **methods: Any) -> Callable[[Network], Network]:
    """A network whose layers of that op say something else of themselves."""

    def changed(network: Network) -> Network:
        other = type(OPS[op].__name__, (OPS[op],), methods)
        layers = [
            node._replace(op=other(**vars_of(node.op))) if node.op.name == op else node
            for node in network.layers
        ]
        return replace(network, layers=layers)

    return changed


def vars_of(op: Op) -> dict[str, Any]:
    return {name: getattr(op, name) for name in options_of(type(op))}


TINY = (
    "name: tiny\ninput: [9, 9, 3]\n"
    "layers: [{conv: 4, kernel: 3}, bn, relu, {maxpool: 2, stride: 2}, {fc: 5}]\n"
)

WRONG = {
    "shape": ("conv", {"shape": lambda op, xs: Volume((7, 6), 4)}, "shapes", "conv1"),
    "weight": ("conv", {"weights": lambda op, xs, y: [Weight("weight", (4, 3, 3, 2))]}, "weights", "conv1"),
    "no weight": ("bn", {"weights": lambda op, xs, y: []}, "weights", "bn1"),
    "role": ("fc", {"weights": lambda op, xs, y: [Weight("weight", (5, 36), "buffer")]}, "weights", "fc1"),
    "macs": ("conv", {"cost": lambda op, xs, y: {"macs": 1}}, "macs", "conv1"),
    "no index": ("maxpool", {"kept": lambda op, xs, y: []}, "memory", "maxpool1"),
    "statistics": (
        "bn",
        {"kept": lambda op, xs, y: [Kept("batch mean", 4), Kept("deviation", 4)]},
        "memory",
        "bn1",
    ),
    "input": ("relu", {"keeps": ("input",)}, "memory", "relu1"),
    "in place": ("bn", {"in_place": True}, "liveness", "bn1"),
    "a view": ("maxpool", {"view": True}, "liveness", "maxpool1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found_at_its_layer(case: str) -> None:
    op, methods, check, layer = WRONG[case]
    network = parse(Source("tiny.yaml", TINY)).bind()
    assert archcalc.verify(network).ok
    found = {one.check: one.mismatches for one in archcalc.verify(change(op, **methods)(network)).checks}
    assert layer in [one.layer for one in found[check]]


def test_a_module_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules.Modules, "ReLU", torch.nn.Sigmoid, raising=False)
    assert archcalc.verify(parse(Source("tiny.yaml", TINY)).bind()).ok  # a sigmoid keeps its output as well
    monkeypatch.setattr(modules.Modules, "ReLU", torch.nn.GELU, raising=False)
    assert [one.layer for one in mismatches_of(archcalc.verify(parse(Source("tiny.yaml", TINY)).bind()))][
        :1
    ] == ["relu1"]


# --- what it tells apart
# --------------------------------------------------------------------------------------

APART = {
    "{dropout: 0.5}": "without a GPU, PyTorch's mask has the type of the values",
    "{dropout: 1}": "when all values are dropped, PyTorch multiplies by a zero",
    "{adaptive_avgpool: 1}": "a pool to size 1 as a plain mean",
    "{conv: 4, kernel: 3, pad: [[0, 1], [0, 1]]}": "it reads and keeps a padded copy",
    "{subsample: 2, stride: 2}": "not counted by PyTorch: one coefficient per map",
    "{locally_connected: 2, kernel: 3}": "not counted by PyTorch: every weight is used in one place",
    "{c_cells: 4, kernel: 3}": "not counted by PyTorch: the fixed blur",
    "{s_cells: 4, kernel: 3}": "PyTorch also counts 882 for the inhibitory cells",
    "{conv: 2, kernel: 3, table: [[0], [0, 1, 2]]}": "PyTorch also counts 1,764 for the zeros",
}


@pytest.mark.parametrize("layer", APART)
def test_what_is_known_to_differ_is_told_and_held_against_what_it_must_be(layer: str) -> None:
    spec = f"name: net\ninput: [9, 9, 3]\nlayers: [{layer}]\n"
    found = archcalc.verify(parse(Source("net.yaml", spec)).bind(), batch=2)
    apart = [one for check in found.checks for one in check.known]
    assert found.ok
    assert any(isinstance(one, KnownDifference) and APART[layer] in one.because for one in apart)


def test_what_cudnn_reserves_is_told_and_asked_of_cudnn(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.backends import training_pass

    bn, other = torch.nn.BatchNorm2d(3), torch.nn.Conv2d(3, 3, 1)
    x = SimpleNamespace(is_cuda=True)
    cudnn = torch._C._BatchNormBackend.Cudnn
    monkeypatch.setattr(torch._C, "_select_batch_norm_backend", lambda *given: cudnn)
    monkeypatch.setattr(torch._C, "_get_cudnn_batch_norm_reserve_space_size", lambda x, training: 40)
    assert (training_pass._reserved_by_cudnn(bn, x), training_pass._reserved_by_cudnn(other, x)) == (40, 0)
    assert training_pass._reserved_by_cudnn(bn, torch.zeros(2, 3, 4, 4)) == 0

    spec = "name: net\ninput: [4, 4, 3]\nlayers: [bn, relu]\n"
    monkeypatch.setattr(
        training_pass, "_reserved_by_cudnn", lambda layer, x: 40 * isinstance(layer, torch.nn.BatchNorm2d)
    )
    found = archcalc.verify(parse(Source("net.yaml", spec)).bind())
    (memory,) = [check for check in found.checks if check.check == "memory"]
    assert [(one.layer, one.theirs - one.ours) for one in memory.known] == [("bn1", 40), ("", 0)]
    assert len(memory.mismatches) == 2  # there is none here, so that what must be there is missing


def test_a_plain_network_has_nothing_to_tell_apart() -> None:
    assert not any(check.known for check in archcalc.verify("resnet18").checks)


def test_a_shape_that_a_later_layer_refuses_is_told_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ROUNDINGS["ceil"].__class__, "count", ROUNDINGS["ceil-noclip"].__class__.count)
    spec = (
        "name: clip\ninput: [3, 3, 2]\n"
        "layers: [{maxpool: 1, stride: 3, rounding: ceil}, relu, {fc: 3}, softmax]\n"
    )
    found = archcalc.verify(parse(Source("clip.yaml", spec)).bind())
    assert found.checks == (
        Check(
            "shapes",
            3,
            (
                Mismatch("maxpool1", "output", (2, 2, 2, 2), (2, 1, 1, 2)),
                Mismatch("relu1", "output", (2, 2, 2, 2), (2, 1, 1, 2)),
                Mismatch("fc1", "output", (2, 3), None),
            ),
        ),
    )


def test_a_buffer_taken_for_a_weight_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = OPS["bn"].weights
    trained = lambda op, xs, y: [weight._replace(role="norm") for weight in real(op, xs, y)]  # noqa: E731
    monkeypatch.setattr(OPS["bn"], "weights", trained)
    found = archcalc.verify(parse(Source("net.yaml", "name: net\ninput: [4, 4, 3]\nlayers: [bn]\n")).bind())
    (weights,) = [check for check in found.checks if check.check == "weights"]
    assert Mismatch("bn1", "running_mean", "trained", "a buffer") in weights.mismatches


# --- random networks
# --------------------------------------------------------------------------------------------


@given(specs())
@examples(300)
def test_random_networks(text: str) -> None:
    assert mismatches_of(archcalc.verify(parse(Source("random.yaml", text)).bind())) == []


@pytest.mark.slow
def test_the_plain_generator_draws_every_op() -> None:
    drawn = {node.op.name for n in range(1000) for node in parse(Source("", spec_of(n))).bind().layers}
    assert drawn == set(OPS)


def test_a_seed_gives_the_same_network() -> None:
    assert spec_of("1/7") == spec_of("1/7") != spec_of("1/8")


# --- the command
# -------------------------------------------------------------------------------------------------


def test_the_command_says_what_agrees() -> None:
    done = run("lenet5", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["ok"], found["device"], found["format"]) == (0, True, "meta", 1)
    assert [check["check"] for check in found["checks"]] == [
        "shapes",
        "weights",
        "macs",
        "memory",
        "liveness",
    ]
    assert {key for check in found["checks"] for key in check} == {"check", "compared", "mismatches", "apart"}


def test_a_mismatch_is_shown_and_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPS["maxpool"], "kept", lambda op, xs, y: [])
    done = run("vgg11")
    assert done.exit_code == 1
    assert "Mismatches of memory" in done.stdout
    assert "an array of the layer itself: 12,845,056 bytes" in done.stdout


@pytest.mark.slow
def test_all_networks_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [spec for spec in SPECS if spec.family in ("lenet", "neocognitron", "alphago")]
    monkeypatch.setattr("archcalc.studies.verify.all_specs", lambda: few)
    count = sum(len(spec.networks()) for spec in few)
    done = run("--all")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{count} networks in PyTorch (meta): no mismatch")
    assert len(json.loads(run("--all", "--format", "json").stdout)["networks"]) == count
    monkeypatch.setattr(OPS["tanh"], "keeps", ("input",))
    done = run("--all")
    assert done.exit_code == 1
    assert "lenet5: Mismatches of memory" in done.stdout


@pytest.mark.slow
def test_what_no_memory_holds_is_left_out_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"lenet5", "alphago-policy", "fully-connected-1000"}
    specs = SPECS
    few = [spec for spec in specs if names & {about.name for about in spec.networks()}]
    count = sum(len(spec.networks()) for spec in few) - 1
    monkeypatch.setattr("archcalc.studies.verify.all_specs", lambda: few)
    done = run("--all", "--device", "cpu")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{count} networks in PyTorch (cpu): no mismatch, 1 left out")
    assert "fully-connected-1000 is left out: the network does not fit into the memory of cpu" in done.stdout
    found = json.loads(run("--all", "--device", "cpu", "--format", "json").stdout)
    assert [one["network"] for one in found["left_out"]] == ["fully-connected-1000"]
    assert [one["network"] for one in json.loads(run("--all", "--format", "json").stdout)["left_out"]] == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["lenet5", "--device", "tpu"], "'tpu' is not one of 'meta', 'cpu', 'cuda'"),
        (["lenet5", "--batch", "0"], "0 is not in the range"),
        ([], "name a network, or use --all without"),
        (["lenet5", "--all"], "name a network, or use --all without"),
        (["--all", "--set", "size=64"], "name a network, or use --all without a network"),
    ],
)
def test_bad_usage(args: list[str], says: str) -> None:
    done = run(*args)
    assert done.exit_code == 2
    assert says in done.stderr


def test_what_is_refused_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match=r"unknown device 'mps' \(known: cpu, cuda, meta\)"):
        archcalc.verify("lenet5", device="mps")
    if not torch.cuda.is_available():
        with pytest.raises(ArchcalcError, match="PyTorch finds no CUDA device"):
            archcalc.verify("lenet5", device="cuda")
    bad = parse(Source("bad.yaml", "name: bad\ninput: [8, 8, 3]\nlayers: [{conv: 4, kernel: 9}]\n")).bind()
    with pytest.raises(SpecError, match="a window of 9 does not fit"):
        archcalc.verify(bad)
    monkeypatch.setattr("archcalc.studies.verify.find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"verify needs PyTorch.*: pip install torch "):
        archcalc.verify("lenet5")


REFUSED = {
    "what PyTorch refuses": (
        "input: [300]\nlayers: [{fc: 10}, bn]",
        {"batch": 1},
        r"bn1: PyTorch refuses it: Expected more than 1 value per channel",
    ),
    "what does not fit": (
        "input: [1000000, 1000000, 3]\nlayers: [{conv: 100000, kernel: 3}]",
        {"device": "cpu"},
        (
            r"the network does not fit into the memory of cpu: a pass takes 22,351\.8 GiB, "
            r"[0-9.]+ GiB are free; --device"
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_run_is_told_in_a_sentence(case: str) -> None:
    text, options, says = REFUSED[case]
    network = parse(Source("net.yaml", f"name: net\n{text}\n")).bind()
    with pytest.raises(ArchcalcError, match=says):
        archcalc.verify(network, **options)
    assert archcalc.verify(network).ok


# --- a GPU, played
# ------------------------------------------------------------------------------------------------


def test_on_a_gpu_the_allocator_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU is here: its allocator is played by what is held, plus a workspace at the peak."""
    network = Network("one", Volume((), 4), [Node("fc", OPS["fc"](units=3), (INPUT,))])
    held = iter([100, 100 + 2 * 4 * 4 + 2 * 3 * 4])
    monkeypatch.setattr(inference_pass, "_requested", lambda which: 900 if which == "peak" else next(held))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    module = pytorch.build(network, list(walk(network, Findings())), "cpu")
    monkeypatch.setattr(
        inference_pass, "inputs_of", lambda net, batch, device: {0: torch.zeros(batch, net.input.channels)}
    )
    alive, peak = inference_pass.live_bytes(module, network, "cuda", 2, None)
    assert (alive, peak) == ({1: 56}, 800)


# --- the docs
# -----------------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n\$ archcalc verify (.*?)\n(.*?)```", page, re.DOTALL)
    assert shown
    for args, text in shown:
        assert run(*args.split()).stdout == text
