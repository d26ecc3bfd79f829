"""Programs of PyTorch: what a network they are, how it is written as a spec, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.read_back import same_figures

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning
from archcalc.network import Network

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
programs = pytest.importorskip("helpers.torch_programs", reason="PyTorch is not installed")

HERE = Path(__file__).parents[1]
IMAGE = (1, 3, 16, 16)
TOKENS = (1, 12)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


def network(module: Any, input: Any = IMAGE) -> Network:
    return archcalc.load(module, input=input)


def names(found: Network) -> list[str]:
    return [f"{node.path}:{node.op.name}" for node in found.layers]


def macs(module: Any, input: tuple[int, ...]) -> int:
    """The oracle: PyTorch's own count."""
    from torch.utils.flop_counter import FlopCounterMode

    # On the CPU attention is a kernel that the counter does not know.
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        module.to("meta")(torch.zeros(input, device="meta"))
    flops: int = counter.get_total_flops()
    return flops // 2


def params(module: Any) -> int:
    return sum(values.numel() for values in module.parameters())


MODELS = [
    (programs.Small, {}, IMAGE),
    (programs.Attention, {}, IMAGE),
    (programs.Attention, {"by_hand": True}, IMAGE),
    (programs.Words, {}, TOKENS),
    (programs.Windows, {}, (1, 3, 8, 8)),
    (programs.ClassToken, {}, (1, 6, 8)),
    (programs.Twice, {}, (1, 8)),
]


@pytest.mark.parametrize(("build", "options", "input"), MODELS)
def test_params_and_macs_are_pytorchs_and_the_spec_reads_back(build: Any, options: Any, input: Any) -> None:
    module = build(**options).eval()
    found = archcalc.analyze(module, input=input)
    assert found.totals.params == params(module)
    if build is not programs.Words:  # PyTorch does not count an LSTM
        assert found.totals.macs == macs(module, input)
    assert same_figures(network(module, input))


def test_names_come_from_modules_and_functions_stand_in_their_module() -> None:
    assert names(network(programs.Small())) == [
        "conv1:conv",
        "conv1/bn:bn",
        "conv1/relu:relu",
        "block/0:conv",
        "block/0/relu:relu",
        "add:add",
        "block/0_2:conv",
        "block/0_2/relu:relu",
        "block/0_2/silu:silu",
        "concat:concat",
        "slice:slice",
        "dropout:dropout",
        "avgpool:avgpool",
        "fc:fc",
    ]


def test_a_module_that_runs_twice_has_its_weights_once() -> None:
    found = network(programs.Small())
    assert dict(found.shared) == {"block/0_2": "block/0"}
    first, second = (archcalc.analyze(found).layers[place] for place in (3, 6))
    assert (first.figures["params"], second.figures["params"]) == (8 * 8 * 9 + 8, 0)
    assert first.figures["macs"] == second.figures["macs"]


def test_tied_weights_count_once() -> None:
    found = archcalc.analyze(programs.Words(), input=TOKENS)
    head = found.layers[-1]
    assert (head.op, head.same_as, head.figures["params"]) == ("fc", "embed", 0)
    assert [layer.op for layer in found.layers] == ["embedding", "attention", "lstm", "fc"]


def test_heads_that_are_parts_of_the_channels_need_no_move() -> None:
    ops = [node.op.name for node in network(programs.Attention()).layers]
    assert ops == [
        "conv", "reshape", "parameter", "parameter", "layernorm", "fc", "slice", "slice", "slice",
        "dot_product_attention", "fc", "add", "crop",
    ]  # fmt: skip


def test_trained_values_behind_a_lookup_are_counted() -> None:
    found = archcalc.analyze(programs.Windows(), input=(1, 3, 8, 8))
    (bias,) = (layer for layer in found.layers if layer.op == "derived_parameter")
    assert bias.figures["params"] == 98
    assert [layer.op for layer in found.layers].count("matmul") == 2


def test_heads_of_training_are_auxiliary() -> None:
    module = programs.WithHead()
    assert archcalc.analyze(module, input=IMAGE).totals.params == params(module) - 25
    assert archcalc.analyze(module, input=IMAGE, aux=True).totals.params == params(module)


