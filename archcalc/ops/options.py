"""The options of ops: dataclass fields with a type, a meaning and a default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from archcalc.ops.frozen import Frozen, Record, record
from archcalc.ops.option_types import OptionType, PerAxis


@record
class SameAs(Record):
    """A default that is the value of another option, or ``otherwise`` where that value is a word."""

    option: str
    otherwise: Any

    def __str__(self) -> str:
        return f"the {self.option}"

    def among(self, values: Mapping[str, Any]) -> Any:
        """The default of an op whose options have these values.

        >>> SameAs("kernel", 1).among({"kernel": (2, 3)}), SameAs("kernel", 1).among({"kernel": "global"})
        ((2, 3), 1)
        """
        value = values[self.option]
        return self.otherwise if isinstance(value, str) else value


@record
class Option(Record):
    """One option of an op; ``says`` is its meaning in a phrase, ``main`` whether it stands after the name.

    ``default`` is a value, or a SameAs.
    """

    name: str
    type: OptionType
    says: str
    default: Any
    required: bool
    main: bool
    other_names: Sequence[str] = ()

    def default_among(self, values: Mapping[str, Any]) -> Any:
        """The value that the option has if it is not written, in an op whose options have these values."""
        return self.default.among(values) if isinstance(self.default, SameAs) else self.default

    def default_in_words(self) -> str:
        """The default as a phrase for the manual."""
        if self.required:
            return "must be given"
        if isinstance(self.default, bool):
            return f"default: {str(self.default).lower()}"
        return f"default: {'none' if self.default is None else self.default}"


def option(
    type: OptionType,
    says: str,
    *,
    default: Any = dataclasses.MISSING,
    main: bool = False,
    other_names: Sequence[str] = (),
) -> Any:
    """A dataclass field that is an option. The main one may be written right after the op's name.

    ``other_names`` are its names in other programs, as ``Op.other_names``. A hint finds them in every op.
    """
    metadata = {"type": type, "says": says, "main": main, "other_names": other_names}
    return dataclasses.field(default=default, metadata=metadata)


class HasOptions(Frozen):
    """An object whose fields are its options."""

    _word: ClassVar[str] = "option"
    _derived: ClassVar[Sequence[tuple[str, SameAs]]] = ()

    def __post_init__(self) -> None:
        for name, default in self._derived:
            if self.__dict__[name] is default:
                self.__dict__[name] = default.among(self.__dict__)

    def __repr__(self) -> str:
        # As in a spec, the main option comes first.
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in options_of(type(self)))
        return f"{type(self).__name__}({options})"


H = TypeVar("H", bound=type[HasOptions])


def declared(op: H) -> H:
    """The class, which knows its defaults that are values of other options."""
    op._derived = [(name, value) for name, value in op._defaults.items() if isinstance(value, SameAs)]
    return op


def options_of(op: type) -> Mapping[str, Option]:
    """The options of an op class, in the order in which they are declared, the main one first."""
    if op not in _OPTIONS:
        _OPTIONS[op] = _read_options(op)
    return _OPTIONS[op]


def axis_options(op: type) -> Sequence[str]:
    """The names of the options of an op class that may have one value for each axis."""
    if op not in _AXIS_OPTIONS:
        _AXIS_OPTIONS[op] = [name for name, item in options_of(op).items() if isinstance(item.type, PerAxis)]
    return _AXIS_OPTIONS[op]


# Read once for each class: every table asks for the options of every layer.
_OPTIONS: dict[type, Mapping[str, Option]] = {}
_AXIS_OPTIONS: dict[type, Sequence[str]] = {}


def _read_options(op: type) -> Mapping[str, Option]:
    options = [
        Option(
            name=field.name,
            default=None if field.default is dataclasses.MISSING else field.default,
            required=field.default is dataclasses.MISSING,
            **field.metadata,
        )
        for field in dataclasses.fields(op)
    ]
    return {item.name: item for item in sorted(options, key=lambda item: not item.main)}
