"""Text -> Spec, with all problems of the text reported at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archcalc.errors import Source, SpecError, did_you_mean, short
from archcalc.language.about import ABOUT, About, read_about, read_name
from archcalc.language.builder import name_problem
from archcalc.language.family import Setting, Spec
from archcalc.language.input_sizes import read_inputs
from archcalc.language.items import Argument, Block
from archcalc.language.nodes import Entry, Map, Node, Scalar
from archcalc.language.parse_layers import read_items
from archcalc.language.stored import store, stored_nodes
from archcalc.language.values import ValueReader, broken
from archcalc.language.vocabulary import COMMON, STRUCTURES, Vocabulary
from archcalc.ops import OPS
from archcalc.ops.options import options_of

MAX_NAMES = 100
"""Settings of a spec, and arguments of a block."""

KEYS = (
    "name",
    "family",
    *ABOUT,
    "functions",
    "settings",
    "variants",
    "input",
    "inputs",
    "layout",
    "defaults",
    "blocks",
    "layers",
)
"""The keys of a spec."""


def parse(source: Source, *, strict: bool = True, keep: bool = False) -> Spec:
    """Read and check a spec. Raises SpecError with all its problems.

    If not ``strict``, the spec carries its problems instead, unless they leave nothing to work with. ``keep``
    stores the nodes of a spec without problems: the same text is then read faster.
    """
    reader = ValueReader()
    stored = stored_nodes(source)
    root = stored or reader.mapping(_composed(source, reader), "a spec", "start with name: ...")
    if root is None:
        raise SpecError(reader.problems)
    # What was stored has been checked before: claims are read when a command asks for them.
    spec = _read_spec(source, root, reader, check=stored is None)
    if reader.problems and (strict or not all(written.sizes for written in spec.inputs.values())):
        raise SpecError(reader.problems)
    if keep and stored is None and not reader.problems:
        store(source, root)
    spec.problems = reader.problems
    return spec


def _composed(source: Source, reader: ValueReader) -> Node:
    from archcalc.language.compose import read_nodes

    return read_nodes(source, reader.problems)


def _read_spec(source: Source, root: Map, reader: ValueReader, check: bool) -> Spec:
    # `layer:` is one mistake: do not report the missing `layers` too.
    meant = reader.known_keys(root, KEYS, "a spec")
    for key, example in (("name", "my-net"), ("input", "[224, 224, 3]"), ("layers", "[...]")):
        if key == "input" and not {"inputs"}.isdisjoint((*root.entries, *meant)):
            continue
        if key not in root.entries and key not in meant:
            reader.fail(f"the spec has no '{key}'", root.mark, "", f"write {key}: {example}")
    if "functions" in root.entries:
        from archcalc.language.functions import read_functions  # few specs have any

        read_functions(root.entries["functions"], reader)
    name = read_name(root.entries["name"].value, reader) if "name" in root.entries else "unnamed"
    settings = _read_settings(root.entries.get("settings"), reader)
    about = read_about(name, root.entries, {}, reader)
    if check:
        about.check(reader)
    variants = _read_variants(root.entries.get("variants"), about, settings, reader, check)
    family = reader.text(root.entries["family"].value, "family") if "family" in root.entries else name
    spec = Spec(source, name, family, about, variants, settings)
    spec.inputs = read_inputs(root.entries, settings, reader)
    defaults = _read_defaults(root.entries.get("defaults"), reader)
    words = Vocabulary(reader, settings.keys(), defaults, {}, set(), {})
    _read_blocks(root.entries.get("blocks"), words)
    if "layers" in root.entries:
        spec.layers = read_items(root.entries["layers"].value, words)
    return spec


def _read_settings(entry: Entry | None, reader: ValueReader) -> dict[str, Setting]:
    mapping = reader.mapping(entry.value, "settings") if entry else None
    items = mapping.entries if mapping else {}
    settings: dict[str, Setting] = {}
    for name, item in list(items.items())[:MAX_NAMES]:
        reader.variable(item.key, "setting name")
        if name in ABOUT:
            message = f"'{name}' cannot be a setting name: it describes the network or a variant"
            reader.fail(message, item.key.mark)
        # A default that names one of these gets its own message: it must be defined above.
        reader.later = items.keys() - settings
        if isinstance(item.value, Scalar) and item.value.value is None:
            reader.fail(f"the setting '{name}' has no value", item.key.mark, "", f"write {name}: ...")
            settings[name] = Setting(broken(item.value.mark))
        else:
            settings[name] = _read_setting(name, item.value, list(settings), reader)
    reader.later = ()
    if len(items) > MAX_NAMES:
        reader.fail(f"a spec may have at most {MAX_NAMES} settings", items[list(items)[MAX_NAMES]].key.mark)
    return settings


def _read_setting(name: str, node: Node, known: Collection[str], reader: ValueReader) -> Setting:
    """A default, or {default: ..., one_of: [words]}."""
    if not isinstance(node, Map):
        return Setting(reader.value(node, known, loose=True))
    reader.known_keys(node, ("default", "one_of"), f"the setting '{name}'")
    if not {"default", "one_of"} <= set(node.entries):
        hint = f"write {name}: {{default: a, one_of: [a, b]}}"
        reader.fail(f"the setting '{name}' needs 'default' and 'one_of'", node.mark, "", hint)
        return Setting(broken(node.mark))
    listed = reader.sequence(node.entries["one_of"].value, "one_of")
    words = tuple(reader.text(word, "one_of") for word in listed)
    default = node.entries["default"].value
    if not isinstance(default, Scalar) or default.text not in words:
        text = default.text if isinstance(default, Scalar) else ""
        message = f"the default of '{name}' is not in its one_of list"
        reader.fail(message, default.mark, "", did_you_mean(text, words))
        return Setting(broken(default.mark), words)
    return Setting(reader.value(default, known, words=words), words)


def _read_variants(
    entry: Entry | None, family: About, settings: Mapping[str, Setting], reader: ValueReader, check: bool
) -> dict[str, About]:
    """The variants. They inherit title, year and source of the spec, not its aliases, claims and accuracy."""
    mapping = reader.mapping(entry.value, "variants") if entry else None
    variants = {}
    for name, item in (mapping.entries if mapping else {}).items():
        read_name(item.key, reader)
        written = reader.mapping(item.value, f"variant '{name}'")
        if written is None:
            continue
        reader.known_keys(written, [*settings, *ABOUT], f"variant '{name}'")
        values = {
            key: reader.value(entry.value, settings, loose=True)
            for key, entry in written.entries.items()
            if key in settings
        }
        about = read_about(name, written.entries, values, reader)
        if check:
            about.check(reader)
        about.title = about.title or family.title
        about.year = about.year or family.year
        about.source = about.source or family.source
        variants[name] = about
    return variants


def _read_defaults(entry: Entry | None, reader: ValueReader) -> dict[str, Mapping[str, Entry]]:
    mapping = reader.mapping(entry.value, "defaults") if entry else None
    defaults: dict[str, Mapping[str, Entry]] = {}
    for name, item in (mapping.entries if mapping else {}).items():
        if name not in OPS:
            reader.fail(f"unknown op '{short(name)}'", item.key.mark, "defaults", did_you_mean(name, OPS))
            continue
        options = reader.mapping(item.value, f"the defaults of {name}")
        if options is not None:
            reader.known_keys(options, [*options_of(OPS[name]), "then"], name, "option")
            defaults[name] = options.entries
    return defaults


def _read_blocks(entry: Entry | None, words: Vocabulary) -> None:
    """Add the blocks to the vocabulary: first their arguments, then, when all are known, their layers."""
    reader = words.reader
    mapping = reader.mapping(entry.value, "blocks") if entry else None
    bodies = []
    for name, item in (mapping.entries if mapping else {}).items():
        if name in OPS or name in STRUCTURES:
            reader.fail(f"'{name}' is already an op", item.key.mark, "", "give the block another name")
            continue
        words.broken_blocks.add(name)  # until it is read: a use of a broken block is not reported too
        if invalid := name_problem(name, "block"):
            reader.fail(invalid[0], item.key.mark, "", invalid[1])
            continue
        body = reader.mapping(item.value, f"block '{short(name)}'", "write {args: [...], layers: [...]}")
        if body is None:
            continue
        reader.known_keys(body, ("args", "layers"), f"block '{short(name)}'")
        if "layers" not in body.entries:
            reader.fail(f"block '{short(name)}' has no layers", item.key.mark, "", "write layers: [...]")
            continue
        words.broken_blocks.remove(name)
        block = Block(name, _read_arguments(body.entries.get("args"), words), item.key.mark)
        words.blocks[name] = block
        bodies.append((block, body.entries["layers"].value))
    for block, node in bodies:  # a body may use blocks that are defined after it
        inner = words.with_names([argument.name for argument in block.arguments])
        block.body = read_items(node, inner, f"layers of '{block.name}'")


def _read_arguments(entry: Entry | None, words: Vocabulary) -> list[Argument]:
    """The arguments of a block, each a name or {name: default}; a default may use the arguments before it."""
    reader = words.reader
    arguments: list[Argument] = []
    for item in reader.sequence(entry.value, "args") if entry else ():
        known = {*words.names, *(argument.name for argument in arguments)}
        if isinstance(item, Map) and len(item.entries) == 1:
            (pair,) = item.entries.values()
            key, default = pair.key, reader.value(pair.value, known, loose=True)
        elif isinstance(item, Scalar):
            key, default = item, None
        else:
            reader.fail(
                "an argument must be a name, or a name with a default", item.mark, "", "write n, or {n: 3}"
            )
            continue
        name = reader.variable(key, "argument name")
        if name in COMMON:
            reader.fail(f"'{name}' cannot be an argument name: every layer may have '{name}'", key.mark)
        if any(name == argument.name for argument in arguments):
            reader.fail(f"the argument '{name}' is given twice", key.mark)
        arguments.append(Argument(name, default))
    if len(arguments) > MAX_NAMES and entry is not None:
        reader.fail(f"a block may have at most {MAX_NAMES} arguments", entry.value.mark)
    return arguments
