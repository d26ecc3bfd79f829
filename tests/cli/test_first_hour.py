"""What new users type from memory: docs/first-hour.md is run, and the words of other programs lead on."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from helpers.console import run

from archcalc.cli import cli
from archcalc.cli._other_words import COMMANDS, EXTRA, OPTIONS, SENTENCES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (\d) \|$", PAGE, re.MULTILINE)
TYPED = cli.list_commands(click.Context(cli))


def said(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, args)
    return done.exit_code, done.output


def test_ten_commands_of_each_kind_of_user() -> None:
    assert [len(re.findall(r"^\| `", part, re.MULTILINE)) for part in PAGE.split("## ")[1:]] == [10] * 4
    assert len(ROWS) == 40


@pytest.mark.parametrize(("line", "comes", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_a_command_from_memory_gives_an_answer_or_the_way_to_it(line: str, comes: str, code: str) -> None:
    done = run(*shlex.split(line), cwd=ROOT)
    assert comes in done.stdout + done.stderr
    assert done.returncode == int(code)
    assert "Traceback" not in done.stderr


def test_a_word_of_another_program_stands_for_a_command_that_exists() -> None:
    for command, words in COMMANDS.items():
        for word in words.split():
            assert word not in TYPED
            code, text = said(word, "vgg16")
            meant = re.search(r"Did you mean 'archcalc (\S+?)(?: vgg16)?'", text)
            assert (code, bool(meant)) == (2, True), text
            assert meant is not None
            assert meant[1] in TYPED or meant[1].startswith("--")
            assert command in TYPED or command.startswith("-") or meant[1] != command


def test_a_word_stands_for_one_command_only() -> None:
    words = [word for text in (*COMMANDS.values(), *SENTENCES) for word in text.split()]
    # `totals` and `table` share words: the one that exists is meant.
    shared = set(COMMANDS["totals"].split())
    assert sorted(word for word in words if words.count(word) > 1) == sorted([*shared, *shared])


@pytest.mark.parametrize("words", SENTENCES)
def test_what_no_command_does_is_said(words: str) -> None:
    for word in words.split():
        code, text = said(word, "model.py")
        assert code == 2
        assert SENTENCES[words] in text


def test_a_word_for_an_option_is_suggested_where_the_option_exists() -> None:
    for name in TYPED:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {option for one in command.params for option in one.opts}
        suggested = {}
        for option, words in OPTIONS.items():
            if option.split()[0] in options:
                suggested |= {word: option for word in words.split() if word not in {*suggested, *options}}
        for word, option in suggested.items():
            code, text = said(name, word)
            assert code == 2
            # With a value glued to it, click may read a short option as another one.
            assert f"No such option '{word}'. Did you mean '{option}'?" in text, (name, word, text)


def test_no_option_is_a_word_for_another_one() -> None:
    """Else a word would be suggested that leads nowhere."""
    commands = [cli, *filter(None, (cli.get_command(click.Context(cli), name) for name in TYPED))]
    known = [{text for one in command.params for text in one.opts} for command in commands]
    for option, words in OPTIONS.items():
        name = option.split()[0]
        assert any(name in options for options in known)
        assert not any(name in options and word in options for options in known for word in words.split())


@pytest.mark.parametrize("command", EXTRA)
def test_a_word_too_many_is_given_its_place(command: str) -> None:
    needed = {"fit": ["--device", "t4"], "quiz": ["--blank", "params"]}.get(command, [])
    first = "examples/answers.yaml" if command == "grade" else "vgg16"
    text = run(command, first, "word", *needed, cwd=ROOT).stderr
    assert "unexpected extra argument" in text
    assert f"Did you mean '{EXTRA[command].format(before='vgg16', word='word')}'?" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--list"], "Did you mean 'archcalc list'?"),
        (["--gibberish"], "No such option '--gibberish'.\n"),
        (["table", "vgg16", "--gibberish"], "No such option '--gibberish'.\n"),
        (["table", "vgg16", "--colums", "op"], "Did you mean '--columns'?"),
        (["completion"], "fish\nExample: archcalc completion bash"),
        (["compare", "vgg16,resnet50"], "put a space between the names"),
        (["device", "a", "b", "c"], "unexpected extra argument"),
    ],
)
def test_a_mistake_has_a_way_out_or_no_wrong_one(args: list[str], says: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert says in done.stderr
