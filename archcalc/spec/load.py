"""A spec file: read and checked once, bound to settings as often as one likes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError, Mark, Problem, Source, SpecError, did_you_mean, printable, short
from archcalc.network import INPUT, Network
from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.ops.options import options_of
from archcalc.spec.bind import NAME_HINT, Builder, Enough, Inside, Room, bad_name
from archcalc.spec.blocks import COMMON, STRUCTURES, Arg, Block, Items, Vocabulary, build_items, read_items
from archcalc.spec.expr import is_number, shown
from archcalc.spec.fields import Reader, Told, Unreadable, Value, broken
from archcalc.spec.reader import MAX_BYTES, Entry, Map, Node, Scalar, Seq, read

MAX_NAMES = 100
"""Settings of a spec, and arguments of a block."""

_PERCENT = re.compile(r"\d{1,3}(\.\d{1,4})?\Z")
_NETWORK = re.compile(r"[\w.+-]{1,80}\Z")

ABOUT = ("title", "year", "source", "aliases", "accuracy", "claims")
"""What describes a network and is no setting; a variant may have it too."""

KEYS = ("name", "family", *ABOUT, "settings", "variants", "input", "defaults", "blocks", "layers")
"""The keys of a spec."""

CLAIM_KEYS = ("what", "says", "source", "layer", "because")
ACCURACY_KEYS = ("top1_error", "top5_error", "top1", "top5", "protocol", "source")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A figure that the literature prints about a network; ``because`` explains a disagreement."""

    what: str
    says: str
    source: str
    layer: str
    because: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Percentages as published (top1_error, top5_error, top1, top5) with how they were measured; never computed."""

    figures: Mapping[str, str]
    protocol: str
    source: str


@dataclass(frozen=True, slots=True)
class About:
    """What a spec says of one of its networks."""

    name: str
    title: str
    year: int | None
    source: str
    aliases: tuple[str, ...]
    claims: tuple[Claimed, ...]
    accuracy: tuple[Accuracy, ...]
    settings: Mapping[str, Value]

    def remarks(self) -> tuple[str, ...]:
        """The figures of the whole network that the literature prints and that disagree, with the reason."""
        return tuple(
            f"{claim.what} {claim.says} ({claim.source}) disagrees: {claim.because}"
            for claim in self.claims
            if claim.because and not claim.layer
        )

    def matches(self, words: Sequence[str], family: str) -> bool:
        """Whether its name, title, family or an alias contains one of the words."""
        text = " ".join((self.name, family, self.title, *self.aliases)).lower()
        return any(word.lower() in text for word in words)


@dataclass(slots=True)
class Spec:
    """A checked spec: a family of networks with free settings."""

    source: Source
    name: str
    family: str
    about: About
    variants: dict[str, About]
    settings: dict[str, Value]
    input: list[Value] = field(default_factory=list)
    layers: Items = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def networks(self) -> list[About]:
        """The networks that the spec documents: its variants, or itself if it has none."""
        return list(self.variants.values()) or [self.about]

    def find(self, name: str) -> About | None:
        """The network of that name or alias; the spec's own name is the family with its default settings."""
        for about in [*self.variants.values(), self.about]:
            if name == about.name or name in about.aliases:
                return about
        return None

    def bind(
        self, name: str | None = None, settings: Mapping[str, Any] | None = None, *, strict: bool = True
    ) -> Network:
        """The network with these settings; the others keep their defaults.

        ``settings`` are ints, words, lists, or dimensions of one kind. Raises SpecError with everything that
        is wrong, ArchcalcError for a setting or variant that does not exist. If not ``strict``, the network
        carries its problems instead, so that the engine can tell them together with those of the shapes.
        """
        about = self.about if name is None else self.find(name)
        if about is None:
            known = [about.name for about in self.networks()]
            hint = did_you_mean(str(name), known) or "'archcalc list' shows the networks there are"
            raise ArchcalcError(f"{printable(self.source.name)} has no variant '{short(str(name))}' ({hint})")
        values = self._values(about, settings or {})
        builder = Builder()
        inside = Inside(Room(), values, values)
        volume, output = Volume((), 1), INPUT
        try:
            output = build_items(self.layers, builder, inside, INPUT)
            volume = self._volume(values)
        except Unreadable as error:
            builder.problems.append(error.problem)
        except Enough:
            builder.layers.clear()
        except Told:
            pass
        problems = (*self.problems, *builder.problems)
        if problems and strict:
            raise SpecError(problems)
        return Network(
            about.name,
            volume,
            builder.layers,
            about.title,
            self.family,
            about.year,
            about.source,
            values,
            output,
            problems,
        )

    def _values(self, about: About, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting: as given, else as the variant has it, else the default (which may use those before it)."""
        for name in given:
            if name not in self.settings:
                known = did_you_mean(name, self.settings)
                raise ArchcalcError(f"{about.name} has no setting '{short(name)}' ({known or 'it has none'})")
        values: dict[str, Any] = {}
        problems = []
        for name, default in self.settings.items():
            try:
                value = about.settings.get(name, default).get(values)
                if name in given:
                    value = _alike(about.name, name, value, given[name])
                values[name] = value
            except Unreadable as error:
                problems.append(error.problem)
            except Told:
                problems.extend(self.problems)
        if problems:
            raise SpecError([*self.problems, *problems])
        return values

    def _volume(self, values: Mapping[str, Any]) -> Volume:
        sizes = []
        for value in self.input:
            size = value.get(values)
            if not is_number(size) or isinstance(size, Fraction) or (isinstance(size, int) and size < 1):
                says = f"an input size must be a whole number from 1 up, not {shown(size)}"
                raise Unreadable(Problem(says, value.mark, "input"))
            sizes.append(size)
        return Volume(tuple(sizes[:-1]), sizes[-1])


def _alike(network: str, name: str, default: Any, given: Any) -> Any:
    """A given setting, if it is of the same sort as the default."""

    def sort(value: Any) -> str:
        if isinstance(value, bool):
            return "true or false"
        if isinstance(value, str):
            return "a word"
        return "a list" if isinstance(value, list | tuple) else "a number"

    if default is not None and sort(default) != sort(given):
        raise ArchcalcError(f"{name} is {sort(default)} in {network} ({shown(default)}), not {shown(given)}")
    return list(given) if isinstance(given, tuple) else given


# --- reading -----------------------------------------------------------------------------------


def parse(source: Source, *, strict: bool = True) -> Spec:
    """Read and check a spec. Raises SpecError with everything that is wrong with it.

    If not ``strict``, a spec that can be gone on with carries its problems instead.
    """
    reader = Reader()
    root = reader.mapping(read(source, reader.problems), "a spec", "it begins with name: ...")
    if root is None:
        raise SpecError(reader.problems)
    spec = _read_spec(source, root, reader)
    if reader.problems and (strict or not spec.input):
        raise SpecError(reader.problems)
    spec.problems = reader.problems
    return spec


def _read_spec(source: Source, root: Map, reader: Reader) -> Spec:
    meant = _known_keys(root, KEYS, "a spec", reader)
    for key, example in (("name", "my-net"), ("input", "[224, 224, 3]"), ("layers", "[...]")):
        if key not in root.entries and key not in meant:
            reader.fail(f"the spec has no '{key}'", root.mark, "", f"write {key}: {example}")
    name = _read_name(root.entries["name"].value, reader) if "name" in root.entries else "unnamed"
    settings = _read_settings(root.entries.get("settings"), reader)
    about = _read_about(name, root.entries, {}, reader)
    variants = _read_variants(root.entries.get("variants"), about, settings, reader)
    family = reader.text(root.entries["family"].value, "family") if "family" in root.entries else name
    spec = Spec(source, name, family, about, variants, settings)
    if "input" in root.entries:
        node = root.entries["input"].value
        items = node.items if isinstance(node, Seq) else ()
        if not 1 <= len(items) <= 4:
            reader.fail("input must be a list of sizes, channels last: [height, width, channels]", node.mark)
        spec.input = [reader.value(item, settings) for item in items]
    words = Vocabulary(reader)
    words.defaults = _read_defaults(root.entries.get("defaults"), reader)
    _read_blocks(root.entries.get("blocks"), words, settings)
    if "layers" in root.entries:
        spec.layers = read_items(root.entries["layers"].value, words, settings)
    return spec


def _known_keys(node: Map, known: Collection[str], what: str, reader: Reader, sort: str = "key") -> Collection[str]:
    """Tell of every key that is not known; the known ones that seem to be meant."""
    meant: set[str] = set()
    for key, entry in node.entries.items():
        if key not in known:
            hint = did_you_mean(key, known)
            meant.update(name for name in known if f"'{name}'" in hint)
            reader.fail(f"{what} has no {sort} '{short(key)}'", entry.key.mark, "", hint)
    return meant


def _read_name(node: Node, reader: Reader) -> str:
    name = reader.text(node, "name")
    if name and not _NETWORK.match(name):
        reader.fail(f"'{short(name)}' is no name for a network", node.mark, "", NAME_HINT)
    return name


def _read_settings(entry: Entry | None, reader: Reader) -> dict[str, Value]:
    mapping = reader.mapping(entry.value, "settings") if entry else None
    items = mapping.entries if mapping else {}
    settings: dict[str, Value] = {}
    for name, item in list(items.items())[:MAX_NAMES]:
        reader.variable(item.key, "a setting")
        if name in ABOUT:
            reader.fail(f"'{name}' is no name for a setting: a variant may have a {name} of its own", item.key.mark)
        reader.later = items.keys() - settings
        if isinstance(item.value, Scalar) and item.value.value is None:
            reader.fail(f"the setting '{name}' has no value", item.key.mark, "", f"write {name}: ...")
            settings[name] = broken(item.value.mark)
        else:
            settings[name] = reader.value(item.value, list(settings), loose=True)
    reader.later = ()
    if len(items) > MAX_NAMES:
        reader.fail(f"a spec may have at most {MAX_NAMES} settings", items[list(items)[MAX_NAMES]].key.mark)
    return settings


def _read_about(name: str, entries: Mapping[str, Entry], settings: Mapping[str, Value], reader: Reader) -> About:
    texts = {key: reader.text(entries[key].value, key) for key in ("title", "source") if key in entries}
    year = None
    if "year" in entries:
        node = entries["year"].value
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is int:
            year = value
        else:
            reader.fail("year must be a whole number", node.mark)
    aliases: tuple[str, ...] = ()
    if "aliases" in entries:
        aliases = tuple(_read_name(item, reader) for item in reader.sequence(entries["aliases"].value, "aliases"))
    claims = tuple(_read_claims(entries["claims"].value, reader)) if "claims" in entries else ()
    accuracy = tuple(_read_accuracy(entries["accuracy"].value, reader)) if "accuracy" in entries else ()
    return About(name, texts.get("title", ""), year, texts.get("source", ""), aliases, claims, accuracy, settings)


def _read_accuracy(node: Node, reader: Reader) -> Sequence[Accuracy]:
    found = []
    for item in reader.sequence(node, "accuracy"):
        mapping = reader.mapping(item, "an accuracy")
        if mapping is None:
            continue
        _known_keys(mapping, ACCURACY_KEYS, "an accuracy", reader)
        texts = {key: reader.text(entry.value, f"'{key}'") for key, entry in mapping.entries.items()}
        figures = {key: texts[key] for key in ACCURACY_KEYS[:4] if key in texts}
        hint = "write {top1_error: 24.01, top5_error: 7.02, protocol: 1 crop 224, source: ...}"
        for key, text in figures.items():
            if not _PERCENT.match(text):
                reader.fail(f"{key} must be a percentage, not '{text}'", mapping.entries[key].value.mark, "", hint)
        if not figures or "source" not in texts:
            reader.fail("an accuracy needs a figure and its 'source'", mapping.mark, "", hint)
        found.append(Accuracy(figures, texts.get("protocol", ""), texts.get("source", "")))
    return found


def _read_claims(node: Node, reader: Reader) -> Sequence[Claimed]:
    found = []
    for item in reader.sequence(node, "claims"):
        mapping = reader.mapping(item, "a claim")
        if mapping is None:
            continue
        _known_keys(mapping, CLAIM_KEYS, "a claim", reader)
        missing = [key for key in ("what", "says", "source") if key not in mapping.entries]
        if missing:
            hint = "write {what: params, says: 138M, source: ...}"
            lacks = " and no ".join(f"'{key}'" for key in missing)
            reader.fail(f"the claim has no {lacks}", mapping.mark, "", hint)
        texts = {key: reader.text(entry.value, f"'{key}'") for key, entry in mapping.entries.items()}
        what, says, source, layer, because = (texts.get(key, "") for key in CLAIM_KEYS)
        found.append(Claimed(what, says, source, layer, because, mapping.mark))
    return found


def _read_variants(
    entry: Entry | None, family: About, settings: Mapping[str, Value], reader: Reader
) -> dict[str, About]:
    """Variants inherit what the spec says of itself, but for its aliases, claims and accuracy."""
    mapping = reader.mapping(entry.value, "variants") if entry else None
    variants = {}
    for name, item in (mapping.entries if mapping else {}).items():
        _read_name(item.key, reader)
        own = reader.mapping(item.value, f"variant '{name}'")
        if own is None:
            continue
        _known_keys(own, [*settings, *ABOUT], f"variant '{name}'", reader)
        values = {
            key: reader.value(entry.value, settings, loose=True)
            for key, entry in own.entries.items()
            if key in settings
        }
        about = _read_about(name, own.entries, values, reader)
        variants[name] = About(
            name,
            about.title or family.title,
            about.year or family.year,
            about.source or family.source,
            about.aliases,
            about.claims,
            about.accuracy,
            values,
        )
    return variants


def _read_defaults(entry: Entry | None, reader: Reader) -> dict[str, Mapping[str, Entry]]:
    mapping = reader.mapping(entry.value, "defaults") if entry else None
    defaults: dict[str, Mapping[str, Entry]] = {}
    for name, item in (mapping.entries if mapping else {}).items():
        if name not in OPS:
            reader.fail(f"there is no op '{short(name)}'", item.key.mark, "defaults", did_you_mean(name, OPS))
            continue
        options = reader.mapping(item.value, f"the defaults of {name}")
        if options is not None:
            _known_keys(options, [*options_of(OPS[name]), "then"], name, reader, "option")
            defaults[name] = options.entries
    return defaults


def _read_blocks(entry: Entry | None, words: Vocabulary, settings: Mapping[str, Value]) -> None:
    reader = words.reader
    mapping = reader.mapping(entry.value, "blocks") if entry else None
    bodies = []
    for name, item in (mapping.entries if mapping else {}).items():
        if name in OPS or name in STRUCTURES:
            reader.fail(f"'{name}' is an op already: a block needs a name of its own", item.key.mark)
            continue
        words.broken_blocks.add(name)
        if bad_name(name):
            reader.fail(f"'{short(name)}' is no name for a block", item.key.mark, "", NAME_HINT)
            continue
        body = reader.mapping(item.value, f"block '{short(name)}'", "write {args: [...], layers: [...]}")
        if body is None:
            continue
        _known_keys(body, ("args", "layers"), f"block '{short(name)}'", reader)
        if "layers" not in body.entries:
            reader.fail(f"block '{short(name)}' has no layers", item.key.mark, "", "write layers: [...]")
            continue
        words.broken_blocks.remove(name)
        block = Block(name, _read_args(body.entries.get("args"), reader, settings), item.key.mark)
        words.blocks[name] = block
        bodies.append((block, body.entries["layers"].value))
    for block, node in bodies:  # only now is every block known that a body may use
        block.body = read_items(
            node, words, {*settings, *(arg.name for arg in block.args)}, f"layers of '{block.name}'"
        )


def _read_args(entry: Entry | None, reader: Reader, settings: Mapping[str, Value]) -> list[Arg]:
    """Names, or {name: default}; a default may use the args before it."""
    args: list[Arg] = []
    for item in reader.sequence(entry.value, "args") if entry else ():
        known = {*settings, *(arg.name for arg in args)}
        if isinstance(item, Map) and len(item.entries) == 1:
            (pair,) = item.entries.values()
            key, default = pair.key, reader.value(pair.value, known, loose=True)
        elif isinstance(item, Scalar):
            key, default = item, None
        else:
            reader.fail("an argument is a name, or a name with a default: {n: 3}", item.mark)
            continue
        name = reader.variable(key, "an argument")
        if name in COMMON:
            reader.fail(f"'{name}' is no name for an argument: every layer may have a {name}", key.mark)
        if any(name == arg.name for arg in args):
            reader.fail(f"the argument '{name}' is given twice", key.mark)
        args.append(Arg(name, default))
    if len(args) > MAX_NAMES and entry is not None:
        reader.fail(f"a block may have at most {MAX_NAMES} arguments", entry.value.mark)
    return args


# --- finding -----------------------------------------------------------------------------------


def specs_folder() -> str:
    """Where the shipped specs lie: inside an installed package, beside it in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(here, "specs")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "specs")


