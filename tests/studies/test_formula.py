"""Closed forms: figures of the literature, and the law that numbers in them give the table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from helpers.examples import examples
from helpers.laws import IN_CLOSED_FORM, check_closed_form, closed_form, settings_at
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sympy")

import archcalc
from archcalc.errors import ArchcalcError, MissingPackage, SpecError
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.render.formats import FORMATS, render
from archcalc.render.formula import report
from archcalc.render.writers.python import render as python
from archcalc.results.formula import Formula
from archcalc.studies.analyze import analyze
from archcalc.studies.formula import formula as work_out


@pytest.mark.parametrize(
    ("name", "free", "quantity", "expected"),
    [
        ("resnet50-v1.5", "width,H,W", "macs", "19776*h*k**2*w + 37632*h*k*w + 32000*k"),
        ("resnet50-v1.5", "width,H,W", "params", "5724*k**2 + 32977*k + 1000"),
        ("densenet121", "growth", "params", "6700*k**2 + 34908*k + 1000"),
        ("stack-3x3", "width", "weights", "27*k**2"),
        ("conv-7x7", "width", "weights", "49*k**2"),
        ("googlenet", "classes", "params", "1025*c + 5973552"),
        ("vgg16", "size", "params", "2097152*s**2 + 35597096"),
        ("vgg16", "batch", "params", "138357544"),
        ("vgg16", "batch", "macs", "15470264320*b"),
        ("alexnet", "size", "params", "1048576*s**2 - 2097152*s + 25678184"),
    ],
)
def test_the_figures(name: str, free: str, quantity: str, expected: str) -> None:
    assert str(closed_form(name, free).totals[quantity]) == expected


def test_resnet50_at_its_usual_size() -> None:
    assert closed_form("resnet50-v1.5", "width,H,W").totals["macs"].at(k=64, h=7, w=7) == 4_089_184_256


@pytest.mark.parametrize(
    ("name", "free", "divisible", "expected"),
    [
        ("resnet50", "size", True, ["size = 32*s", "s >= 1"]),
        ("alexnet", "size", True, ["size = 32*s + 3", "s >= 2"]),
        ("vgg16", "size", False, ["s >= 32"]),
        ("vgg16", "H,W", True, ["H = 32*h", "W = 32*w", "h >= 1", "w >= 1"]),
        ("resnet50", "width", True, ["k >= 1"]),
        ("stack-3x3", "size,width", True, ["s >= 1", "k >= 1"]),
        ("wrn-28-10", "width", True, ["k >= 1", "k != 1"]),  # at k = 1 a projection falls away
        ("alexnet-torchvision", "size", True, ["size = 32*s", "s >= 2", "s != 7"]),  # at 224 a pool does
        ("se-resnet50", "reduction", True, ["r >= 1", *(f"{n}//r >= 1" for n in (1024, 2048, 256, 512))]),
    ],
)
def test_the_assumptions(name: str, free: str, divisible: bool, expected: list[str]) -> None:
    assert list(map(str, closed_form(name, free, divisible).assumptions)) == expected


def test_a_form_of_ones_own() -> None:
    found = archcalc.formula("vgg16", ["classes"], assume={"size": "64*t"})
    assert found.free == {"classes": "c", "size": "t"}
    assert str(found.totals["params"]) == "8388608*t**2 + 4097*c + 31500096"
    apart = archcalc.formula("vgg16", [], assume={"H": "32*a", "W": "32*a"})
    assert apart.totals == archcalc.formula("vgg16", [], assume={"size": "32*a"}).totals


def test_symbols_of_settings_that_would_share_one() -> None:
    assert closed_form("resnet50", "size,classes,width,batch").free == {
        "size": "s",
        "classes": "c",
        "width": "k",
        "batch": "b",
    }
    assert closed_form("residual-block", "channels,width,size").free["channels"] == "c"
    assert archcalc.formula("vgg16", ["classes"], assume={"size": "32*c"}).free == {
        "classes": "classes",
        "size": "c",
    }


@pytest.mark.parametrize(
    ("name", "free", "assume", "says"),
    [
        ("resnet50", [], {}, "choose settings to keep symbolic: --free size,classes"),
        ("resnet50", ["depths"], {}, "depths cannot be free: it is a list"),
        ("resnet50", ["block"], {}, "block cannot be free: it is not a number"),
        ("vgg16", ["lrn"], {}, "lrn cannot be free: it is not a number"),
        ("resnet50", ["widht"], {}, "did you mean 'width'?"),
        ("fully-connected-1000", ["D"], {}, "has no setting 'D' that can be free"),
        ("resnet50", ["H", "height"], {}, "height is the same side of the input as H"),
        (
            "alexnet-torchvision",
            ["H"],
            {},
            "H cannot be free separately: the choice of layers depends on size too",
        ),
        ("stack-3x3", ["n"], {}, "the number of rounds cannot be free"),
        ("alexnet", [], {"size": "32*s"}, "is not whole"),
        ("vgg16", [], {"size": "224"}, "give it a form in one new symbol"),
        ("vgg16", [], {"size": "a*b"}, "give it a form in one new symbol"),
        ("vgg16", [], {"size": "32*"}, "is not a valid form"),
        ("vgg16", [], {"size": "s - s"}, "does not depend on s"),
        ("vgg16", [], {"size": "32*lambda"}, "'lambda' is not a valid name for a symbol"),
        ("wrn-28-10", ["dropout"], {}, "must be a number from 0 to 1"),
        ("wrn-28-10-dropout", ["dropout"], {}, "a comparison with a free setting cannot be decided"),
        ("vgg16", [], {"size": "s/0"}, "division by zero"),
        ("vgg16", [], {"size": "'a'*s"}, "needs numbers"),
    ],
)
def test_what_cannot_be_free(name: str, free: list[str], assume: dict[str, str], says: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.formula(name, free, assume=assume)
    assert says in str(caught.value)


# --- drawn stacks --------------------------------------------------------------------------------------


Layers = list[tuple[str, dict[str, Any]]]


@st.composite
def stacks(draw: Any) -> Layers:
    """A few layers with windows of every kind, whose filters may depend on the settings."""
    layers: Layers = []
    for _ in range(draw(st.integers(1, 5))):
        window = {
            "kernel": draw(st.integers(1, 5)),
            "stride": draw(st.integers(1, 3)),
            "pad": draw(st.sampled_from([0, 0, 1, 2, "same", ((1, 0), (0, 2))])),
            "rounding": draw(st.sampled_from(["floor", "floor", "ceil", "caffe", "ceil-noclip", "exact"])),
        }
        filters = draw(st.sampled_from(["width", "2*width", "width//2", "6", "4*groups"]))
        match draw(
            st.sampled_from(
                ["conv", "conv", "grouped", "depthwise", "maxpool", "avgpool", "adaptive", "bn", "deconv"]
            )
        ):
            case "conv":
                layers.append(("conv", {"filters": filters, **window}))
            case "grouped":
                layers.append(
                    (
                        "conv",
                        {"filters": "4*groups", "groups": draw(st.sampled_from(["groups", "2"])), **window},
                    )
                )
            case "depthwise":
                layers.append(("conv", {"filters": "depthwise", "bias": False, **window}))
            case "adaptive":
                layers.append(("adaptive_avgpool", {"output": draw(st.integers(1, 4))}))
            case "bn":
                layers.append(("bn", {}))
            case "deconv":
                layers.append(("deconv", {"filters": filters, "kernel": 2, "stride": 2}))
            case pool:
                layers.append((pool, window))
    return (
        [*layers, ("avgpool", {"kernel": "global"})]
        if draw(st.booleans())
        else [*layers, ("fc", {"units": "width"})]
    )


def stack(layers: Layers, usual: Mapping[str, int]) -> Any:
    """What binds a stack to settings: ``size``, ``width`` and ``groups``."""
    words = {
        "width": lambda v: v["width"],
        "2*width": lambda v: 2 * v["width"],
        "width//2": lambda v: v["width"] // 2,
    }
    words |= {
        "groups": lambda v: v["groups"],
        "4*groups": lambda v: 4 * v["groups"],
        "6": lambda v: 6,
        "2": lambda v: 2,
    }

    def bind(chosen: Mapping[str, Any]) -> Network:
        values = {**usual, **chosen}
        nodes = [
            Node(
                f"{name}{number}",
                OPS[name](
                    **{
                        key: words[o](values) if isinstance(o, str) and o in words else o
                        for key, o in options.items()
                    }
                ),
                (number,),
            )
            for number, (name, options) in enumerate(layers)
        ]
        return Network("stack", Volume((values["size"], values["size"] + 3), 6), nodes, settings=values)

    return bind


@pytest.mark.slow
@given(stacks(), st.booleans(), st.integers(8, 40), st.data())
@examples(60)
def test_numbers_in_the_formulas_of_any_stack_give_its_table(
    layers: Layers, divisible: bool, size: int, data: Any
) -> None:
    bind = stack(layers, {"size": size, "width": 8, "groups": 1})
    try:
        form = work_out(bind, ["size", "width", "groups"], divisible=divisible)
    except SpecError:
        return  # it fits for no size of that form: the stepped form of an exact window that does not fit
    for _ in range(4):
        values = {
            "s": data.draw(st.integers(1, 60)),
            "w": 0,
            "k": data.draw(st.integers(1, 12)),
            "g": data.draw(st.integers(1, 4)),
        }
        chosen = settings_at(form, values)
        if chosen["width"] // 2 >= 1:  # else a spec would refuse 0 filters before the engine sees them
            check_closed_form(form, bind, values)


# --- what is printed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "free", "divisible", "values"),
    [
        ("resnet50-v1.5", "width,H,W", True, {"k": 64, "h": 7, "w": 7}),
        ("inception-v3", "size", False, {"s": 299}),
        ("densenet121", "growth,reduction", True, {"k": 32, "r": Fraction(1, 2)}),
    ],
)
def test_the_python_functions_give_the_numbers(
    name: str, free: str, divisible: bool, values: dict[str, Any]
) -> None:
    form = closed_form(name, free, divisible)
    space: dict[str, Any] = {}
    exec(compile(python(form), "closed.py", "exec"), space)  # what we wrote ourselves
    table = archcalc.load(
        name, {key: value for key, value in settings_at(form, values).items() if key not in "HW"}
    )
    totals = analyze(table).totals
    for key in IN_CLOSED_FORM:
        assert space[key](**values) == getattr(totals, key)


def test_a_gcd_imports_what_it_needs() -> None:
    bind = stack([("adaptive_avgpool", {"output": 3})], {"size": 9, "width": 8, "groups": 1})
    form = work_out(bind, ["size"], divisible=False)
    space: dict[str, Any] = {}
    exec(compile(python(form), "closed.py", "exec"), space)
    assert space["flops"](20) == analyze(bind({"size": 20})).totals.flops
    assert "from math import gcd" in python(form)


def test_the_json_has_the_keys_of_the_contract() -> None:
    data = json.loads(render("json", report(closed_form("resnet50-v1.5", "width,H,W"))))
    assert data["format"] == 1
    assert data["free"] == {"width": "k", "H": "h", "W": "w"}
    assert data["assumptions"] == ["H = 32*h", "W = 32*w", "k >= 1", "h >= 1", "w >= 1"]
    assert data["totals"]["macs"] == "19776*h*k**2*w + 37632*h*k*w + 32000*k"
    assert data["settings"]["H"] == "32*h"
    assert sum(eval(layer["macs"], {"k": 64, "h": 7, "w": 7}) for layer in data["layers"]) == 4_089_184_256


@pytest.mark.parametrize("layers", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_every_format_has_the_formula(format: str, layers: bool) -> None:
    text = render(format, report(closed_form("resnet50-v1.5", "width,H,W"), layers=layers))
    sign = {
        "csv": "19776*h*k**2*w + 37632*h*k*w + 32000*k",
        "tsv": "19776*h*k**2*w + 37632*h*k*w + 32000*k",
        "json": "19776*h*k**2*w + 37632*h*k*w + 32000*k",
        "latex": r"$19776\,h\,k^{2}\,w + 37632\,h\,k\,w + 32000\,k$",
        "markdown": r"$19776\,h\,k^{2}\,w + 37632\,h\,k\,w + 32000\,k$",
    }
    if not (layers and format in ("csv", "tsv")):  # these have records only, no totals
        assert sign.get(format, "19776·h·k²·w + 37632·h·k·w + 32000·k") in text


def test_a_narrow_terminal_gets_every_term() -> None:
    form = closed_form("inception-v3", "size", False)
    grid = report(form, width=60).grid()
    wide = report(form).grid()
    assert all(len(row[1].text) <= 60 for row in grid.rows)
    assert " ".join(row[1].text for row in grid.rows) == " ".join(row[1].text for row in wide.rows)
    assert [row[0].value for row in grid.records()] == [row[0].value for row in wide.rows]


def test_without_unicode_it_is_written_as_python_does() -> None:
    text = render("plain", report(closed_form("vgg16", "size", False), plain=True))
    assert text.isascii()
    assert "2097152*(s//32)**2 + 35597096" in text


def test_at_asks_for_every_symbol() -> None:
    with pytest.raises(KeyError):
        Formula(("*", 2, "s")).at(k=1)


def test_without_sympy_it_is_one_sentence() -> None:
    script = (
        "import sys; sys.modules['sympy'] = None; "
        "sys.argv = ['archcalc', 'formula', 'vgg16', '--free', 'size']; "
        "from archcalc.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"archcalc: error: {MissingPackage('formula', 'sympy', 'SymPy')}\n"
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["vgg16"], 2, "archcalc: error: choose settings to keep symbolic: --free size,classes"),
        (["vgg16", "--free", "size", "--assume", "size"], 2, "archcalc: error: --assume takes NAME=FORM"),
        (
            ["vgg16", "--free", "size,classes", "--format", "plain"],
            0,
            "params       2097152·s² + 4097·c + 31500096",
        ),
        (
            ["vgg16", "--free", "classes", "--set", "size=256", "--batch", "2"],
            0,
            "input 256 x 256 x 3, batch 2",
        ),
        (["googlenet", "--free", "classes", "--aux"], 0, "params       3075·c +"),
        (["densenet121", "--free", "growth", "--python"], 0, "    return 6700*k**2 + 34908*k + 1000"),
        (["stack-3x3", "--free", "width", "--layers"], 0, "conv3  conv+relu  56 x 56 x k  9·k²"),
    ],
)
def test_the_command(args: list[str], code: int, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", "formula", *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert says in (done.stderr if code else done.stdout)
    assert "Traceback" not in done.stderr


def test_attention_over_all_positions_is_quadratic_in_the_tokens() -> None:
    (square,) = (closed := closed_form("vit-b-16", "size")).attention
    assert (str(square.tokens), str(square.macs)) == ("s**2 + 1", "18432*(s**2 + 1)**2")
    for s in (1, 14, 24):
        table = archcalc.analyze("vit-b-16", settings={"size": 16 * s})
        rows = [layer for layer in table.layers if layer.op == "attention"]
        projections = sum(4 * 768 * 768 * layer.output[0] for layer in rows)
        assert square.macs.at(s=s) == sum(layer.macs for layer in rows) - projections
    assert closed.as_json()["attention"] == [{"tokens": "s**2 + 1", "macs": "18432*(s**2 + 1)**2"}]
    # Windows have a fixed number of tokens, and a network may have no attention.
    assert closed_form("swin-t", "size").attention == closed_form("resnet18", "size").attention == ()
    assert [str(one.tokens) for one in closed_form("coatnet-0", "size").attention] == ["4*s**2", "s**2"]


def test_a_python_file_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "closed.py"
    subprocess.run(
        [sys.executable, "-m", "archcalc", "formula", "vgg16", "--free", "classes", "-o", str(path)],
        check=True,
    )
    assert path.read_text() == python(closed_form("vgg16", "classes"))
