"""Derivations: every line is right as it stands, and says what the exact table says."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from helpers.examples import examples
from helpers.laws import AXES, check_derivation, check_lines
from helpers.strategies import cases
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.engine.claims import Findings
from archcalc.engine.receptive import receptive_fields
from archcalc.engine.walk import walk
from archcalc.errors import ArchcalcError, SpecError
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.render.explain import report
from archcalc.render.formats import FORMATS, render
from archcalc.render.report import Page
from archcalc.results.explain import Derivation, LayerDerivation
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import explain
from archcalc.studies.explain.op import derive


def run(*args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archcalc", "explain", *args]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


# --- every op, and chains of ops -----------------------------------------------------------------------


every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS)


@every_op
@given(data=st.data())
@examples(60)
def test_every_op_is_derived_as_it_is_counted(op: Any, data: Any) -> None:
    case = data.draw(cases(op))
    batch, dtype = data.draw(st.sampled_from([1, 1, 7])), data.draw(st.sampled_from(sorted(DTYPES)))
    if len(case.xs) == 1 and not op.many:
        network = Network("one", case.xs[0], [Node("layer", case.op, (0,))])
        check_derivation(
            explain(network, batch=batch, dtype=dtype), analyze(network, batch=batch, dtype=dtype)
        )
        return
    given, steps = derive(case.op, case.xs, batch=batch, value_bytes=DTYPES[dtype])
    check_lines(steps, given)
    y = case.op.shape(case.xs)
    cost = case.op.cost(case.xs, y)
    says = {"D2": y.channels, "activations": batch * y.size, "flops": batch * ARCHCALC.flops(cost), "macs": 0}
    says |= {kind: batch * count for kind, count in cost.items()}
    values = {step.quantity: step.value for step in steps}
    assert says.items() <= values.items()
    for axis, side in zip(AXES.get(y.rank, ""), y.spatial, strict=True):
        assert values.get(f"{axis.upper()}2", values["W2"]) == side


@given(
    data=st.data(),
    kinds=st.lists(st.sampled_from(["conv", "upsample", "deconv", "maxpool"]), min_size=2, max_size=4),
)
def test_fields_and_jumps_are_carried_on(data: Any, kinds: list[str]) -> None:
    layers, x = [], Volume((40, 40), 2)
    for number, kind in enumerate(kinds):
        window = {"kernel": data.draw(st.integers(2, 3)), "stride": data.draw(st.integers(1, 3)), "pad": 1}
        options = {"upsample": {"factor": 2}, "maxpool": window}.get(kind, {"filters": 2, **window})
        layers.append(Node(f"{kind}{number}", OPS[kind](**options), (number,)))
    network = Network("chain", x, layers)
    findings = Findings()
    receptive_fields(network, list(walk(network, findings)))
    if not findings.problems:
        check_derivation(explain(network), analyze(network))


# --- what is printed --------------------------------------------------------------------------------------


def lines_of(derivation: Derivation, path: str) -> dict[str, tuple[str, str, Any]]:
    layer = next(layer for layer in derivation.layers if layer.path == path)
    return {step.quantity: (step.formula, step.substituted, step.value) for step in layer.steps}


@pytest.mark.parametrize(
    ("network", "layer", "quantity", "line"),
    [
        ("alexnet", "conv1", "W2", ("(W1 - F + 2P)/S + 1", "(227 - 11 + 2·0)/4 + 1", 55)),
        ("alexnet", "conv1", "D2", ("K", "96", 96)),
        ("alexnet", "conv1", "weights", ("F·F·D1·K", "11·11·3·96", 34848)),
        ("alexnet", "conv1", "params", ("weights + biases", "34848 + 96", 34944)),
        ("alexnet", "conv1", "macs", ("W2·W2·K·F·F·D1", "55·55·96·11·11·3", 105415200)),
        ("alexnet", "conv1", "flops", ("2·MACs + adds", "2·105415200 + 290400", 211120800)),
        ("alexnet", "pool1", "compares", ("W2·W2·D1·(F·F - 1)", "27·27·96·(3·3 - 1)", 559872)),
        ("alexnet", "pool1", "receptive_field", ("RF1 + (F - 1)·jump1", "11 + (3 - 1)·4", 19)),
        ("alexnet", "fc6", "weights", ("W1·W1·D1·K", "6·6·256·4096", 37748736)),
        ("alexnet-2gpu", "conv2", "weights", ("F·F·(D1/G)·K", "5·5·(96/2)·256", 307200)),
        ("alexnet-grouped", "conv2", "weights", ("F·F·(D1/G)·K", "5·5·(96/2)·256", 307200)),
        ("resnet50", "conv1", "W2", ("⌊(W1 - F + 2P)/S⌋ + 1", "⌊(224 - 7 + 2·3)/2⌋ + 1", 112)),
        ("googlenet", "pool1", "W2", ("⌈(W1 - F + 2P)/S⌉ + 1", "⌈(112 - 3 + 2·0)/2⌉ + 1", 56)),
        ("googlenet", "inception_3a", "D2", ("D1a + D1b + D1c + D1d", "64 + 128 + 32 + 32", 256)),
        (
            "googlenet",
            "inception_3a",
            "receptive_field",
            ("max(RF1a, RF1b, RF1c, RF1d)", "max(27, 43, 59, 43)", 59),
        ),
        ("lenet5", "C3", "weights", ("60·F·F", "60·5·5", 1500)),
    ],
)
def test_lines_are_those_of_the_lectures(
    network: str, layer: str, quantity: str, line: tuple[str, str, int]
) -> None:
    made = archcalc.explain(network, [layer])
    found = [lines_of(made, explained.path).get(quantity) for explained in made.layers]
    assert line in found, found


SPEC = """\
name: tiny
input: [{input}]
layers:
  - {layer}