def spec_files() -> list[str]:
    """The shipped specs, in the order of their names."""
    folder = specs_folder()
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".yaml")]


def read_file(path: str) -> Source:
    """A spec's text; ``-`` is standard input. Raises ArchcalcError."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ArchcalcError(f"{printable(path)}: {reason or error}") from None
    name = "<stdin>" if path == "-" else path
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{printable(name)}: the file is larger than {MAX_BYTES // 1024} KiB")
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8", "replace"))
        mark = source.mark(len(data[: error.start].decode("utf-8", "replace")))
        raise SpecError([Problem("this is not UTF-8 text", mark, "", "save the file as UTF-8")]) from None


def load(target: str, *, strict: bool = True) -> tuple[Spec, str | None]:
    """The spec that a target means, and which of its networks.

    A target is the name or alias of a network, a path to a YAML file, a path with a variant
    (``vgg.yaml:vgg16``), or ``-`` for standard input. Raises ArchcalcError; ``strict`` as in ``parse``.
    """
    path, _, variant = target.rpartition(":")
    if path == "-" or path.endswith((".yaml", ".yml")):
        return parse(read_file(path), strict=strict), variant
    if target == "-" or _is_path(target):
        return parse(read_file(target), strict=strict), None
    return _find(target), target


def _is_path(target: str) -> bool:
    return target.endswith((".yaml", ".yml")) or os.sep in target


def _find(name: str) -> Spec:
    """The shipped spec that documents a network. Only files that contain the name are parsed."""
    word = name.encode()
    for path in sorted(spec_files(), key=lambda path: not name.startswith(os.path.basename(path)[:-5])):
        with open(path, "rb") as file:
            if word not in file.read():
                continue
        spec = parse(read_file(path))
        if spec.find(name) is not None:
            return spec
    known = [word for about in all_networks() for word in (about.name, *about.aliases)]
    hint = did_you_mean(name, known) or "'archcalc list' shows the networks there are"
    raise ArchcalcError(f"there is no network '{short(name)}' ({hint})")


def all_specs() -> list[Spec]:
    """Every shipped spec."""
    return [parse(read_file(path)) for path in spec_files()]


def all_networks() -> list[About]:
    """Every network of the shipped specs."""
    return [about for spec in all_specs() for about in spec.networks()]
