"""Models of PyTorch with several inputs, as modules, programs and exported files.

The oracle is the original module: its arrays, its output, and FlopCounterMode.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from helpers.read_back import same_figures

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
programs = pytest.importorskip("helpers.torch_programs", reason="PyTorch is not installed")

IMAGES = {"left": (1, 1, 12, 12), "right": (1, 1, 12, 12)}
WORDS = {"source": (1, 10), "target": (1, 7)}
VECTORS = {"source": (1, 10, 32), "target": (1, 7, 32)}
WIDE = {"image": (1, 3, 16, 16), "features": (1, 10)}

MODELS = [
    pytest.param(programs.Siamese, {}, IMAGES, id="siamese"),
    pytest.param(programs.WideAndDeep, {}, WIDE, id="wide and deep"),
    pytest.param(programs.Translator, {}, VECTORS, id="vectors"),
    pytest.param(programs.Translator, {"vocabulary": 50}, WORDS, id="words"),
    pytest.param(programs.Denoiser, {}, {"x": (1, 3, 8, 8), "step": (1,)}, id="denoiser"),
    pytest.param(programs.Sums, {}, {"x": (1, 10, 32), "other": (1, 10, 32)}, id="sums"),
]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])


def tensors(dims: Any, device: str = "cpu") -> dict[str, Any]:
    """Tensors of these shapes; words are whole numbers."""
    return {
        name: torch.zeros(shape, device=device, dtype=torch.long if dims == WORDS else torch.float32)
        for name, shape in dims.items()
    }


def counted(module: Any, dims: Any) -> tuple[int, int, tuple[int, ...]]:
    """Params, MACs and the output, as PyTorch has them."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        output = module.to("meta")(**tensors(dims, "meta"))
    params = sum(values.numel() for values in module.parameters())
    return params, counter.get_total_flops() // 2, tuple(output.shape[1:])


def figures(found: Any) -> tuple[int, int, tuple[int, ...]]:
    return found.totals.params, found.totals.macs, found.layers[-1].output


@pytest.mark.parametrize(("build", "options", "dims"), MODELS)
def test_a_module_has_pytorchs_figures_and_its_spec_reads_back(build: Any, options: Any, dims: Any) -> None:
    module = build(**options).eval()
    network = archcalc.load(module, input=dims)
    assert [*network.named_inputs] == [*dims]
    found = archcalc.analyze(network)
    assert figures(found) == counted(module, dims)
    assert "rearrange" not in {layer.op for layer in found.layers}
    assert same_figures(network)


@pytest.mark.parametrize(("build", "options", "dims"), MODELS)
def test_an_exported_file_has_the_same_figures(build: Any, options: Any, dims: Any, tmp_path: Path) -> None:
    module, path = build(**options).eval(), tmp_path / "net.pt2"
    torch.export.save(torch.export.export(module, (), tensors(dims)), path)
    network = archcalc.load(str(path))
    assert figures(archcalc.analyze(network)) == counted(module, dims)
    assert same_figures(network)


def test_shapes_in_their_order_by_name_and_as_text() -> None:
    module = programs.WideAndDeep()
    given: list[Any] = [WIDE, [*WIDE.values()], "1x3x16x16,1x10", "features=1x10,image=1x3x16x16"]
    given += [{"features": "1x10", "image": (1, 3, 16, 16)}, ["1x3x16x16", "features=1x10"]]
    (found,) = {archcalc.to_yaml(module, input=one) for one in given}
    assert "inputs: {image: [size, size, 3], features: [10]}" in found
    assert archcalc.verify(module, input=WIDE).ok


def test_a_module_that_reads_two_inputs_has_its_weights_once() -> None:
    network = archcalc.load(programs.Siamese(), input=IMAGES)
    assert dict(network.shared) == {"tower/0_2": "tower/0", "tower/1_2": "tower/1"}


@pytest.mark.parametrize("reads", [False, True])
def test_an_input_that_no_layer_computes_with_is_left_out(reads: bool) -> None:
    module, dims = programs.Masked(reads), {"input_ids": (1, 9), "attention_mask": (1, 9)}
    with pytest.warns(ArchcalcWarning, match="1 input that no layer reads is left out: attention_mask"):
        network = archcalc.load(module, input=dims)
    assert not network.named_inputs
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = archcalc.load(module, input=(1, 9))
    assert archcalc.to_yaml(network) == archcalc.to_yaml(alone)


@pytest.mark.parametrize(
    ("target", "input", "says"),
    [
        (
            "WideAndDeep",
            "",
            "give the shapes of its inputs, batch first: --input image=1x3x224x224 --input f",
        ),
        (
            "WideAndDeep",
            "1x3x8x8",
            r"has 2 inputs \(image, features\); 1 shape is given, and none for f",
        ),
        ("WideAndDeep", "imag=1x3x8x8,features=1x10", "no input 'imag' .did you mean 'image'"),
        ("WideAndDeep", "image=1x3x8x8,image=1x10", "the input 'image' has two shapes"),
        (
            "WideAndDeep",
            "image=1x3x8x8,features=2x10",
            "must be the same for all inputs: it is 1 in 'image', 2 in",
        ),
        ("WideAndDeep", "image=1x3x8x8,features=1x11", "its forward pass fails: RuntimeError"),
        ("Siamese", "1x1x8x8,1x1x8x8,1x1x8x8", r"has 2 inputs \(left, right\); 3 shapes are given"),
        ("Siamese", "1x1x8x8,what", "must be sizes such as 1x3x224x224 .batch first., not 'what'"),
        ("Masked", "attention_mask=1x9", r"1 shape is given, and none for input_ids"),
    ],
)
def test_what_is_refused(target: str, input: str, says: str) -> None:
    with pytest.raises(ArchcalcError, match=says):
        archcalc.analyze(f"torch:helpers.torch_programs:{target}", input=input or None)


def test_an_exported_file_is_for_its_own_shapes(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(programs.Siamese().eval(), (), tensors(IMAGES)), path)
    shape = "1x1x12x12"
    assert archcalc.analyze(str(path), input=f"{shape},{shape}").totals.params == 80 + 16 + 34
    for input, says in (
        ("left=1x1x9x9", "the file is for an input of 1x1x12x12: export it again"),
        ("lef=1x1x12x12", "has no input 'lef' .did you mean 'left'"),
        (shape, f"none for right: --input left={shape} --input right={shape}"),
    ):
        with pytest.raises(ArchcalcError, match=says):
            archcalc.analyze(str(path), input=input)