def test_the_module_is_as_before() -> None:
    module = programs.Small()
    before = {name: id(values) for name, values in module.named_parameters()}
    module.train()
    module.block.eval()
    archcalc.analyze(module, input=IMAGE)
    assert {name: id(values) for name, values in module.named_parameters()} == before
    assert (module.training, module.block.training, module.conv1.training) == (True, False, True)
    assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 10)


def test_frozen_and_idle_parameters_are_told() -> None:
    module = programs.Small()
    module.conv1.weight.requires_grad = False
    module.unused = torch.nn.Linear(3, 4)
    with pytest.warns(ArchcalcWarning) as told:
        archcalc.analyze(module, input=IMAGE)
    says = [str(one.message) for one in told]
    assert "Small: 16 parameters are in no layer" in says[0]
    assert "216 of the parameters are frozen (requires_grad is False): conv1.weight" in says[1]


def test_every_function_takes_a_module() -> None:
    module, found = programs.Small(), network(programs.Small())
    given = {"input": "1x3x16x16"}
    assert archcalc.to_yaml(module, input=IMAGE) == archcalc.to_yaml(found)
    assert archcalc.explain(module, "conv1", input=IMAGE).layers == archcalc.explain(found, "conv1").layers
    compared = (
        archcalc.compare([module, "lenet5"], input=IMAGE) if False else archcalc.totals([module], given)
    )
    assert compared.networks[0].analysis.totals.params == archcalc.analyze(found).totals.params
    assert archcalc.verify(module, input=IMAGE).ok


def test_the_options_of_models_are_for_models_only() -> None:
    compared = archcalc.compare(
        ["lenet5", "torch:helpers.torch_programs:Small"], ["arg.width=4"], input=IMAGE
    )
    assert [one.analysis.input for one in compared.networks] == [(32, 32, 1), (16, 16, 3)]
    with pytest.raises(ArchcalcError, match="takes --input"):
        archcalc.compare(["lenet5", "vgg16"], input=IMAGE)


# --- programs ---------------------------------------------------------------------------------------------


def test_a_program_is_a_network() -> None:
    target = "torch:helpers.torch_programs:Small"
    found = archcalc.analyze(target, ["input=1x3x16x16", "arg.width=4", "arg.classes=3"])
    assert (found.network, found.layers[-1].output) == ("Small", (3,))
    assert found.source == "helpers.torch_programs:Small(width=4, classes=3), run with PyTorch"
    assert archcalc.analyze("torch:helpers.torch_programs:small", ["input=1x3x16x16"]).totals.params > 0


def test_large_weights_take_no_memory() -> None:
    found = archcalc.analyze("torch:helpers.torch_programs:built", ["input=1x8", "arg.depth=3"])
    assert found.totals.params == 3 * 72 + 9 * 100_000 + 10**10


@pytest.mark.parametrize(
    ("target", "settings", "says"),
    [
        (
            "torch:helpers.torch_programs:Small",
            [],
            "give the shape of its input, batch first: --input 1x3x224x224",
        ),
        ("torch:helpers.torch_programs:Small", ["input=3"], "the input must be sizes such as 1x3x224x224"),
        ("torch:helpers.torch_programs:Small", ["input=a=1x3x4x4"], "has no input 'a' .known: x"),
        ("torch:helpers.torch_programs", [], "must be torch:package.module:callable"),
        ("torch:helpers.torch_program:Small", [], "cannot import helpers.torch_program: ModuleNotFoundError"),
        (
            "torch:helpers.torch_programs:Smal",
            [],
            "helpers.torch_programs has no 'Smal' .did you mean 'small'",
        ),
        ("torch:helpers.torch_programs:number", [], "is a int, and no class"),
        ("torch:helpers.torch_programs:params", [], "has no 'params'"),
        ("torch:helpers.torch_programs:broken", [], "building it fails: ValueError: no such model$"),
        (
            "torch:helpers.torch_programs:Small",
            ["input=1x3x8x8", "arg.widht=2"],
            "building it fails: TypeError",
        ),
        (
            "torch:helpers.torch_programs:small",
            ["input=1x3x8x8", "arg.width=2"],
            "is a module, and takes no --arg",
        ),
        ("torch:helpers.torch_programs:Looks", ["input=1x3x8x8"], "its forward pass fails: "),
        (
            "torch:helpers.torch_programs:Two",
            ["input=1x3x8x8"],
            r"has 2 inputs \(x, y\); 1 shape is given, and none for y: --input x=1x3x224x224 --input y=",
        ),
        ("torch:helpers.torch_programs:Small", ["input=1x4x8x8"], "its forward pass fails: RuntimeError"),
        ("torch:helpers.torch_programs:Writes", ["input=1x3x8x8"], "writes into a part of a tensor"),
        ("torch:helpers.torch_programs:Small", ["size=3"], "has no setting 'size'"),
        ("vgg16", ["arg.width=2"], r"only a model of PyTorch .* takes --arg"),
        ("model.onnx", ["arg.width=2"], "takes no --arg"),
        ("weights.pth", [], r"unpickling it can run any program.*torch:package\.module:callable"),
        ("weights.h5", [], "archcalc does not read HDF5 files"),
    ],
)
def test_what_is_refused(target: str, settings: list[str], says: str) -> None:
    with pytest.raises(ArchcalcError, match=says):
        archcalc.analyze(target, settings)


