"""Hostile specs: each is refused with a message, in few steps and in little memory, in a separate process.

And specs that mean nothing: whatever the text, nothing but an ArchcalcError comes out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from helpers.counted import steps
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import ArchcalcError, Source
from archcalc.language.builder import MAX_LAYERS
from archcalc.language.compose import read_nodes
from archcalc.language.find import read_file, spec_files
from archcalc.language.parse import parse
from archcalc.ops import OPS
from archcalc.ops.options import options_of
from archcalc.studies.analyze import analyze

MEMORY = 400 << 20  # bytes of address space for the whole process
MOST_MEMORY = 200 << 20  # bytes in use at the peak, the interpreter and the package among them
MOST_STEPS = 20_000_000  # calls and returns of functions, those written in C among them
FUSE = 1800  # no limit that is tested: what hangs where nothing is counted shall not hang for ever

CHILD = """
import itertools, json, os, resource, sys
memory, most = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
import yaml
if sys.argv[4] == "python" and hasattr(yaml, "CSafeLoader"):
    del yaml.CSafeLoader
from archcalc.studies.analyze import analyze
from archcalc.errors import ArchcalcError
from archcalc.language.find import load
tick, says = itertools.count().__next__, ""
def profile(frame, event, arg):
    if tick() >= most:
        os.write(2, b"too many steps")
        os._exit(3)
sys.setprofile(profile)
try:
    spec, variant = load(sys.argv[1], strict=False)
    analyze(spec.bind(variant, strict=False))
except ArchcalcError as error:
    says = str(error)
