"""A network against its lock: what is said of a change, and that no change of a number is passed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from helpers.zoo import SPECS
from hypothesis import given
from hypothesis import strategies as st

from archcalc.conventions import Convention
from archcalc.errors import Source
from archcalc.guard.differences import differences, renamed
from archcalc.guard.entry import lock_entry
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.render.check import sentence
from archcalc.results.check import Difference, Place, without_implied
from archcalc.results.lock import LOCKED_IN_LAYERS, LockedLayer, lines_of

CHAIN = """\
- {conv: 8, kernel: 3, pad: 1, then: [bn, relu], name: stem}
- {maxpool: 2, stride: 2, name: pool}
- {conv: 16, kernel: 3, pad: 1, name: body}
- {relu: , name: act}
- {fc: 10, name: head}
"""


def network(layers: str, above: str = "", size: str = "[8, 8, 4]", variant: str | None = None) -> Network:
    items = "\n".join(f"  {line}" for line in layers.strip("\n").split("\n"))
    text = f"name: net\ninput: {size}\n{above.strip()}\nlayers:\n{items}\n"
    return parse(Source("net.yaml", text)).bind(variant)


def compared(old: Network, new: Network) -> list[Difference]:
    return differences(lock_entry(old), lock_entry(new), new, Place("net.yaml", 2, 9))


def said(old: Network, new: Network) -> list[str]:
    """What a reader is told: layer, quantity, old and new, and the cause in brackets."""
    return [one_line(one) for one in without_implied(compared(old, new)) if one.layer]


def one_line(one: Difference) -> str:
    sizes = [shown(value) for value in (one.old, one.new)]
    what = one.quantity if one.kind == "changed" else one.kind
    return f"{one.layer} {what} {sizes[0]} -> {sizes[1]}" + (f" ({one.cause})" if one.cause else "")


def shown(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def changed(before: str, after: str, layers: str = CHAIN, **more: str) -> list[str]:
    assert before in layers
    return said(network(layers, **more), network(layers.replace(before, after), **more))


def layers_of(found: Sequence[Difference]) -> set[str]:
    return {one.layer for one in found}


# --- one change -------------------------------------------------------------------------------------


def test_a_widened_layer_is_told_with_what_follows_from_it() -> None:
    assert changed("conv: 8,", "conv: 12,") == [
        "stem output 8x8x8 -> 8x8x12",
        "stem params 296 -> 444",
        "stem macs 18432 -> 27648",
        "stem/bn params 16 -> 24 (stem)",
        "stem/bn buffers 16 -> 24 (stem)",
        "pool output 4x4x8 -> 4x4x12 (stem)",
        "body params 1168 -> 1744 (stem)",
        "body macs 18432 -> 27648 (stem)",
    ]


def test_the_place_is_the_line_of_the_cause() -> None:
    old, new = network(CHAIN), network(CHAIN.replace("conv: 8,", "conv: 12,"))
    places = {str(one.place) for one in compared(old, new) if one.layer}
    assert places == {"net.yaml:5:6"}
    assert {str(one.place) for one in compared(old, new) if not one.layer} == {"net.yaml"}


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ("{conv: 8, kernel: 3, pad: 1", "{conv: 8, kernel: 5, pad: 2", "stem params 296 -> 808"),
        ("{conv: 8, kernel: 3, pad: 1", "{conv: 8, kernel: 3, pad: 0", "stem output 8x8x8 -> 6x6x8"),
        ("{conv: 8, kernel: 3, pad: 1", "{conv: 8, kernel: 3, pad: 1, bias: false", "stem params 296 -> 288"),
        ("{conv: 16, kernel: 3", "{conv: 16, groups: 4, kernel: 3", "body params 1168 -> 304"),
        (
            "{conv: 16, kernel: 3",
            "{conv: 16, stride: 2, rounding: floor, kernel: 3",
            "body output 4x4x16 -> 2x2x16",
        ),
        ("{maxpool: 2, stride: 2", "{avgpool: 2, stride: 2", "pool op maxpool -> avgpool"),
        ("fc: 10", "fc: 12", "head output 10 -> 12"),
    ],
)
def test_a_change_is_told_at_its_layer_first(before: str, after: str, first: str) -> None:
    found = changed(before, after)
    layer = first.split(maxsplit=1)[0]
    assert found[0] == first
    assert all(line.startswith(f"{layer} ") or line.endswith(f" ({layer})") for line in found)


def test_an_input_of_another_size_is_the_cause_of_everything() -> None:
    found = compared(network(CHAIN), network(CHAIN, size="[12, 12, 4]"))
    assert found[0] == Difference(
        "changed", "net", "input", "output", (8, 8, 4), (12, 12, 4), Place("net.yaml", 2, 9)
    )
    assert {(one.cause, str(one.place)) for one in found[1:] if one.layer} == {("input", "net.yaml:2:9")}
    assert layers_of(found) >= {"stem", "pool", "body", "act", "head", ""}


def test_a_setting_of_a_variant_changes_the_layers_that_read_it() -> None:
    layers, above = (
        "- {conv: n, kernel: 1, name: a}\n- {conv: 5, kernel: 1, name: b}",
        "settings: {n: 3}\nvariants: {}",
    )
    old = network(layers, above.replace("{}", "{small: {n: 2}}"), variant="small")
    new = network(layers, above.replace("{}", "{small: {n: 4}}"), variant="small")
    assert said(old, new) == [
        "a output 8x8x2 -> 8x8x4",
        "a params 10 -> 20",
        "a macs 512 -> 1024",
        "b params 15 -> 25 (a)",
        "b macs 640 -> 1280 (a)",
    ]


def test_two_changes_are_two_causes() -> None:
    layers = CHAIN.replace("conv: 8,", "conv: 12,").replace("fc: 10", "fc: 11")
    causes = {one.cause or one.layer for one in compared(network(CHAIN), network(layers)) if one.layer}
    assert causes == {"stem", "head"}


BRANCHES = """\
- {conv: 4, kernel: 1, name: stem}
- concat:
    left: [{conv: 4, kernel: 3, pad: 1, name: a}]
    right: [{conv: 6, kernel: 1, name: b}]
  name: both