"""


def one_layer(layer: str, input: str, tmp_path: Path) -> LayerDerivation:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPEC.format(layer=f"{{{layer}}}" if ":" in layer else layer, input=input))
    return archcalc.explain(str(path)).layers[0]


FORMULA_LINES = [
    pytest.param(
        "conv: 4, kernel: [1, 7], pad: [0, 3]",
        "9, 9, 3",
        "W2",
        "(W1 - Fw + 2Pw)/S + 1",
        "(9 - 7 + 2·3)/1 + 1",
        id="rectangular kernel",
    ),
    pytest.param(
        "conv: 4, kernel: [1, 7], pad: [0, 3]",
        "9, 9, 3",
        "weights",
        "Fh·Fw·D1·K",
        "1·7·3·4",
        id="its weights",
    ),
    pytest.param(
        "conv: 4, kernel: 3",
        "9, 12, 3",
        "H2",
        "(H1 - F + 2P)/S + 1",
        "(9 - 3 + 2·0)/1 + 1",
        id="rectangular input",
    ),
    pytest.param(
        "conv: 4, kernel: 3", "5, 9, 12, 3", "Z2", "(Z1 - F + 2P)/S + 1", "(5 - 3 + 2·0)/1 + 1", id="3-d"
    ),
    pytest.param(
        "conv: 4, kernel: 3, pad: [[1, 0], [1, 0]]",
        "9, 9, 3",
        "W2",
        "(W1 + Pa + Pb - F)/S + 1",
        "(9 + 1 + 0 - 3)/1 + 1",
        id="uneven padding",
    ),
    pytest.param(
        "conv: 4, kernel: 3, pad: [[1, 1], [1, 1]]",
        "9, 9, 3",
        "W2",
        "(W1 - F + 2P)/S + 1",
        "(9 - 3 + 2·1)/1 + 1",
        id="padding in pairs, but even",
    ),
    pytest.param(
        "conv: 4, kernel: 3, pad: valid", "9, 9, 3", "W2", "(W1 - F)/S + 1", "(9 - 3)/1 + 1", id="valid"
    ),
    pytest.param("conv: 4, kernel: 3, stride: 2, pad: same", "9, 9, 3", "W2", "⌈W1/S⌉", "⌈9/2⌉", id="same"),
    pytest.param(
        "conv: 4, kernel: 3, stride: 2, pad: same",
        "8, 8, 3",
        "Pa",
        "⌊max((W1/S - 1)·S + F - W1, 0)/2⌋",
        "⌊max((8/2 - 1)·2 + 3 - 8, 0)/2⌋",
        id="the zeros of same",
    ),
    pytest.param(
        "conv: 4, kernel: 3, dilation: 2",
        "9, 9, 3",
        "W2",
        "(W1 - d·(F - 1) + 2P - 1)/S + 1",
        "(9 - 2·(3 - 1) + 2·0 - 1)/1 + 1",
        id="dilated",
    ),
    pytest.param("conv: depthwise, kernel: 3", "9, 9, 3", "weights", "F·F·D1", "3·3·3", id="depthwise"),
    pytest.param(
        "deconv: 4, kernel: 4, stride: 2, pad: 1",
        "8, 8, 3",
        "W2",
        "(W1 - 1)·S + F - 2P",
        "(8 - 1)·2 + 4 - 2·1",
        id="deconv",
    ),
    pytest.param(
        "maxpool: 2, stride: 2, pad: 1, rounding: caffe",
        "8, 8, 3",
        "W2",
        "(W1 - F + 2P)/S + 1",
        "(8 - 2 + 2·1)/2 + 1",
        id="caffe, exact",
    ),
    pytest.param(
        "maxpool: 2, stride: 2, pad: 1, rounding: caffe",
        "7, 7, 3",
        "W2",
        "⌊(W1 + P - 1)/S⌋ + 1",
        "⌊(7 + 1 - 1)/2⌋ + 1",
        id="caffe, clipped",
    ),
    pytest.param(
        "maxpool: 2, stride: 2, pad: 1, rounding: ceil",
        "7, 7, 3",
        "W2",
        "⌊(W1 + P - 1)/S⌋ + 1",
        "⌊(7 + 1 - 1)/2⌋ + 1",
        id="ceil, clipped",
    ),
    pytest.param("bn", "9, 9, 3", "norm_params", "2D1", "2·3", id="gamma and beta"),
    pytest.param("upsample: 2", "9, 9, 3", "jump", "jump1/U", "1/2", id="a jump that is a fraction"),
    pytest.param("flatten", "9, 9, 3", "D2", "W1·W1·D1", "9·9·3", id="flatten"),
]


@pytest.mark.parametrize(("layer", "input", "quantity", "formula", "substituted"), FORMULA_LINES)
def test_a_formula_says_what_the_layer_does(
    layer: str, input: str, quantity: str, formula: str, substituted: str, tmp_path: Path
) -> None:
    step = one_layer(layer, input, tmp_path).step(quantity)
    assert step is not None
    assert (step.formula, step.substituted) == (formula, substituted)


def test_a_rounded_window_says_by_which_rule(tmp_path: Path) -> None:
    step = one_layer("maxpool: 3, stride: 2, rounding: ceil", "8, 8, 3", tmp_path).step("W2")
    assert step is not None
    assert step.rule.startswith("5/2 leaves 1; rounding ceil: round up, but")
    assert step.source == "PyTorch and ONNX ceil_mode"
    exact = one_layer("maxpool: 3, stride: 2, rounding: ceil", "7, 7, 3", tmp_path).step("W2")
    assert exact is not None
    assert exact.rule == ""


MEETING = """\
name: meeting
input: [16, 16, 3]
layers:
  - concat:
      left: [{conv: 4, kernel: 3, pad: [[2, 0], [2, 0]]}]
      right: [{conv: 4, kernel: 3, pad: [[0, 2], [0, 2]]}]
    name: join