sys.setprofile(None)
# The peak of this process alone: ru_maxrss begins with that of the process which forked it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({"says": says, "steps": tick(), "bytes": int(status["VmHWM"].split()[0]) << 10}))
sys.exit(2 if says else 0)
"""

HEAD = "name: net\ninput: [32, 32, 3]\n"


def layers(*items: str, above: str = "") -> str:
    return f"{HEAD}{above}layers:\n" + "".join(f"  - {item}\n" for item in items)


def chain(first: str, link: str, number: int) -> str:
    """Blocks of which each uses the one before it."""
    links = "".join(f"  b{n + 1}: {{layers: {link.replace('LAST', f'b{n}')}}}\n" for n in range(number))
    return f"blocks:\n  b0: {{layers: {first}}}\n{links}"


def bomb(first: str, link: str) -> str:
    """Aliases of which each names the one before it ten times."""
    lines = [f"a: &a {first}"]
    lines += [
        f"{y}: &{y} {link.replace('LAST', ', '.join([f'*{x}'] * 10))}"
        for x, y in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(lines)


HOSTILE: dict[str, tuple[str, str]] = {
    "alias bomb": (bomb("[1, 1]", "[LAST]"), "more than 100,000 values"),
    "alias bomb of layers": (
        layers("&l {repeat: 2, layers: &m [" + "relu, " * 900 + "]}", *["{repeat: 1, layers: *m}"] * 200),
        "more than 100,000 values",
    ),
    "merge bomb": (bomb("{x: 1}", "{<<: [LAST]}"), "merge keys (<<) are not supported"),
    "10 MB": (HEAD + "# " + "x" * 10_000_000, "the file is larger than 512 KiB"),
    "10,000 brackets": (layers("[" * 10_000 + "]" * 10_000), "nested deeper than 64 levels"),
    "400,000 open brackets": (layers("[" * 400_000), "nested deeper than 64 levels"),
    "10,000 braces": (layers("{a: " * 10_000), "nested deeper than 64 levels"),
    "10,000 lists in lists": ("- " * 10_000, "nested deeper than 64 levels"),
    "10,000 keys in keys": ("? " * 10_000, "nested deeper than 64 levels"),
    "700 levels of indentation": (
        "\n".join(" " * n + "a:" for n in range(700)),
        "nested deeper than 64 levels",
    ),
    "100,000 documents": ("---\n" * 100_000, "a file holds one spec"),
    "250,000 empty items": ("-\n" * 250_000, "more than 100,000 values"),
    "a quote without end": ("'" * 500_001, "this quote is not closed"),
    "a billion rounds": (layers("{repeat: 1e9, layers: [relu]}"), "1,000,000,000 rounds are more than"),
    "10^12 rounds": (layers("{repeat: 1e12, layers: [relu]}"), "1,000,000,000,000 rounds are more than"),
    "10^18 empty rounds": (
        layers("{repeat: 10**18, layers: []}"),
        "1,000,000,000,000,000,000 rounds are more than",
    ),
    "empty rounds in empty rounds": (
        layers("{repeat: 50000, layers: [{repeat: 50000, layers: []}]}"),
        f"more than {MAX_LAYERS:,} layers and rounds",
    ),
    "rounds in rounds": (
        layers("{repeat: 1000, layers: [{repeat: 1000, layers: [relu]}]}"),
        f"more than {MAX_LAYERS:,} layers",
    ),
    "skipped layers in rounds": (
        layers("{repeat: 50000, as: i, layers: [" + "{relu: , when: i < 0}, " * 1000 + "]}"),
        f"more than {MAX_LAYERS:,} layers and rounds",
    ),
    "a block of blocks of blocks": (
        layers("b19", above=chain("[relu, relu]", "[LAST, LAST]", 19)),
        f"more than {MAX_LAYERS:,} layers and rounds",
    ),
    "branches of branches": (
        layers("b18", above=chain("[relu]", "[{add: {a: [LAST], b: [LAST]}}]", 18)),
        f"more than {MAX_LAYERS:,} layers and rounds",
    ),
    "a block that uses itself": (
        layers("b", above="blocks: {b: {layers: [b]}}\n"),
        "uses itself more than 20 levels deep",
    ),
    "a block that uses itself twice": (
        layers("b", above="blocks: {b: {layers: [b, b]}}\n"),
        "uses itself more than 20 levels deep",
    ),
    "300 repeats in each other": (
        layers(
            "b19", above=chain("[relu]", "[" + "{repeat: 1, layers: [" * 14 + "LAST" + "]}" * 14 + "]", 19)
        ),
        "nested deeper than 60",
    ),
    "9**9**9": (layers("{fc: 9**9**9}"), "the value grows beyond 10^18"),
    "9**9**9 in a default, unused": (
        layers(
            "relu",
            above="blocks: {b: {args: [{n: 9**9**9}], layers: [{fc: n}]}}\n"
            "defaults: {fc: {units: 9**9**9}}\n",
        )
        + "  - fc\n",
        "the value grows beyond 10^18",
    ),
    "an expression of 500 KB": (layers("{fc: " + "1+" * 250_000 + "1}"), "at most 300 characters"),
    "200,000 nested brackets in an expression": (
        layers("{fc: '" + "(" * 200_000 + "'}"),
        "at most 300 characters",
    ),
    "300 nested brackets in an expression": (
        layers("{fc: '" + "(" * 290 + "'}"),
        "nested deeper than 30 levels",
    ),
    "a number of 400,000 digits": (layers("{fc: " + "9" * 400_000 + "}"), "at most 300 characters"),
    "a million settings in a list": (
        layers("relu", above="settings: {a: [" + "1," * 1_000_000 + "1]}\n"),
        "the file is larger than 512 KiB",
    ),
    "200,000 items in a list": (
        layers("relu", above="settings: {a: [" + "1," * 200_000 + "1]}\n"),
        "more than 100,000 values",
    ),
    "90,000 items in a list": (
        layers("relu", above="settings: {a: [" + "1," * 90_000 + "1]}\n"),
        "the list has more than 10,000 items",
    ),
    "30,000 settings": (
        layers("relu", above="settings:\n" + "".join(f"  s{n}: 1\n" for n in range(30_000))),
        "at most 100 settings",
    ),
    "a name of 100,000 templates": (
        layers('{relu: , name: "' + "{1}" * 100_000 + '"}'),
        "a name may have at most 200 characters",
    ),
    "a name of braces": (
        layers('{relu: , name: "' + "{" * 400_000 + '"}'),
        "a name may have at most 200 characters",
    ),
    "a name that a long word makes longer": (
        layers('{relu: , name: "{w}{w}{w}"}', above=f"settings: {{w: {'x' * 150}}}\n"),
        "is not a valid layer name",
    ),
    "40,000 layers of unknown ops": (layers(*["relux"] * 40_000), "unknown op or block 'relux'"),
    "40,000 wrong layers in a repeat": (
        layers("{repeat: 40000, as: i, layers: [{conv: 0 - i, kernel: 1}]}"),
        "filters must be a whole number",
    ),
    "long lists for an option, again and again": (
        layers("{repeat: 40000, as: i, layers: [{fc: [i, " + "1, " * 5000 + "]}]}"),
        "units must be a whole number of at least 1",
    ),
    "keys as long as the file": (
        layers("relu", above=f"settings: {{ {'a' * 900}: 1}}\nvariants: {{v: {{ {'a' * 900}b: 1}}}}\n"),
        "is not a valid setting name",
    ),
}


OF_THE_LOADER = list(HOSTILE)[: list(HOSTILE).index("a billion rounds")]
"""What is refused while the text is read, the only part in which the loaders differ."""


def run(
    path: Path, code: str = CHILD, most: int = MOST_STEPS, loader: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, str(path), str(MEMORY), str(most), loader]
    return subprocess.run(command, capture_output=True, text=True, timeout=FUSE, check=False)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("case", "loader"),
    [*((case, "") for case in HOSTILE), *((case, "python") for case in OF_THE_LOADER)],
    ids=[*HOSTILE, *(f"{case}, without libyaml" for case in OF_THE_LOADER)],
)
def test_it_is_refused(case: str, loader: str, tmp_path: Path) -> None:
    text, says = HOSTILE[case]
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    done = run(path, loader=loader)
    assert done.returncode == 2, done.stderr[-2000:]
    measured = json.loads(done.stdout)
    assert says in measured["says"]
    assert len(measured["says"]) < 30_000
    print(f"MEASURED {measured['steps']:,} steps {measured['bytes'] >> 20} MiB")
    assert 100 < measured["steps"] < MOST_STEPS
    assert measured["bytes"] < MOST_MEMORY


def test_the_limit_on_memory_holds(tmp_path: Path) -> None:
    done = run(tmp_path, CHILD.replace("tick, says =", "bytearray(memory)\ntick, says ="))
    assert "MemoryError" in done.stderr


def test_the_limit_on_steps_holds(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(layers("relu"), encoding="utf-8")
    done = run(path, most=1000)
    assert (done.returncode, done.stderr) == (3, "too many steps")


GROWING: dict[str, Callable[[int], str]] = {
    "items": lambda size: "- 1\n" * size,
    "items and a bracket too many": lambda size: "- 1\n" * size + "]",
    "lists": lambda size: "- [1, 2]\n" * size + "a: 1",
    "lists in one line": lambda size: f"[{'[], ' * size}] ]",
    "missing values": lambda size: f"[{'a: , ' * size}",
    "missing values in many lines": lambda size: "[" + "a: # b\n , " * size,
    "keys": lambda size: "".join(f"k{n}: v\n" for n in range(size)) + "k0",
    "quotes": lambda size: "['" + "''" * size,
    "escapes": lambda size: '"' + "\\x41" * size + "\\q",
    "comments": lambda size: "# a\n" * size + "]",
    "spaces": lambda size: "[" + " " * size + "\n" * size + "a",
}


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["", "python"], ids=["libyaml", "without libyaml"])
@pytest.mark.parametrize("text_of", GROWING.values(), ids=GROWING)
def test_reading_takes_no_longer_than_the_text(
    text_of: Callable[[int], str], loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loader:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)

    def steps_of(size: int) -> int:
        source = Source("net.yaml", text_of(size))

        def work() -> None:
            with suppress(ArchcalcError):
                read_nodes(source, [])

        return steps(work)

    assert steps_of(4000) <= 2.1 * steps_of(2000)


def test_a_harmless_spec_is_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(layers("relu"), encoding="utf-8")
    assert run(path).returncode == 0


# --- nonsense --------------------------------------------------------------------------------------


def judge(text: str) -> None:
    """Everything that a command does with a spec; only an ArchcalcError may come out."""
    with suppress(ArchcalcError):
        spec = parse(Source("net.yaml", text), strict=False)
        for about in [spec.about, *spec.networks()]:
            analysis = analyze(spec.bind(about.name, strict=False))
            list(analysis.layers), dict(analysis.totals.figures)  # both are made when they are read


@given(st.binary(max_size=200))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with suppress(ArchcalcError):
        judge(read_file(str(path)).text)


PIECES = [
    *"{}[],:-?&*#|>%@`'\"!~ \n\t",
    *(
        "\n  - ",
        "\n    ",
        ": ",
        ", ",
        "- {",
        "}\n",
        "&a ",
        "*a",
        "!!int ",
        "<<: *a",
        "---\n",
        "...",
        "\x00",
        "\x85",
        "é",
        "卷",
    ),
    *(
        "name",
        "input",
        "layers",
        "settings",
        "blocks",
        "defaults",
        "variants",
        "claims",
        "then",
        "from",
        "when",
        "as",
    ),
    *(
        "repeat",
        "aux",
        "args",
        "survival",
        "kernel",
        "stride",
        "pad",
        "groups",
        "bias",
        "filters",
        "true",
        "yes",
        "null",
    ),
    *(
        "0",
        "1",
        "3",
        "64",
        "-1",
        "010",
        "1:30",
        "0x10",
        "1e9",
        "0.5",
        "9**9**9",
        "i",
        "{i}",
        "size // 2",
        "[8, 8, 3]",
    ),
    *OPS,
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_anything_like_yaml(text: str) -> None:
    judge(text)


@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join), st.booleans())
def test_anything_like_layers(text: str, flow: bool) -> None:
    indented = text.replace("\n", "\n    ")
    item = f"{{{indented}}}" if flow else indented
    judge(f"name: net\ninput: [8, 8, 3]\nsettings: {{size: 8, i: 1}}\nlayers:\n  - {item}\n")


VALID = [Path(path).read_text(encoding="utf-8") for path in spec_files()]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A shipped spec with a few pieces taken out, put in, doubled or swapped."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(
            st.one_of(st.just(""), st.just(text[start:end] * 2), st.sampled_from(PIECES), st.text(max_size=3))
        )
        text = text[:start] + piece + text[end:]
    return text


@given(mutated())
def test_anything_like_a_spec(text: str) -> None:
    judge(text)


VALUES = [
    *(
        "0",
        "1",
        "2",
        "3",
        "7",
        "-1",
        "0.5",
        "10**18",
        "true",
        "false",
        "~",
        "''",
        "word",
        "'a word'",
        "{}",
        "{a: 1}",
    ),
    *(
        "[]",
        "[1]",
        "[2, 3]",
        "[1, 2, 3]",
        "[1, 2, 3, 4]",
        "[[0, 1], [1, 0]]",
        "[[1], [2]]",
        "[[0, 0]]",
        "[[], 1]",
    ),
    *(
        "same",
        "valid",
        "global",
        "depthwise",
        "zero-pad",
        "exact",
        "ceil",
        "caffe",
        "ceil-noclip",
        "per-position",
    ),
]


@st.composite
def layers_of_any_options(draw: st.DrawFn) -> str:
    """Layers whose options hold whatever there is, on inputs with any number of axes."""
    items = []
    for _ in range(draw(st.integers(1, 4))):
        op = draw(st.sampled_from(list(OPS)))
        main = draw(st.sampled_from(["", "", *VALUES]))
        names = draw(st.lists(st.sampled_from(["then", *options_of(OPS[op])]), unique=True, max_size=5))
        options = "".join(f", {name}: {draw(st.sampled_from(VALUES))}" for name in names)
        source = draw(st.sampled_from(["", "", ", from: input", ", from: [input, input]"]))
        items.append(f"  - {{{op}: {main}{options}{source}}}\n")
    size = draw(
        st.sampled_from(["[8]", "[8, 3]", "[8, 8, 4]", "[8, 8, 8, 4]", "[1, 1, 1]", "[10**18, 1, 10**18]"])
    )
    return f"name: net\ninput: {size}\nlayers:\n{''.join(items)}"


@given(layers_of_any_options())
def test_any_option_with_any_value(text: str) -> None:
    judge(text)