def test_an_unknown_call_is_named_with_its_module_and_line() -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.analyze(programs.Strange(), input=IMAGE)
    says = str(caught.value)
    assert says.startswith("Strange: archcalc cannot read 1 call\n")
    line = 1 + (HERE / "helpers" / "torch_programs.py").read_text().splitlines().index(
        "        return self.norm(torch.cumsum(self.conv(x), 2))"
    )
    assert f"torch_programs.py:{line}: archcalc has no layer for this function" in says
    assert "the model (cumsum)" in says
    assert "--opaque" in says


def test_an_open_layer_makes_the_totals_partial() -> None:
    target, settings = "torch:helpers.torch_programs:Strange", ["input=1x3x16x16", "opaque=true"]
    found = archcalc.analyze(target, settings)
    assert found.partial == ("cumsum",)
    assert found.as_json()["partial"] == ["cumsum"]
    assert [(layer.op, layer.output) for layer in found.layers[1:]] == [
        ("opaque", (14, 14, 8)),
        ("bn", (14, 14, 8)),
    ]
    assert found.totals.params == 3 * 8 * 9 + 8 + 16
    assert "total (partial)" in str(found)
    assert "The totals are partial: what 1 layer computes is not known" in str(found)
    totals = archcalc.totals([target], settings)
    assert totals.networks[0].label.endswith(" (partial)")
    written = archcalc.load(target, settings)
    assert same_figures(written)
    assert "partial" not in archcalc.analyze("lenet5").as_json()


def test_the_command_runs_a_program() -> None:
    args = [
        "table",
        "torch:helpers.torch_programs:Small",
        "--input",
        "1x3x16x16",
        "--arg",
        "width=4",
        "--format",
        "csv",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *args], capture_output=True, text=True, check=False, cwd=HERE,
        env={"PYTHONPATH": str(HERE.parent), "PATH": ""},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2].startswith("fc,fc,")


# --- files of torch.export --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pt2") / "attention.pt2"
    program = torch.export.export(programs.Attention().eval(), (torch.zeros(IMAGE),))
    torch.export.save(program, path)
    return path


def test_an_exported_file_has_the_same_layers(exported: Path) -> None:
    module = programs.Attention()
    found, other = archcalc.load(str(exported)), network(module)
    assert [repr(node.op) for node in found.layers] == [repr(node.op) for node in other.layers]
    assert names(found)[0] == "patches:conv"
    assert archcalc.analyze(found).totals.params == params(module)
    with pytest.raises(ArchcalcError, match="export it again for another one"):
        archcalc.load(str(exported), input=(1, 3, 32, 32))


def test_broken_exported_files_are_refused(exported: Path, tmp_path: Path) -> None:
    data = exported.read_bytes()
    for number, broken in enumerate(
        (b"", b"PK", data[:-200], data.replace(b"graph_module", b"graph_modula"))
    ):
        path = tmp_path / f"{number}.pt2"
        path.write_bytes(broken)
        with pytest.raises(ArchcalcError, match=r"not a file of torch\.export\.save, or it is cut off"):
            archcalc.load(str(path))
    with pytest.raises(ArchcalcError, match="No such file"):
        archcalc.load(str(tmp_path / "none.pt2"))