- {conv: 2, kernel: 1, name: last}
"""


def test_the_cause_is_the_branch_that_changed() -> None:
    found = changed("{conv: 6, kernel: 1", "{conv: 7, kernel: 1", BRANCHES)
    assert found[0] == "both/right/b output 8x8x6 -> 8x8x7"
    assert all(line.startswith("both/right/b ") or line.endswith(" (both/right/b)") for line in found)
    assert not any("left" in line for line in found)


def test_a_branch_whose_numbers_changed_but_not_its_output_is_no_cause_of_what_follows() -> None:
    layers = BRANCHES.replace("kernel: 3, pad: 1", "kernel: 5, pad: 2").replace("{conv: 6,", "{conv: 7,")
    found = [line for line in said(network(BRANCHES), network(layers)) if line.startswith("last ")]
    assert found
    assert all(line.endswith(" (both/right/b)") for line in found)


def test_a_repeat_of_more_rounds_has_new_layers() -> None:
    layers = "- repeat: 2\n  layers: [{conv: 4, kernel: 3, pad: 1}, relu]"
    found = compared(network(layers), network(layers.replace("repeat: 2", "repeat: 3")))
    assert [one.kind for one in found if one.layer] == ["added", "added"]
    assert found[0].note == "148 params, 9,216 MACs"


def test_an_aux_head_is_locked_too() -> None:
    layers = (
        "- {conv: 4, kernel: 1, name: a}\n- aux: [{fc: 5, name: out}]\n  name: extra\n- {fc: 10, name: b}"
    )
    old, new = network(layers), network(layers.replace("fc: 5", "fc: 7"))
    assert layers_of(compared(old, new)) == {"extra/out"}


# --- layers that come, go and change their names ------------------------------------------------------


def test_a_removed_layer() -> None:
    found = compared(network(CHAIN), network(CHAIN.replace("- {relu: , name: act}\n", "")))
    assert [(one.kind, one.layer, one.note) for one in found if one.layer] == [
        ("removed", "act", "0 params, 0 MACs")
    ]
    assert {one.quantity for one in found if not one.layer} >= {"activations", "flops"}


def test_a_removed_layer_is_the_cause_of_what_follows() -> None:
    found = said(network(CHAIN), network(CHAIN.replace("- {maxpool: 2, stride: 2, name: pool}\n", "")))
    assert found[0] == "pool removed 4x4x8 -> None"
    assert found[1:] == [
        "body output 4x4x16 -> 8x8x16 (pool)",
        "body macs 18432 -> 73728 (pool)",
        "act output 4x4x16 -> 8x8x16 (pool)",
        "head params 2570 -> 10250 (pool)",
        "head macs 2560 -> 10240 (pool)",
    ]


def test_an_added_layer_is_the_cause_of_what_follows() -> None:
    layers = CHAIN.replace(
        "- {relu: , name: act}", "- {maxpool: 2, stride: 2, name: more}\n- {relu: , name: act}"
    )
    found = said(network(CHAIN), network(layers))
    assert found[0] == "more added None -> 2x2x16"
    assert all(line.endswith(" (more)") for line in found[1:])


def test_an_added_layer_that_passes_its_input_on_is_no_cause() -> None:
    layers = CHAIN.replace("conv: 8,", "conv: 12,").replace(
        "- {conv: 16", "- {tanh: , name: more}\n- {conv: 16"
    )
    found = said(network(CHAIN), network(layers))
    assert [line for line in found if line.startswith("body ")] == [
        "body params 1168 -> 1744 (stem)",
        "body macs 18432 -> 27648 (stem)",
    ]


def test_a_renamed_layer_is_recognised() -> None:
    found = compared(network(CHAIN), network(CHAIN.replace("name: body", "name: trunk")))
    assert [(one.kind, one.layer, one.old, one.new) for one in found] == [
        ("renamed", "trunk", "body", "trunk")
    ]


def test_what_follows_in_then_is_renamed_with_its_layer() -> None:
    found = compared(network(CHAIN), network(CHAIN.replace("name: stem", "name: first")))
    assert [(one.layer, one.old) for one in found] == [
        ("first", "stem"),
        ("first/bn", "stem/bn"),
        ("first/relu", "stem/relu"),
    ]
    assert {one.kind for one in found} == {"renamed"}


def test_a_layer_renamed_and_widened() -> None:
    found = changed("{conv: 16, kernel: 3, pad: 1, name: body}", "{conv: 20, kernel: 3, pad: 1, name: trunk}")
    assert found[:2] == ["trunk renamed body -> trunk", "trunk output 4x4x16 -> 4x4x20"]
    assert all(line.endswith(" (trunk)") for line in found[4:])


def test_a_layer_renamed_beside_a_new_one_of_its_op_is_the_one_with_its_figures() -> None:
    layers = CHAIN.replace(
        "- {conv: 16, kernel: 3, pad: 1, name: body}",
        "- {conv: 8, kernel: 1, name: new}\n- {conv: 16, kernel: 3, pad: 1, name: trunk}",
    )
    kinds = {one.layer: (one.kind, one.old) for one in compared(network(CHAIN), network(layers)) if one.layer}
    assert kinds == {"new": ("added", None), "trunk": ("renamed", "body")}


def test_a_layer_renamed_and_moved() -> None:
    old = "- {relu: , name: a}\n- {tanh: , name: b}\n- {sigmoid: , name: c}"
    new = "- {sigmoid: , name: z}\n- {relu: , name: a}\n- {tanh: , name: b}"
    found = compared(network(old), network(new))
    assert [(one.kind, one.layer, one.old) for one in found if one.layer] == [("renamed", "z", "c")]


def test_layers_in_another_order_are_told_by_their_numbers() -> None:
    old = "- {conv: 8, kernel: 1, name: a}\n- {maxpool: 2, stride: 2, name: b}"
    new = "- {maxpool: 2, stride: 2, name: b}\n- {conv: 8, kernel: 1, name: a}"
    found = said(network(old), network(new))
    assert "a output 8x8x8 -> 4x4x8 (b)" in found
    assert "b output 4x4x8 -> 4x4x4" in found


def test_a_layer_that_reads_another_one_is_told_by_its_input() -> None:
    pools = "- {maxpool: 2, stride: 2, name: a}\n- {maxpool: 2, stride: 2, name: b}\n"
    layers = pools + "- {adaptive_avgpool: 1, from: a, name: c}"
    found = without_implied(compared(network(layers), network(layers.replace("from: a", "from: b"))))
    first = next(one for one in found if one.layer)
    assert (first.layer, first.quantity, first.old, first.new) == ("c", "input", ((4, 4, 4),), ((2, 2, 4),))
    assert sentence(first) == "net c: input 4x4x4 -> 2x2x4"


def test_all_of_a_scope_renamed() -> None:
    above = "blocks: {unit: {layers: [{conv: 4, kernel: 1}, relu, {conv: 4, kernel: 1}]}}"
    found = compared(
        network("- {unit: , name: a}\n- unit", above), network("- {unit: , name: b}\n- unit", above)
    )
    assert [(one.kind, one.layer, one.old) for one in found] == [
        ("renamed", f"b/{name}", f"a/{name}") for name in ("conv1", "relu1", "conv2")
    ]


def row(path: str, op: str = "conv", **figures: int) -> LockedLayer:
    return LockedLayer(path, op, ((1,),), (1,), figures)


MANY = range(30_000)
SOME = range(499)


@pytest.mark.slow
@pytest.mark.parametrize(
    "layers",
    [  # made when they are needed: a run that collects this test only need not wait for them
        lambda: ([row(f"a{n}", macs=n) for n in MANY], [row(f"b{n}", macs=n) for n in MANY]),
        lambda: ([row(f"a{n}", macs=n) for n in MANY], [row(f"b{n}", macs=n) for n in reversed(MANY)]),
        lambda: ([row(f"a{n}") for n in MANY], [row("x", "fc"), *(row(f"b{n}") for n in MANY)]),
        lambda: ([row(f"a{n}", macs=n % 7) for n in SOME], [row(f"b{n}", macs=n % 3) for n in SOME]),
        lambda: ([row(f"a{n}", macs=n) for n in MANY], [row(f"b{n}", macs=-n) for n in MANY]),
        lambda: (
            [row(f"{'ab'[n % 2]}{n}", macs=n) for n in MANY],
            [row(f"{'ac'[n % 2]}{n}", macs=n) for n in MANY],
        ),
    ],
    ids=[
        "all",
        "all, the other way round",
        "all behind a new one",
        "alike",
        "all with other figures",
        "every second",
    ],
)
def test_thousands_of_renamed_layers_take_no_time(
    layers: Callable[[], tuple[list[LockedLayer], list[LockedLayer]]],
) -> None:
    old, new = layers()
    names = renamed(old, new)
    assert len(names) == len(set(names.values())) > 0
    assert not names.keys() & {layer.path for layer in old}
    assert not set(names.values()) & {layer.path for layer in new}
    ops = {layer.path: layer.op for layer in (*old, *new)}
    assert all(ops[now] == ops[was] for now, was in names.items())


names_and_rows = st.lists(
    st.builds(row, st.sampled_from("abcdefgh"), st.sampled_from(["conv", "fc"]), macs=st.integers(0, 2)),
    max_size=8,
    unique_by=lambda layer: layer.path,
)


@given(names_and_rows, names_and_rows)
def test_a_name_is_given_once_and_only_to_what_is_new(old: list[LockedLayer], new: list[LockedLayer]) -> None:
    names = renamed(old, new)
    assert len(set(names.values())) == len(names)
    assert names.keys() <= {layer.path for layer in new} - {layer.path for layer in old}
    assert set(names.values()) <= {layer.path for layer in old} - {layer.path for layer in new}
    ops = {layer.path: layer.op for layer in (*old, *new)}
    assert all(ops[now] == ops[was] for now, was in names.items())


# --- what is left out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after", ["conv: 12,", "conv: 8, bias: false,", "conv: 8, stride: 2, rounding: floor,"]
)
def test_what_is_left_out_follows_from_what_is_told_of_its_layer(after: str) -> None:
    found = compared(network(CHAIN), network(CHAIN.replace("conv: 8,", after)))
    kept = without_implied(found)
    assert set(kept) <= set(found)
    for one in set(found) - set(kept):
        if one.quantity == "input":
            assert one.cause in {other.layer for other in kept}
            continue
        above = {one.layer, one.layer.rpartition("/")[0]}
        assert any(other.layer in above and other.kind == "changed" for other in kept), one_line(one)


def test_a_figure_that_changed_alone_is_never_left_out() -> None:
    before = lock_entry(network(CHAIN))
    for name in before.totals:
        after = before._replace(totals={**before.totals, name: before.totals[name] + 1})
        assert len(without_implied(differences(before, after, network(CHAIN), Place("net.yaml")))) == 1, name
    for name in LOCKED_IN_LAYERS:
        first, *rest = before.layers
        more = first._replace(figures={**first.figures, name: first.figures.get(name, 0) + 1})
        after = before._replace(lines=lines_of((more, *rest), before.quantities))
        assert len(without_implied(differences(before, after, network(CHAIN), Place("net.yaml")))) == 1, name


# --- laws -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", SPECS[::4], ids=lambda spec: spec.name)
def test_nothing_changed_is_nothing_said(spec: Any) -> None:
    for about in spec.networks()[:3]:
        bound = spec.bind(about.name)
        assert (
            differences(lock_entry(bound), lock_entry(spec.bind(about.name)), bound, Place("net.yaml")) == []
        )


def figures_of(found: Sequence[Difference]) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    opposite = {"added": "removed", "removed": "added"}
    return {
        (opposite.get(one.kind, one.kind), one.old if one.kind == "renamed" else one.layer, one.quantity): (
            one.old,
            one.new,
        )
        for one in found
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("conv: 8,", "conv: 12,"),
        ("name: body", "name: trunk"),
        ("- {relu: , name: act}\n", ""),
        ("maxpool: 2, stride: 2", "maxpool: 4, stride: 4"),
    ],
)
def test_the_other_way_round_every_change_is_the_opposite(before: str, after: str) -> None:
    old, new = network(CHAIN), network(CHAIN.replace(before, after))
    there, back = compared(old, new), figures_of(compared(new, old))
    assert {(one.kind, one.layer, one.quantity): (one.new, one.old) for one in there} == back
    for one in there:
        assert one.change is None or one.change != 0


def test_a_formula_that_changed_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    was = lock_entry(network(CHAIN))
    monkeypatch.setattr(Convention, "flops", lambda self, cost: 3 * sum(cost.values()))
    now = lock_entry(network(CHAIN))
    assert was.spec == now.spec
    found = differences(was, now, network(CHAIN), Place("net.yaml"))
    assert {one.quantity for one in found} == {"flops"}
    assert {one.note for one in found if not one.layer} == {
        "the spec has not changed: archcalc counts differently"
    }


def test_a_figure_that_an_older_lock_lacks_is_told() -> None:
    now = lock_entry(network(CHAIN))
    was = now._replace(totals={name: count for name, count in now.totals.items() if name != "depth"})
    (one,) = differences(was, now, network(CHAIN), Place("net.yaml"))
    assert (one.quantity, one.old, one.new, one.change, one.ratio) == ("depth", None, 3, None, None)


# --- the hash ---------------------------------------------------------------------------------------


SAME = {
    "a comment": CHAIN + "# the end",
    "an option for every axis": CHAIN.replace("kernel: 3", "kernel: [3, 3]"),
    "a default written out": CHAIN.replace("{conv: 16,", "{conv: 16, stride: 1, groups: 1,"),
    "an expression": CHAIN.replace("conv: 16", "conv: 2*8"),
    "block style": CHAIN.replace(
        "- {maxpool: 2, stride: 2, name: pool}", "- maxpool: 2\n  stride: 2\n  name: pool"
    ),
}


@pytest.mark.parametrize("layers", SAME.values(), ids=SAME)
def test_two_spellings_of_one_network_have_one_lock(layers: str) -> None:
    assert lock_entry(network(layers)) == lock_entry(network(CHAIN))


def test_a_block_unrolled_has_the_same_lock() -> None:
    above = "blocks: {unit: {args: [n], layers: [{conv: n, kernel: 1}, relu]}}"
    folded = network("- {unit: 4, name: a}\n- {unit: 6, name: b}", above)
    once = "- {{repeat: 1, layers: [{{conv: {}, kernel: 1}}, relu], name: {}}}"
    assert lock_entry(folded) == lock_entry(network(f"{once.format(4, 'a')}\n{once.format(6, 'b')}"))


@pytest.mark.parametrize(
    "after", ["{relu: , name: other}", "{dropout: 0.25, name: act}", "{relu: , name: act, from: pool}"]
)
def test_what_a_spec_says_is_in_its_hash(after: str) -> None:
    layers = CHAIN.replace("{relu: , name: act}", "{dropout: 0.5, name: act}")
    assert (
        lock_entry(network(layers)).spec
        != lock_entry(network(layers.replace("{dropout: 0.5, name: act}", after))).spec
    )