"""


def test_branches_that_look_elsewhere_see_more_together(tmp_path: Path) -> None:
    path = tmp_path / "meeting.yaml"
    path.write_text(MEETING)
    made = archcalc.explain(str(path))
    check_derivation(made, archcalc.analyze(str(path)))
    formula, substituted, value = lines_of(made, "join")["receptive_field"]
    assert formula == "max(last1a, last1b) - min(first1a, first1b) + 1"
    assert (substituted, value) == ("max(0, 2) - min(-2, 0) + 1", 5)


def test_batch_is_a_factor_of_costs_and_activations_only() -> None:
    made = archcalc.explain("alexnet", ["conv1"], batch=128)
    lines = lines_of(made, "conv1")
    assert lines["macs"][:2] == ("N·W2·W2·K·F·F·D1", "128·55·55·96·11·11·3")
    assert lines["weights"][2] == 34848
    check_derivation(archcalc.explain("alexnet", batch=128), archcalc.analyze("alexnet", batch=128))


# --- choosing layers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "layers", "paths"),
    [
        ("vgg16", ["conv1_1"], ["conv1_1", "conv1_1/relu"]),
        ("vgg16", ["fc6", "pool1"], ["pool1", "fc6", "fc6/relu", "fc6/dropout"]),
        ("googlenet", ["inception_3a/1x1"], ["inception_3a/1x1/conv1", "inception_3a/1x1/conv1/relu"]),
        ("googlenet", ["inception_3a/1x1/conv1/relu"], ["inception_3a/1x1/conv1/relu"]),
    ],
)
def test_layers_are_chosen_by_path_name_or_scope(network: str, layers: list[str], paths: list[str]) -> None:
    made = archcalc.explain(network, layers)
    assert [layer.path for layer in made.layers] == paths
    assert made.totals == ()


def test_a_name_means_every_layer_that_has_it() -> None:
    # Every inception module has its own branch "pool" with a "conv1" in it, and so have the other branches.
    made = archcalc.explain("googlenet", ["maxpool1"])
    assert len(made.layers) == 9
    assert {layer.name for layer in made.layers} == {"maxpool1"}


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("cov1", "did you mean 'conv1'?"),
        ("xyzzy", "'archcalc table --depth all' shows"),
        ("", "shows the layers"),
        ("\x1b[31m", "shows the layers"),
        ("a" * 999, "shows the layers"),
    ],
)
def test_an_unknown_layer_is_refused(layer: str, hint: str) -> None:
    with pytest.raises(ArchcalcError) as refused:
        archcalc.explain("alexnet", [layer])
    assert not isinstance(refused.value, SpecError)
    assert hint in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_layer_of_an_auxiliary_head_is_there_if_asked_for() -> None:
    aux = next(node.path for node in archcalc.load("googlenet").layers if node.aux)
    assert archcalc.explain("googlenet", [aux], aux=True).layers[0].path == aux
    with pytest.raises(ArchcalcError, match="auxiliary head: --aux includes it"):
        archcalc.explain("googlenet", [aux])


# --- the command -----------------------------------------------------------------------------------------


def test_the_command_prints_the_worked_answer() -> None:
    done = run("alexnet", "conv1")
    assert (done.returncode, done.stderr) == (0, "")
    chain = re.sub(r" +", " ", done.stdout)
    assert "W2 = (W1 - F + 2P)/S + 1 = (227 - 11 + 2·0)/4 + 1 = 55\n" in chain
    assert "params = weights + biases = 34848 + 96 = 34,944\n" in chain
    assert "CS231n, Convolutional Networks" in done.stdout


def test_totals_are_printed_as_sums() -> None:
    chain = re.sub(r"\s+", " ", run("alexnet").stdout)
    assert "params = conv1 34,944 + conv2 614,656 + conv3 885,120" in chain
    assert "fc8 4,097,000 = 62,378,344" in chain


def test_a_layer_that_does_not_fit_ends_the_derivation() -> None:
    plain = run("alexnet", "--set", "size=228", "--set", "rounding=exact")
    assert plain.returncode == 1
    assert "does not fit" in plain.stdout
    assert "(228 - 11 + 2·0)/4 + 1 = 55.25 is not whole" in plain.stdout
    assert "227 and 231" in plain.stdout
    assert "specs/alexnet.yaml:" in plain.stdout


def test_the_layers_before_a_misfit_are_derived(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: net\ninput: [8, 8, 3]\nlayers:\n"
        "  - {conv: 4, kernel: 3, name: good}\n"
        "  - {conv: 4, kernel: 2, stride: 4, rounding: exact, name: mid}\n"
        "  - {conv: 4, kernel: 9, name: bad}\n"
        "  - {fc: 10, name: last}\n"
    )
    made = archcalc.explain(str(path))
    assert [layer.path for layer in made.layers] == ["good", "mid"]
    assert [misfit.path for misfit in made.misfits] == ["bad"]
    assert made.totals == ()
    done = run(str(path), "--format", "json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["misfits"][0]["path"], data["totals"]) == (1, "bad", [])
    assert "a window of 9 does not fit" in data["misfits"][0]["says"]
    with pytest.raises(ArchcalcError, match="last"):
        archcalc.explain(str(path), ["lost"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("alexnt",), "did you mean 'alexnet'?"),
        (("alexnet", "cnv1"), "did you mean 'conv1'?"),
        (("alexnet", "--batch", "0"), "0"),
        (("alexnet", "--set", "sise=3"), "did you mean 'size'?"),
        (("alexnet", "--format", "yaml"), "yaml"),
        (("alexnet", "-o", "/nowhere/x.md"), "/nowhere/x.md"),
        ((), "NETWORK"),
    ],
)
def test_bad_usage_is_told_in_a_sentence(args: tuple[str, ...], says: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_spec_is_bad_usage() -> None:
    done = run("-", stdin="name: x\ninput: [8, 8, 3]\nlayers:\n  - {conv: 4, kernal: 3}\n")
    assert done.returncode == 2
    assert "did you mean 'kernel'?" in done.stderr


# --- formats -----------------------------------------------------------------------------------------------

SHOWN = [("alexnet", ("conv1", "pool1")), ("googlenet", ()), ("inception-v3", ()), ("lenet5", ())]


@cache
def shown(network: str, layers: tuple[str, ...], format: str) -> str:
    made = archcalc.explain(network, layers)
    return render(format, report(made))


def maths(text: str) -> Iterator[str]:
    """What stands between dollar signs; a strict reader: they come in pairs and do not nest."""
    parts = re.split(r"(?<!\\)\$", text)
    assert len(parts) % 2 == 1, "a formula that does not end"
    yield from parts[1::2]


COMMANDS = {"cdot", "lfloor", "rfloor", "lceil", "rceil", "max", "min", "gcd", "mathrm", "times", "ldots"}


def check_math(formula: str) -> None:
    """A small strict parser: known commands, balanced braces and brackets, ASCII only."""
    assert formula.strip()
    assert formula.isascii(), formula
    assert set(re.findall(r"\\([A-Za-z]+)", formula)) <= COMMANDS, formula
    open_ones: list[str] = []
    for sign in re.findall(r"\\_|\\[lr](?:floor|ceil)|[{}()]", formula):
        if sign == r"\_":
            continue
        if sign in "{(" or sign.startswith(r"\l"):
            open_ones.append(sign)
        else:
            closes = {"}": "{", ")": "(", r"\rfloor": r"\lfloor", r"\rceil": r"\lceil"}[sign]
            assert open_ones, formula
            assert open_ones.pop() == closes, formula
    assert not open_ones, formula
    for index in re.findall(r"_(?<!\\_)(.)", formula):
        assert index == "{", formula


@pytest.mark.parametrize("format", ["latex", "markdown"])
@pytest.mark.parametrize(("network", "layers"), SHOWN)
def test_formulas_are_math(network: str, layers: tuple[str, ...], format: str) -> None:
    text = shown(network, layers, format)
    rows = [line for line in text.splitlines() if line.endswith((r" \\", "|"))]
    found = [formula for row in rows for formula in maths(row)]
    assert len(found) > 15
    for formula in found:
        check_math(formula)


def test_the_reader_of_math_can_refuse() -> None:
    for wrong in ("(W_{1}", "W_1", r"\lfloor W \rceil", r"\frac{1}{2}", "W·W", "{", ")"):
        with pytest.raises(AssertionError):
            check_math(wrong)
    with pytest.raises(AssertionError):
        list(maths("$W$ and $"))


@pytest.mark.parametrize(("network", "layers"), SHOWN)
def test_a_latex_row_has_a_field_for_every_column(network: str, layers: tuple[str, ...]) -> None:
    text = shown(network, layers, "latex")
    columns = 0
    for line in text.splitlines():
        if line.startswith(r"\begin{tabular}"):
            columns = len(re.sub(r".*\{([lr]+)\}$", r"\1", line))
        elif line.endswith(r" \\"):
            assert len(re.findall(r"(?<!\\)&", line)) == columns - 1, line
            assert line[:1] != "[", "a bracket behind \\\\ is read as its option"
    assert columns
    for line in text.splitlines():
        assert line.startswith("%") or line.isascii(), line


def test_latex_and_markdown_of_a_line() -> None:
    math = r"$W_{2}$", r"$= (W_{1} - F + 2P)/S + 1$", r"$= (227 - 11 + 2 \cdot 0)/4 + 1$", "$= 55$"
    assert " & ".join(math) in shown(*SHOWN[0], "latex")
    assert "| " + " | ".join(math) + " |" in shown(*SHOWN[0], "markdown")


def test_json_has_the_contract_keys() -> None:
    data = json.loads(shown("alexnet", ("conv1",), "json"))
    assert (data["format"], data["network"], data["totals"]) == (1, "alexnet", [])
    layer = data["layers"][0]
    assert (layer["name"], layer["op"]) == ("conv1", "conv")
    first = layer["steps"][0]
    assert (first["quantity"], first["formula"], first["substituted"], first["value"]) == (
        "W2",
        "(W1 - F + 2P)/S + 1",
        "(227 - 11 + 2·0)/4 + 1",
        55,
    )
    assert first["source"].startswith("CS231n")
    assert "rule" not in first
    whole = json.loads(shown("lenet5", (), "json"))
    params = next(total for total in whole["totals"] if total["quantity"] == "params")
    assert params["formula"] == "C1 + S2 + C3 + S4 + C5 + F6"
    assert params["value"] == 60000


@pytest.mark.slow
@pytest.mark.parametrize(("network", "layers"), SHOWN)
def test_csv_and_json_have_the_same_steps(network: str, layers: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(network, layers, "csv"))))
    data = json.loads(shown(network, layers, "json"))
    steps = [(layer["path"], step) for layer in data["layers"] for step in layer["steps"]]
    steps += [("total", step) for step in data["totals"]]
    assert [(row["layer"], row["quantity"], row["formula"], float(row["value"])) for row in rows] == [
        (path, step["quantity"], step["formula"], float(step["value"])) for path, step in steps
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_says_every_layer(format: str) -> None:
    text = shown("lenet5", (), format)
    for word in ("C1", "OUTPUT", "60,000" if format in ("table", "plain", "html") else "60"):
        assert word in text
    assert text.endswith("\n")


@pytest.mark.parametrize("network", ["alexnet", "resnet50", "vgg16", "googlenet"])
def test_the_worked_answer_fits_a_terminal(network: str) -> None:
    layers = ["fc6"] if network == "vgg16" else ["conv1", "pool1"]
    one = render("table", report(archcalc.explain(network, layers)), Page(80))
    assert "formula" in one
    assert "Hidden, terminal" not in one
    totals = (
        render("plain", report(archcalc.explain(network))).partition("Totals\n\n")[2].partition("\n\n")[0]
    )
    assert 70 < max(map(len, totals.splitlines())) <= 80


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_narrow_page_is_kept(width: int) -> None:
    text = render("table", report(archcalc.explain("alexnet", ["conv1"])), Page(width))
    assert max(map(len, text.splitlines())) <= width
    assert "105,415,200" in text


def test_a_terminal_without_unicode_gets_ascii() -> None:
    command = [sys.executable, "-m", "archcalc", "explain", "resnet50", "conv1"]
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True
    )
    assert b"= floor((W1 - F + 2P)/S) + 1" in done.stdout
    assert b"?" not in done.stdout


def test_a_file_is_written_whole_in_the_format_of_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "conv1.md"
    done = run("alexnet", "conv1", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "$W_{2}$" in path.read_text()


def test_a_narrow_page_stacks_the_steps_instead_of_dropping_the_formulas():
    made = archcalc.explain("alexnet", ["conv1"])
    wide, narrow = (render("table", report(made, width=width), Page(width)) for width in (100, 44))
    assert "Hidden, terminal" not in wide + narrow
    assert max(map(len, narrow.splitlines())) <= 44
    for text in ("= (W1 - F + 2P)/S + 1", "= (227 - 11 + 2·0)/4 + 1", "= 55"):
        assert text in narrow
    lines = narrow.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("W2"))
    assert [line.split("= ")[1] for line in lines[at : at + 3]] == [
        "(W1 - F + 2P)/S + 1",
        "(227 - 11 + 2·0)/4 + 1",
        "55",
    ]


# --- names of layers ---------------------------------------------------------------------------------------


def paths_of(network: str, *layers: str) -> list[str]:
    return [layer.name for layer in archcalc.explain(network, layers).layers]


def test_the_spelling_of_a_layer_does_not_matter() -> None:
    for word in ("Conv1", "CONV-1", "conv_1"):
        assert paths_of("alexnet", word) == paths_of("alexnet", "conv1")
    assert paths_of("googlenet", "Inception-3A") == paths_of("googlenet", "inception_3a")
    assert paths_of("googlenet", "inception_3A/1X1") == paths_of("googlenet", "inception_3a/1x1")
    assert paths_of("vgg16", "Conv1-1") == paths_of("vgg16", "conv1_1")


def test_of_two_layers_none_is_guessed() -> None:
    layers = [Node(name, OPS["relu"](), (number,)) for number, name in enumerate(("a_b", "a-b", "c"))]
    network = Network("two", Volume((8, 8), 3), layers)
    assert [layer.name for layer in archcalc.explain(network, ["a-b"]).layers] == ["a-b"]
    with pytest.raises(ArchcalcError, match="'AB' may be a_b or a-b"):
        archcalc.explain(network, ["AB"])


def test_a_beginning_names_what_begins_so() -> None:
    with pytest.raises(ArchcalcError, match=r"unknown layer 'Conv' \(5 names begin so: conv1 to conv5\)"):
        archcalc.explain("alexnet", ["Conv"])
