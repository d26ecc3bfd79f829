"""The programs whose prints are read: how each names its columns and layers, in one table.

What their figures count is in ``classroom/tool_rules.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Literal, NamedTuple, TypeAlias

Sizes: TypeAlias = Literal["hwc", "chw"]

IGNORED = ""
"""The meaning of a column that is not compared."""


class Tool(NamedTuple):
    """A program that prints tables of layers.

    ``columns`` are all its headings with their meaning: a quantity, ``layer``, ``type`` or nothing.
    ``marks`` are sets of headings of which one must be there. ``name`` finds the name and the kind in the
    cell of a layer. ``sizes`` is the order of the sizes in its volumes. ``is_ordered`` says whether it prints
    the layers in the order in which they run, ``cuts_kinds`` whether it cuts long kinds off,
    ``has_placeholder`` whether None or -1 stands for the batch in its volumes.
    """

    key: str
    marks: tuple[frozenset[str], ...]
    columns: Mapping[str, str]
    name: re.Pattern[str] = re.compile(r"(?P<name>.*)")
    sizes: Sizes = "chw"
    is_ordered: bool = True
    cuts_kinds: bool = False
    has_placeholder: bool = False


_SUMMARY_MARKS = (frozenset({"layer (type)", "output shape", "param #"}),)
_INFO_HEADINGS = (
    "layer (type:depth-idx)",
    "layer (type (var_name):depth-idx)",
    "layer (type (var_name))",
)

TOOLS: Sequence[Tool] = (
    # torchsummary, Keras and torchinfo may have the same headings: the names of layers tell them apart.
    Tool(
        "torchsummary",
        _SUMMARY_MARKS,
        {"layer (type)": "layer", "output shape": "output", "param #": "params"},
        re.compile(r"(?P<name>(?P<kind>\w+)-[0-9]+)\Z"),
        has_placeholder=True,
    ),
    Tool(
        "Keras",
        _SUMMARY_MARKS,
        {
            "layer (type)": "layer",
            "output shape": "output",
            "param #": "params",
            **dict.fromkeys(("connected to", "trainable", "traina…"), IGNORED),
        },
        re.compile(r"(?P<name>[^\s()]+)\s*\((?P<kind>[\w.>]+…?)\)?\Z"),
        sizes="hwc",
        cuts_kinds=True,
        has_placeholder=True,
    ),
    Tool(
        "torchinfo",
        tuple(frozenset({heading, "param #"}) for heading in _INFO_HEADINGS),
        {
            **dict.fromkeys(_INFO_HEADINGS, "layer"),
            "output shape": "output",
            "param #": "params",
            "kernel shape": "kernel",
            "groups": "groups",
            "mult-adds": "macs",
            **dict.fromkeys(("input shape", "param %", "trainable"), IGNORED),
        },
        re.compile(r"(?P<kind>\w+)(?: \((?P<name>[^()]*)\))?(?:: [0-9]+(?:-[0-9]+)?)?(?: \(recursive\))?\Z"),
    ),
    Tool(
        "torchscan",
        (frozenset({"layer", "type", "output shape", "param #", "trainable"}),),
        {
            "layer": "layer",
            "type": "type",
            "output shape": "output",
            "param #": "params",
            **dict.fromkeys(("trainable", "receptive field"), IGNORED),
        },
    ),
    Tool(
        "Lightning",
        (frozenset({"name", "type", "params", "mode"}), frozenset({"", "name", "type", "params"})),
        {
            "name": "layer",
            "type": "type",
            "params": "params",
            "flops": "flops",
            "out sizes": "output",
            **dict.fromkeys(("", "mode", "in sizes"), IGNORED),
        },
    ),
    Tool(
        "onnx-tool",
        (frozenset({"name", "type", "forward_macs", "params"}),),
        {
            "name": "layer",
            "type": "type",
            "forward_macs": "macs",
            "params": "params",
            "outshape": "output",
            **dict.fromkeys(("fpercent", "memory", "mpercent", "ppercent", "inshape"), IGNORED),
        },
        is_ordered=False,
    ),
    Tool(
        "fvcore",
        (frozenset({"module", "#flops"}), frozenset({"name", "#elements or shape"})),
        {
            **dict.fromkeys(("module", "name"), "layer"),
            **dict.fromkeys(("#parameters or shape", "#parameters", "#elements or shape"), "params"),
            "#flops": "macs",
            "#activations": IGNORED,
        },
    ),
    Tool(
        "torch.utils.flop_counter",
        (frozenset({"module", "flop", "% total"}),),
        {"module": "layer", "flop": "flops", "% total": IGNORED},
    ),
)

_OP_WORDS: Mapping[str, str] = {
    "relu": """
        sigmoid tanh relu6 leakyrelu prelu rrelu elu selu celu gelu silu swish mish hardswish hardsigmoid
        hardtanh softplus softsign threshold relulayer activation clip""",
    "softmax": "logsoftmax",
    "bn": "batchnorm batchnormalization syncbatchnorm frozenbatchnorm",
    "lrn": "localresponsenorm lrn",
    "dropout": """dropout spatialdropout featuredropout alphadropout featurealphadropout gaussiandropout
        droppath stochasticdepth""",
    "flatten": "reshape view unflatten identity permute transpose squeeze unsqueeze constant cast shape",
    "pad": "zeropadding zeropad constantpad reflectionpad replicationpad pad",
    "upsample": "upsampling upsample resize upsamplingnearest upsamplingbilinear",
    "add": "add sum",
    "concat": "concat concatenate cat",
    "multiply": "multiply mul",
    "fc": "dense linear gemm matmul lazylinear nondynamicallyquantizablelinear fullyconnected",
    "conv": "conv lazyconv depthwiseconv convolution",
    "deconv": "convtranspose lazyconvtranspose deconv",
    "maxpool": "maxpool maxpooling globalmaxpool globalmaxpooling adaptivemaxpool",
    "avgpool": """avgpool avgpooling averagepool averagepooling globalaveragepool globalaveragepooling
        globalavgpool adaptiveavgpool adaptiveaveragepool""",
    "input": "inputlayer input",
}
_OPS = {word: op for op, words in _OP_WORDS.items() for word in (op, *words.split())}


def op_of(kind: str) -> str:
    """The op of a kind of layer; empty if it is unknown, as the names of a student's own blocks are.

    >>> op_of("Conv2D"), op_of("nn.BatchNorm2d"), op_of("GlobalAveragePooling2D"), op_of("BasicBlock")
    ('conv', 'bn', 'avgpool', '')
    """
    return _OPS.get(_bare_kind(kind), "")


def op_of_cut(kind: str, name: str) -> str:
    """The op of a kind whose end is cut off; the name of the layer may tell it.

    >>> op_of_cut("AdaptiveAvgPo…", "pool"), op_of_cut("Globa", "global_average_pooling2d_1")
    ('avgpool', 'avgpool')
    """
    ops = {op for word, op in _OPS.items() if word.startswith(_bare_kind(kind))}
    return ops.pop() if len(ops) == 1 else op_of(re.sub(r"_[0-9]+\Z", "", name))


def _bare_kind(kind: str) -> str:
    return re.sub(r"[\W_]|[123]d", "", kind.rpartition(".")[2].lower())


def bare_heading(heading: str) -> str:
    """A heading as ``TOOLS`` has it."""
    return " ".join(heading.lower().split())


TREE = re.compile(r"[\s│|├└┬─+\\>]*(?:[├└]\s*─*\s*|└\s+)")
"""The lines of a tree in front of a name: ``│    └─``."""


def without_tree(name: str) -> str:
    """A name without the lines of a tree in front of it.

    >>> without_tree("│    └─Conv2d: 2-1"), without_tree("conv1")
    ('Conv2d: 2-1', 'conv1')
    """
    tree = TREE.match(name)
    return name[tree.end() :] if tree else name


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a tool prints these headings."""
    bare = {bare_heading(cell) for cell in cells}
    return any(_has_headings(tool, headings) for tool in TOOLS for headings in (bare, bare - {""}))


def _has_headings(tool: Tool, bare: Set[str]) -> bool:
    return any(marks <= bare for marks in tool.marks) and bare <= tool.columns.keys()


def tool_of(headings: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Tool | None:
    """The tool that prints such a table; None for any other table.

    >>> tool_of(["Layer (type)", "Output Shape", "Param #"], [(2, ["conv2d (Conv2D)", "", ""])]).key
    'Keras'
    >>> tool_of(["Layer", "Output", "Params"], [(2, ["conv1", "", ""])]) is None
    True
    """
    bare = [bare_heading(heading) for heading in headings]
    for tool in TOOLS:
        if _has_headings(tool, set(bare)):
            place = [tool.columns[heading] for heading in bare].index("layer")
            names = [without_tree(cells[place]) for _, cells in rows if len(cells) > place]
            # All names of a tool have its form, but a student may have added a row.
            fitting = sum(tool.name.match(name) is not None for name in names)
            if fitting and 2 * fitting >= len(names):
                return tool
    return None
