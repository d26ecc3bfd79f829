"""Forms of homework that strangers handed in: each right figure is read, and none is marked wrong."""

from __future__ import annotations

import pytest
from helpers.grading import by_itself, grade, scored, verdicts

from archcalc.classroom.rubric import Rubric

ROWS = (
    ("Conv", "55x55x96", "34,944"),
    ("MaxPool", "27x27x96", "0"),
    ("Conv", "27x27x256", "614,657"),
    ("MaxPool", "13x13x256", "0"),
    ("Conv", "13x13x384", "885,120"),
    ("Conv", "13x13x384", "1,327,488"),
    ("Conv", "13x13x256", "884,992"),
)
"""The first rows of AlexNet by their kinds; the params of conv2 are wrong."""


def html_of(cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def test_rows_on_one_line_of_html_are_rows_of_their_own() -> None:
    head = "<table><tr><th>Type</th><th>Output</th><th>Params</th></tr>"
    found = verdicts(grade(f"{head}{''.join(map(html_of, ROWS))}</table>"))
    assert [name for name, verdict in found.items() if verdict == "wrong"] == ["conv2 params"]
    assert len(found) == 14


def test_layers_with_one_name_side_by_side() -> None:
    across = [("Layer", "Output", "Params"), *((kind, size, f'"{count}"') for kind, size, count in ROWS)]
    text = "\n".join(",".join(cells) for cells in zip(*across, strict=True))
    found = verdicts(grade(text))
    assert [name for name, verdict in found.items() if verdict == "wrong"] == ["conv2 params"]
    assert len(found) == 14


def test_a_column_of_modules_beside_the_names_says_the_kind() -> None:
    places = (0, 2, 3, 5, 6, 8, 10)  # the activations have places, too
    kinds = {"Conv": "nn.Conv2d", "MaxPool": "nn.MaxPool2d"}
    rows = [
        f"| features.{place} | {kinds[kind]} | {size} | {count} |"
        for place, (kind, size, count) in zip(places, ROWS, strict=True)
    ]
    found = grade("\n".join(["| name | module | output | params |", "|---|---|---|---|", *rows]))
    assert [name for name, verdict in verdicts(found).items() if verdict == "wrong"] == ["conv2 params"]
    assert found.unread == ()


GERMAN = "Schicht;MACs (Mio.)\nconv1;{0}\nconv2;447,898\nGesamt;1135,256\n"


@pytest.mark.parametrize(
    ("figure", "verdict"), [("105,415", "rounded"), ("105,416", "wrong"), ("0,105", "wrong")]
)
def test_a_comma_in_front_of_a_unit_may_be_a_decimal_comma(figure: str, verdict: str) -> None:
    found = grade(GERMAN.format(figure))
    assert list(verdicts(found).values()) == [verdict, "rounded", "rounded"]
    assert any("decimal commas" in note for note in found.notes)


def test_a_comma_in_front_of_a_unit_separates_thousands_if_that_is_right() -> None:
    found = grade("layer;macs\nconv1;105,415 K\ntotal;1,135 M\n")
    assert list(verdicts(found).values()) == ["rounded", "rounded"]
    assert found.notes == ()
    # Nothing is right with a decimal comma, so the figure keeps its usual meaning.
    assert grade("layer;params\nfc8;4,098 M\n").notes == ()


@pytest.mark.parametrize("unit", ["millions", "Millionen", "млн", "millones", "milhões"])
def test_words_for_a_million(unit: str) -> None:
    assert verdicts(grade(f"layer;macs\nconv1;105,4 {unit}\n")) == {"conv1 macs": "rounded"}
    assert verdicts(grade(f"layer;macs ({unit})\nconv1;105.4\n")) == {"conv1 macs": "rounded"}


@pytest.mark.parametrize(
    ("conv", "pool", "fc", "image"),
    [
        ("卷积层", "池化层", "全连接层", "输入"),
        ("卷積層", "最大池化層", "全連接層", "輸入"),
        ("畳み込み層", "最大プーリング層", "全結合層", "入力"),
        ("합성곱층 ", "풀링층 ", "완전 연결층 ", "입력"),
        ("Свёртка ", "Пулинг ", "Полносвязный слой ", "Вход"),
        ("Свёрточный слой ", "Макс-пулинг ", "Полносвязный ", "Входной слой"),
        ("Faltung ", "Max-Pooling ", "Vollverbundene Schicht ", "Eingabe"),
        ("Convolución ", "Agrupación ", "Totalmente conectada ", "Entrada"),
        ("Convolution ", "Pooling ", "Entièrement connectée ", "Entrée"),
        ("Convolução ", "Agrupamento ", "Camada densa ", "Entrada"),
        ("Konvoluce ", "Pooling ", "Plně propojená ", "Vstup"),
    ],
)
def test_kinds_of_layers_in_other_languages(conv: str, pool: str, fc: str, image: str) -> None:
    names = (image, f"{conv}1", f"{pool}1", f"{conv}2", f"{pool}2", f"{conv}3", f"{conv}4", f"{conv}5")
    names = (*names, f"{pool}3", f"{fc}1", f"{fc}2", f"{fc}3")
    params = ("", 34944, 0, 614656, 0, 885120, 1327488, 884993, 0, 37752832, 16781312, 4097000)
    rows = [f"{name}\t{count}" for name, count in zip(names, params, strict=True)]
    found = grade("\n".join(["layer\tparams", *rows]))
    assert found.unread == ()
    assert [name for name, verdict in verdicts(found).items() if verdict == "wrong"] == ["conv5 params"]
    assert len(found.cells) == 11


def test_the_input_of_a_layer_is_not_the_input() -> None:
    found = grade("layer,output\nInput to conv2,27x27x96\n")
    assert "wrong" not in verdicts(found).values()


@pytest.mark.parametrize(
    ("heading", "figure"),
    [
        ("计算量 (MACs)", "105,415,200"),
        ("Operations (MACs)", "105,415,200"),
        ("Compute [GMACs]", "0.105"),
        ("n_params", "34944"),
        ("Filter", "11x11"),
        ("Filter", "96"),
    ],
)
def test_headings_that_say_more(heading: str, figure: str) -> None:
    found = grade(f"| layer | output | {heading} |\n|---|---|---|\n| conv1 | 55x55x96 | {figure} |\n")
    assert found.unread == ()
    assert [one in ("right", "rounded") for one in verdicts(found).values()] == [True, True]


@pytest.mark.parametrize("heading", ["Operations", "FLOPs (2*MACs)", "params (k)(x)", "params (of BN)"])
def test_headings_that_may_mean_several_things_are_not_read(heading: str) -> None:
    found = grade(f"| layer | output | {heading} |\n|---|---|---|\n| conv1 | 55x55x96 | 7 |\n")
    assert list(verdicts(found)) == ["conv1 output"]
    assert heading in found.unread[0][2]


def test_a_calculation_belongs_to_the_figure_beside_it() -> None:
    rows = "layer;Rechnung;{0}\nconv1;(11*11*3+1)*96;{1}\n"
    beside = grade(rows.format("Parameter", "34944"))
    assert beside.unread == ()
    assert "not compared: Rechnung" in beside.notes
    # Nothing else says which quantity is calculated, so the column is not passed over in silence.
    alone = grade(rows.format("output", "55x55x96"))
    assert "Rechnung" in alone.unread[0][2]


def test_a_sign_for_a_sum_is_the_total() -> None:
    assert verdicts(grade("layer,params\nfc8,4097000\nΣ,62378344\n"))["total params"] == "right"


BLOCKS = """{0}conv1
{1}output: 55x55x96
{1}params: 34,944

{0}pool1
{1}output: 27x27x97
{1}params = 0

{0}Total
{1}params: 62.4M
"""


@pytest.mark.parametrize(
    ("name", "figure"), [("", "  "), ("## ", "- "), ("- ", "  - "), ("1. ", "   * "), ("**", "")]
)
def test_a_name_on_a_line_of_its_own(name: str, figure: str) -> None:
    text = BLOCKS.format(name, figure)
    found = grade(text.replace("**conv1", "**conv1**").replace("**pool1", "**pool1**"))
    assert verdicts(found) == {
        "conv1 output": "right",
        "conv1 params": "right",
        "pool1 output": "wrong",
        "pool1 params": "right",
        "total params": "rounded",
    }


def test_columns_below_headings_with_none_above_the_names() -> None:
    rows = [
        "                    Activation shape   Activation Size   # parameters",
        "Input:              (227,227,3)        154,587           0",
        "CONV1 (f=11, s=4)   (55,55,96)         290,400           34,944",
        "POOL1               (27,27,96)         69,984            1",
        "FC1                 (4096,1)           4,096             37,752,832",
    ]
    found = grade("\n".join(rows))
    assert [name for name, verdict in verdicts(found).items() if verdict == "wrong"] == ["pool1 params"]
    assert found.unread == ()


def test_lecture_notation_with_an_underscore_in_the_names() -> None:
    rows = "[224x224x3] INPUT\n[224x224x64] CONV1_1: 64 3x3 filters at stride 1, pad 1\n"
    found = grade(
        f"{rows}[224x224x64] CONV1_2: 64 3x3 filters at stride 1, pad 1\n[112x112x64] POOL1\n", "vgg16"
    )
    assert found.unread == ()
    assert verdicts(found)["conv1_2 output"] == "right"
    assert by_itself(rows).ok


@pytest.mark.parametrize("channels", ["Channels", "Depth", "Kanäle", "Filters"])
def test_channels_in_a_column_of_their_own(channels: str) -> None:
    head = f"| layer | output | {channels} |\n|---|---|---|\n"
    found = grade(
        f"{head}| conv1 | 55x55 | 96 |\n| pool1 | 27 | 96 |\n| conv2 | 27x27 | 255 |\n| fc6 | - | 4096 |\n"
    )
    outputs = [verdict for name, verdict in verdicts(found).items() if name.endswith("output")]
    assert outputs == ["right", "right", "wrong", "right"]
    assert found.unread == ()
    if channels in ("Depth", "Filters"):
        return  # a depth may also be a number of layers, and fc7 has no filters
    whole = grade(f"{head}| conv1 | 55x55x96 | 96 |\n| fc6 | 4096 | 1 |\n| fc7 | 4096 | 4096 |\n")
    assert set(verdicts(whole).values()) == {"right"}


def test_a_line_that_names_a_quantity_and_its_layer() -> None:
    found = grade(
        "Q1. Output of conv1: 55x55x96\n"
        "Q2. Parameters of conv1: 34,848\n"
        "params(fc8) = 4096*1000+1000 = 4,097,000\n"
        "The number of params in conv2 is 614,656\n"
        "Total number of parameters: 62,378,344\n"
    )
    assert verdicts(found) == {
        "conv1 output": "right",
        "conv1 params": "wrong",
        "fc8 params": "right",
        "conv2 params": "right",
        "total params": "right",
    }


def test_figures_behind_one_another() -> None:
    found = grade("1. conv1 → 55×55×96 (34,944 parameters)\npool1: (None, 27, 27, 97), 0 params\n")
    assert list(verdicts(found).values()) == ["right", "right", "wrong", "right"]


@pytest.mark.parametrize("text", ["3.49万", "0.000349亿", "3.49 만"])
def test_ten_thousands(text: str) -> None:
    assert verdicts(grade(f"layer,params\nconv1,{text}\n")) == {"conv1 params": "rounded"}


def test_a_sentence_with_the_figures_of_a_layer() -> None:
    found = grade(
        "I calculated all of it by hand.\n"
        "The output of conv1 is 55x55x96 and it has 34,944 parameters.\n"
        "The output of conv2 is 27x27x255 and it has 614,656 parameters.\n"
        "The output of pool1 is 27x27x96 and it has no parameters.\n"
    )
    assert list(verdicts(found).values()) == ["right", "right", "wrong", "right", "right"]
    assert [(line, text) for line, text, _ in found.unread] == [(4, "no parameters")]


def test_headings_over_several_lines_in_csv() -> None:
    found = grade(
        'Name;Ada\n"layer\nname";"output\n(HxWxC)";"params\n(K)"\nconv1;55x55x96;34,9\npool1;27x27x96;1\n'
    )
    assert list(verdicts(found).values()) == ["right", "rounded", "right", "wrong"]
    assert [cell.line for cell in found.cells] == [6, 6, 7, 7]


def test_one_side_of_an_output_is_not_judged() -> None:
    found = grade(
        "output(conv1) = (227 - 11 + 2*0)/4 + 1 = 55\noutput(fc8) = 1000\nOutput of pool1: 27 by 27 by 96\n"
    )
    assert verdicts(found) == {"fc8 output": "right", "pool1 output": "right"}
    assert [line for line, _, why in found.unread if "one size" in why] == [1]


def test_sentences_about_the_network_are_no_table() -> None:
    found = grade(
        "Output of the network: 1000\nParams of conv1: 34,944\nTotal params in conv layers: 3,747,200\n"
    )
    assert verdicts(found) == {"conv1 params": "right"}
    assert sorted(line for line, _, _ in found.unread) == [1, 3]


def test_a_total_with_its_bytes_in_brackets() -> None:
    found = grade("Params of conv1: 34,944\nTotal params: 62,378,344 (237.95 MB)\n")
    assert set(verdicts(found).values()) == {"right"}


def test_a_dash_for_the_params_of_a_pooling_in_a_print() -> None:
    rule = "=" * 80
    rows = (
        ("Layer (type:depth-idx)", "Output Shape", "Param #"),
        ("├─Conv2d: 1-1", "[1, 96, 55, 55]", "34,944"),
        ("├─ReLU: 1-2", "[1, 96, 55, 55]", "--"),
        ("├─MaxPool2d: 1-3", "[1, 96, 27, 27]", "--"),
    )
    head, *body = (f"{name:<40} {shape:<25} {params}" for name, shape, params in rows)
    text = "\n".join([rule, head, rule, *body, rule, "Total params: 62,378,344"])
    rubric = Rubric(asked=("output", "params"), layers=("conv1", "pool1"))
    assert set(verdicts(scored(text, rubric)).values()) == {"right"}
    assert "pool1 params" in verdicts(grade(text))


@pytest.mark.parametrize("dash", ["-", "–", "—", "--", "none"])
def test_a_dash_below_params_says_that_there_are_none(dash: str) -> None:
    rubric = Rubric(asked=("params",), layers=("conv1", "pool1"))
    rows = f"| layer | params |\n|---|---|\n| conv1 | {dash} |\n| pool1 | {dash} |\n"
    assert verdicts(scored(f"{rows}| total | {dash} |\n", rubric)) == {
        "pool1 params": "right",
        "conv1 params": "missing",
    }
