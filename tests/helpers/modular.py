"""Random networks of modules that are alike: what is folded into blocks. They are written as specs.

A block has widths, a kernel, and layers that only some of its uses have. Its uses stand in stages or alone,
with the names of modules.
"""

from __future__ import annotations

from helpers.random_networks import Choices

KINDS = ("add", "concat", "chain", "gate")


def modular_spec(c: Choices) -> str:
    """A spec of some blocks and many uses of them."""
    blocks = [_block(c, number) for number in range(c.whole(1, 3))]
    layers: list[str] = []
    for stage in range(c.whole(2, 5)):
        number = c.whole(0, len(blocks) - 1)
        uses = [f"{{b{number}: {_arguments(c)}, name: {_name(c, use)}}}" for use in range(c.whole(1, 4))]
        if c.chance(60):
            body = ", ".join(uses)
            layers.append(f'{{repeat: 1, name: "{c.pick(["stage", "layer"])}{stage}", layers: [{body}]}}')
        else:
            layers += [use.replace("name: ", f"name: s{stage}_") for use in uses]
        layers += ["{maxpool: 2}"] if c.chance(20) and stage < 3 else []
    layers += c.pick([["{fc: 5}"], ["{avgpool: global}", "{fc: 5}", "softmax"], []])
    lines = ["name: modular", "input: [16, 16, 4]", "defaults: {conv: {pad: same}}", "blocks:", *blocks]
    return "\n".join([*lines, "layers:", *(f"  - {layer}" for layer in layers)]) + "\n"


def _name(c: Choices, use: int) -> str:
    return c.pick([f"{use}.", f"unit{use}", f"u{use}a"])


def _arguments(c: Choices) -> str:
    flags = ", ".join(f"{name}: {str(c.chance(50)).lower()}" for name in ("f", "g"))
    return f"{{n: {c.pick([4, 8, 8, 16])}, m: {c.pick([2, 4, 8])}, k: {c.pick([1, 3, 3])}, {flags}}}"


def _block(c: Choices, number: int) -> str:
    main = ", ".join(_layer(c) for _ in range(c.whole(1, 3)))
    last = c.pick(["{conv: n, kernel: 1}", "{conv: n, kernel: k, then: bn}"])
    shortcut = c.pick(["{conv: n, kernel: 1}", "{conv: n, kernel: 1, name: project}"])
    kind = c.pick(KINDS)
    layers = {
        "add": f"{{add: {{main: [{main}, {last}], shortcut: [{shortcut}]}}, then: relu}}",
        "concat": f"{{concat: {{a: [{main}], b: [{last}], c: []}}}}",
        "chain": f"{main}, {last}",
        "gate": f"{last}, {{multiply: {{x: [], gate: [{{avgpool: global}}, {{fc: m}}, {{fc: n}}]}}}}",
    }[kind]
    return f"  b{number}: {{args: [n, m, k, f, g], layers: [{layers}]}}"


def _layer(c: Choices) -> str:
    when = c.pick(["", "", ", when: f", ", when: g", ", when: not f"])
    then = c.pick(["", ", then: relu", ", then: [bn, relu]"])
    return c.pick(
        [
            f"{{conv: m, kernel: k{then}{when}}}",
            f"{{conv: 2*n, kernel: 3{then}{when}}}",
            f"{{conv: depthwise, kernel: k{when}}}",
            f"{{maxpool: k, stride: 1, pad: k // 2{when}}}",
        ]
    )
