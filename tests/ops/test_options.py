"""Option types: what they read is what their JSON Schema allows, and the other way round."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.option_types import Count, Number, OptionType
from archcalc.ops.options import options_of

KINDS = {
    f"{type(item.type).__name__}{vars(item.type)}": item.type
    for op in OPS.values()
    for item in options_of(op).values()
}
"""Every type of option that an op has, with its bounds and words, once."""

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)

wholes = st.integers(-1, 5)
plain = (
    wholes
    | st.booleans()
    | st.none()
    | st.lists(wholes, max_size=4)
    | st.lists(wholes | st.booleans() | st.lists(wholes, max_size=3), max_size=4)
    | st.lists(st.lists(wholes, min_size=1, max_size=2), max_size=4)
)


def reads(kind: OptionType, value: Any) -> bool:
    try:
        kind.read(value)
    except ValueError:
        return False
    return True


@every_kind
@given(value=plain)
def test_an_option_reads_what_its_schema_allows(kind, value):
    assert reads(kind, value) == jsonschema.Draft202012Validator(kind.schema()).is_valid(value)


@every_kind
def test_a_word_is_read_if_it_is_one_of_the_options(kind):
    assert [word for word in (*kind.words, "sane") if reads(kind, word)] == list(kind.words)
    # an unknown word may be an expression, so the schema lets every text pass; a Lists has no expressions
    schema = jsonschema.Draft202012Validator(kind.schema())
    assert all(schema.is_valid(word) for word in kind.words)


@every_kind
def test_a_refusal_says_what_is_accepted(kind):
    with pytest.raises(ValueError) as refused:
        kind.read(None)
    assert str(refused.value) == f"must be {kind.accepts()}, not nothing"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([1, 2], "[1, 2]"),
        ((1, [2, None]), "[1, [2, nothing]]"),
        (True, "true"),
        ("sane", "'sane'"),
        (-1, "-1"),
    ],
)
def test_a_refusal_shows_what_is_refused(value, shown):
    kind = Count()
    assert str(kind.refuse(value)) == f"must be {kind.accepts()}, not {shown}"


def test_a_number_is_no_decimal_of_the_machine():
    assert not reads(Number(0, 1), 0.5)


def test_a_name_in_other_programs_means_one_thing() -> None:
    """A hint has one answer: no op and no option claims the name of another."""
    meant: dict[str, set[str]] = {}
    for op in OPS.values():
        for name in op.other_names:
            meant.setdefault(name.partition(":")[0], set()).add(op.name)
        for item in options_of(op).values():
            for name in item.other_names:
                meant.setdefault(name, set()).add(item.name)
    assert {name: words for name, words in meant.items() if len(words) > 1} == {}
    assert len(meant) > 20
    # A hint is for a word that the language does not have.
    assert not meant.keys() & OPS.keys()


@pytest.mark.parametrize("op", OPS.values(), ids=lambda op: op.name)
def test_the_option_of_the_width_is_a_number_of_channels(op: type[Op]) -> None:
    if op.width_option:
        item = options_of(op)[op.width_option]
        assert item.main
        assert item.required
    else:
        assert not {"filters", "units", "planes"} & options_of(op).keys()


def test_the_width_is_the_number_of_output_channels() -> None:
    assert OPS["conv"](filters=96, kernel=3).width == 96
    assert OPS["fc"](units=10).width == 10
    assert OPS["conv"](filters="depthwise", kernel=3).width is None
    assert OPS["maxpool"](kernel=2).width is None
